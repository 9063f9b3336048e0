/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guests come, change and go.  Watches say only that something happened; what
 * there is is always read anew, so a lost or a late event does no harm.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <uuid/uuid.h>

#include <xen/xen.h>
#include <xen/sched.h>

#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/store.h>

#include "guests.h"

#define TOKEN_DOMAINS "domains"
#define TOKEN_CONSOLE "console:%" PRIu32
#define CHECK_SECONDS 5

/* Reports what failed; the daemon goes on. */
static void warn(struct guests *g)
{
    pel_log(g->ctx, PEL_LOG_WARN, "%s", pel_error_message(g->ctx));
    pel_error_clear(g->ctx);
}

static struct guest *find(struct guests *g, uint32_t domid)
{
    struct guest *guest = g->list;

    while (guest && guest->domid != domid)
        guest = guest->next;

    return guest;
}

/* Sets or drops the watch on a guest's console folder. */
static void watch_console(struct guests *g, uint32_t domid, bool on)
{
    char path[64], token[32];
    struct pel_store s;

    if (!g->consoles || !g->connected || pel_store_use(g->ctx, &s))
        return;
    snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/console", domid);
    snprintf(token, sizeof(token), TOKEN_CONSOLE, domid);
    if (on)
        xs_watch(s.xs, path, token);
    else
        xs_unwatch(s.xs, path, token);
}

/* Takes the console up as soon as the store says where it is. */
static void check_console(struct guests *g, struct guest *guest)
{
    uint64_t ring_ref, port;
    struct pel_store s;

    if (!g->consoles || pel_store_use(g->ctx, &s) ||
        pel_store_read_u64(&s, &ring_ref,
                           "/local/domain/%" PRIu32 "/console/ring-ref",
                           guest->domid) ||
        pel_store_read_u64(&s, &port, "/local/domain/%" PRIu32 "/console/port",
                           guest->domid) ||
        port > UINT32_MAX)
        return;
    if (guest->console_tried && guest->ring_ref == ring_ref &&
        guest->port == port)
        return;

    guest->console_tried = true;
    guest->ring_ref = ring_ref;
    guest->port = port;
    if (consoles_set(g->consoles, guest->domid, ring_ref, (uint32_t)port))
        warn(g);
}

/* A domain of ours: another toolstack looks after its own. */
static bool is_ours(struct guests *g, uint32_t domid)
{
    struct pel_store s;
    char *config;

    if (pel_store_use(g->ctx, &s))
        return false;
    config = pel_store_read(&s, "/pel/%" PRIu32 "/config", domid);
    free(config);

    return config != NULL;
}

static void start_reaper(struct guests *g, uint32_t domid, const uint8_t *uuid)
{
    char target[REAP_TARGET_SIZE];

    snprintf(target, sizeof(target), "%" PRIu32, domid);
    reaper_start(g->reaper, "--reap", target, uuid);
}

static void forget_reaper(struct guests *g, uint32_t domid)
{
    char target[REAP_TARGET_SIZE];

    snprintf(target, sizeof(target), "%" PRIu32, domid);
    reaper_forget(g->reaper, "--reap", target);
}

static void drop(struct guests *g, struct guest **link)
{
    struct guest *guest = *link;

    if (g->consoles)
        consoles_drop(g->consoles, guest->domid);
    watch_console(g, guest->domid, false);
    forget_reaper(g, guest->domid);
    *link = guest->next;
    free(guest);
}

static void drop_unseen(struct guests *g)
{
    struct guest **link = &g->list;

    while (*link)
        if ((*link)->seen)
            link = &(*link)->next;
        else
            drop(g, link);
}

static struct guest *add(struct guests *g, const struct pel_dominfo *info)
{
    struct guest *guest = calloc(1, sizeof(*guest));

    if (!guest)
        return NULL; /* the next look tries again */
    guest->domid = info->domid;
    memcpy(guest->uuid, info->uuid, sizeof(guest->uuid));
    guest->next = g->list;
    g->list = guest;
    watch_console(g, guest->domid, true);

    return guest;
}

static void look_at(struct guests *g, const struct pel_dominfo *info)
{
    struct guest *guest = find(g, info->domid);

    if (guest && memcmp(guest->uuid, info->uuid, sizeof(guest->uuid)))
        return; /* another domain under an old id: dropped, then found */
    if (!guest)
        guest = add(g, info);
    if (!guest)
        return;

    guest->seen = true;
    guest->dying = info->dying;
    guest->shutdown = info->shutdown;
    /* What was done about an earlier end is no reason to miss the next. */
    if (!info->shutdown)
        forget_reaper(g, info->domid);
    if (info->dying) {
        /* Our mapping of its ring is what it would wait for. */
        if (g->consoles)
            consoles_drop(g->consoles, info->domid);
        return;
    }
    /* What changes later comes by its watch, which also fires when it is new:
     * asking the store for every guest at each look would keep us busy. */
    if (!guest->console_tried)
        check_console(g, guest);
    if (info->shutdown && info->reason != SHUTDOWN_suspend &&
        is_ours(g, info->domid))
        start_reaper(g, info->domid, info->uuid);
}

void guests_scan(struct guests *g)
{
    struct pel_dominfo *info = NULL;
    size_t nr = 0;

    pel_error_clear(g->ctx);
    if (pel_domain_list(g->ctx, &info, &nr)) {
        warn(g);
        return;
    }
    for (struct guest *guest = g->list; guest; guest = guest->next)
        guest->seen = false;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < nr; i++)
            if (info[i].domid)
                look_at(g, &info[i]);
        drop_unseen(g);
    }
    free(info);
}

/*
 * Folders below /pel of domains that do not exist any more.  A folder is made
 * after its domain, so the domains are looked at after the folders.
 */
static void find_orphans(struct guests *g)
{
    char **names;
    struct pel_store s;
    unsigned int nr = 0;

    if (pel_store_use(g->ctx, &s))
        return;
    names = pel_store_list(&s, &nr, "/pel");
    if (nr)
        guests_scan(g);
    for (unsigned int i = 0; names && i < nr; i++) {
        char *end;
        unsigned long domid = strtoul(names[i], &end, 10);

        if (end != names[i] && !*end && domid && !find(g, (uint32_t)domid))
            start_reaper(g, (uint32_t)domid, NULL);
    }
    free(names);
}

/*
 * Whether the guest of a note is not to be made yet: what it was is still
 * there, and its memory or its disks with it, or is being acted on.
 */
static bool still_there(struct guests *g, const uint8_t *uuid)
{
    bool there = reaper_works_for(g->reaper, uuid);

    for (struct guest *guest = g->list; guest && !there; guest = guest->next)
        there = !memcmp(guest->uuid, uuid, sizeof(guest->uuid)) &&
                (guest->dying || (guest->shutdown && is_ours(g, guest->domid)));

    return there;
}

/*
 * Restarts that were cut short, under a peld before this one or under this
 * one: the store went away, or the old domain would not go in time.
 */
static void find_restarts(struct guests *g)
{
    struct pel_store s;
    unsigned int nr = 0;
    char **names;
    uuid_t uuid;

    if (pel_store_use(g->ctx, &s))
        return;
    names = pel_store_list(&s, &nr, "/pel/restart");
    for (unsigned int i = 0; names && i < nr; i++)
        if (!uuid_parse(names[i], uuid) && !still_there(g, uuid))
            reaper_start(g->reaper, "--restart", names[i], uuid);
    free(names);
}

static int connect_store(struct guests *g)
{
    struct pel_store s;
    int rc;

    rc = pel_store_use(g->ctx, &s);
    if (rc)
        return rc;
    if (!xs_watch(s.xs, "@introduceDomain", TOKEN_DOMAINS) ||
        !xs_watch(s.xs, "@releaseDomain", TOKEN_DOMAINS))
        return pel_store_fail(g->ctx, -errno, "cannot watch for domains");

    g->connected = true;
    for (struct guest *guest = g->list; guest; guest = guest->next)
        watch_console(g, guest->domid, true);
    g->store.fd = xs_fileno(s.xs);
    rc = loop_add(g->loop, &g->store);
    errno = -rc;

    return rc ? pel_fail_sys(g->ctx, PEL_EIO, "cannot watch the store") : 0;
}

static void disconnect_store(struct guests *g)
{
    if (g->connected)
        loop_del(g->loop, &g->store);
    g->connected = false;
    if (g->ctx->store)
        xs_close(g->ctx->store);
    g->ctx->store = NULL;
}

static void store_ready(void *arg, uint32_t events)
{
    struct guests *g = arg;
    uint32_t domid;
    bool scan = false;
    char **event;

    (void)events;
    while ((event = xs_check_watch(g->ctx->store))) {
        if (!strcmp(event[XS_WATCH_TOKEN], TOKEN_DOMAINS)) {
            scan = true;
        } else if (sscanf(event[XS_WATCH_TOKEN], "console:%" SCNu32, &domid) ==
                   1) {
            struct guest *guest = find(g, domid);

            if (guest)
                check_console(g, guest);
        }
        free(event);
    }
    if (errno != EAGAIN) {
        disconnect_store(g); /* the timer connects again */
        return;
    }
    if (scan)
        guests_scan(g);
}

/* The store may be started anew: its sockets die without a watch firing. */
static bool store_answers(struct guests *g)
{
    struct pel_store s;
    char *value;

    if (!g->connected || pel_store_use(g->ctx, &s))
        return false;
    value = pel_store_read(&s, "/local/domain/0/name");
    if (!value && errno != ENOENT)
        return false;
    free(value);

    return true;
}

static void timer_ready(void *arg, uint32_t events)
{
    struct guests *g = arg;
    uint64_t expired;

    (void)events;
    if (read(g->timer.fd, &expired, sizeof(expired)) < 0)
        return;
    pel_error_clear(g->ctx);
    if (!store_answers(g)) {
        disconnect_store(g);
        if (connect_store(g)) {
            pel_error_clear(g->ctx);
            disconnect_store(g);
            return;
        }
        pel_log(g->ctx, PEL_LOG_INFO, "connected to the store again");
        guests_scan(g);
    }
    find_orphans(g);
    find_restarts(g);
}

int guests_init(struct guests *g)
{
    const struct itimerspec period = {
        .it_interval = { .tv_sec = CHECK_SECONDS },
        .it_value = { .tv_sec = CHECK_SECONDS },
    };
    int rc;

    g->store =
        (struct source){ .events = EPOLLIN, .ready = store_ready, .arg = g };
    g->timer =
        (struct source){ .events = EPOLLIN, .ready = timer_ready, .arg = g };
    g->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (g->timer.fd < 0 || timerfd_settime(g->timer.fd, 0, &period, NULL) ||
        loop_add(g->loop, &g->timer))
        return pel_fail_sys(g->ctx, PEL_EIO, "cannot make a timer");
    rc = connect_store(g);
    if (rc)
        return rc;
    guests_scan(g);
    find_restarts(g);

    return 0;
}

void guests_close(struct guests *g)
{
    while (g->list) {
        struct guest *guest = g->list;

        g->list = guest->next;
        free(guest);
    }
    disconnect_store(g);
    if (g->timer.fd > 0)
        close(g->timer.fd);
}
