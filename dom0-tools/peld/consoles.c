/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All consoles.  Each may print so many bytes in a period; who has used them
 * up is not listened to until the next, so that one guest that floods costs
 * the others nothing.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <xenevtchn.h>
#include <xengnttab.h>

#include <pel/ctx.h>
#include <pel/store.h>

#include "consoles.h"

#define PERIOD_NS 100000000

static void arm(struct consoles *cs)
{
    const struct itimerspec period = {
        .it_interval = { .tv_nsec = PERIOD_NS },
        .it_value = { .tv_nsec = PERIOD_NS },
    };
    const struct itimerspec off = { 0 };
    bool busy = false;

    for (struct console *c = cs->list; c; c = c->next)
        busy |= console_busy(c);
    if (busy == cs->armed)
        return;
    cs->armed = busy;
    timerfd_settime(cs->timer.fd, 0, busy ? &period : &off, NULL);
}

static void event_ready(void *arg, uint32_t events)
{
    struct consoles *cs = arg;
    struct xenevtchn_handle *xce;
    int port;

    (void)events;
    if (pel_ctx_evtchn(cs->env.ctx, &xce))
        return;
    port = xenevtchn_pending(xce);
    for (struct console *c = cs->list; c && port >= 0; c = c->next) {
        if (c->port != port)
            continue;
        console_event(c);
        break;
    }
    arm(cs);
}

static void timer_ready(void *arg, uint32_t events)
{
    struct consoles *cs = arg;
    struct console **link = &cs->list;
    uint64_t expired;

    (void)events;
    if (read(cs->timer.fd, &expired, sizeof(expired)) < 0)
        return;
    while (*link) {
        struct console *c = *link;

        if (c->linger_ns && console_finished(c)) {
            *link = c->next;
            console_close(c);
            continue;
        }
        console_refill(c);
        link = &c->next;
    }
    arm(cs);
}

static int watch(struct consoles *cs, struct source *src, int fd,
                 void (*ready)(void *arg, uint32_t events))
{
    int rc;

    src->fd = fd;
    src->events = EPOLLIN;
    src->ready = ready;
    src->arg = cs;
    rc = fd < 0 ? -errno : loop_add(cs->env.loop, src);
    errno = -rc;

    return rc ? pel_fail_sys(cs->env.ctx, PEL_EIO, "cannot watch consoles") : 0;
}

int consoles_init(struct consoles *cs, struct pel_ctx *ctx, struct loop *loop)
{
    struct xenevtchn_handle *xce;
    int rc;

    *cs = (struct consoles){ .env = { .ctx = ctx, .loop = loop } };
    rc = pel_ctx_evtchn(ctx, &xce);
    if (rc)
        return rc;
    cs->env.gnttab = xengnttab_open(NULL, 0);
    if (!cs->env.gnttab)
        pel_log(ctx, PEL_LOG_INFO,
                "no grant device: consoles are mapped by frame");
    mkdir("/var/log/pellicle", 0755);
    mkdir(CONSOLE_LOG_DIR, 0700);

    rc = watch(cs, &cs->events, xenevtchn_fd(xce), event_ready);
    if (rc)
        return rc;

    return watch(cs, &cs->timer,
                 timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                 timer_ready);
}

/* The console that still serves a guest, not one that lingers. */
static struct console *find(struct consoles *cs, uint32_t domid)
{
    struct console *c = cs->list;

    while (c && (c->domid != domid || c->linger_ns))
        c = c->next;

    return c;
}

int consoles_set(struct consoles *cs, uint32_t domid, uint64_t ring_ref,
                 uint32_t remote)
{
    struct console *c = find(cs, domid);
    int rc;

    if (c && c->ring_ref == ring_ref && c->remote == remote)
        return 0;
    if (c)
        console_detach(c);
    rc = console_open(&cs->env, domid, ring_ref, remote, &c);
    if (!rc) {
        c->next = cs->list;
        cs->list = c;
    }
    arm(cs);

    return rc;
}

void consoles_drop(struct consoles *cs, uint32_t domid)
{
    struct console *c = find(cs, domid);

    if (c)
        console_detach(c);
    arm(cs);
}

void consoles_reopen_logs(struct consoles *cs)
{
    for (struct console *c = cs->list; c; c = c->next)
        console_reopen_log(c);
}

/* A path that is no longer ours may soon be somebody else's terminal. */
static int withdraw_txn(struct pel_store *s, void *arg)
{
    const struct console *c = arg;
    uint64_t ring_ref;
    int rc;

    rc = pel_store_read_u64(s, &ring_ref, "/local/domain/%u/console/ring-ref",
                            c->domid);
    if (rc)
        return rc;

    return pel_store_write(s, "", "/local/domain/%u/console/tty", c->domid);
}

void consoles_close(struct consoles *cs)
{
    struct pel_store s;
    struct console *c;
    bool store = !pel_store_use(cs->env.ctx, &s);

    while ((c = cs->list)) {
        cs->list = c->next;
        if (store && !c->linger_ns)
            pel_store_txn(&s, withdraw_txn, c);
        console_close(c);
    }
    if (cs->timer.fd >= 0)
        close(cs->timer.fd);
    if (cs->env.gnttab)
        xengnttab_close(cs->env.gnttab);
}
