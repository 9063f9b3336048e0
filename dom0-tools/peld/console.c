/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One guest's console.  Output goes from the ring to the log and, through a
 * backlog, to the pseudo-terminal; input from the terminal into the ring as
 * far as there is room.  Nothing here waits for a guest or for a reader.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <xen/grant_table.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include <pel/ctx.h>
#include <pel/store.h>

#include "console.h"
#include "ring.h"

#define BUDGET 131072  /* bytes of output in one period */
#define EVENT_COST 128 /* of it, for being called, with or without output */
#define LINGER_NS 2000000000ull

static int map_ring(struct console *c)
{
    struct xenforeignmemory_handle *fmem;
    xen_pfn_t frame = c->ring_ref;
    int rc;

    if (c->env->gnttab) {
        c->ring = xengnttab_map_grant_ref(c->env->gnttab, c->domid,
                                          GNTTAB_RESERVED_CONSOLE,
                                          PROT_READ | PROT_WRITE);
        c->granted = c->ring != NULL;
    }
    if (c->ring)
        return 0;

    rc = pel_ctx_fmem(c->env->ctx, &fmem);
    if (rc)
        return rc;
    c->ring = xenforeignmemory_map(fmem, c->domid, PROT_READ | PROT_WRITE, 1,
                                   &frame, NULL);
    if (!c->ring)
        return pel_fail_sys(c->env->ctx, PEL_EHYPER,
                            "cannot map the console of domain %u", c->domid);

    return 0;
}

static void unmap_ring(struct console *c)
{
    struct xenforeignmemory_handle *fmem;

    if (!c->ring)
        return;
    if (c->granted)
        xengnttab_unmap(c->env->gnttab, c->ring, 1);
    else if (!pel_ctx_fmem(c->env->ctx, &fmem))
        xenforeignmemory_unmap(fmem, c->ring, 1);
    c->ring = NULL;
}

static int bind_port(struct console *c)
{
    struct xenevtchn_handle *xce;
    int rc;

    rc = pel_ctx_evtchn(c->env->ctx, &xce);
    if (rc)
        return rc;
    c->port = xenevtchn_bind_interdomain(xce, c->domid, c->remote);
    if (c->port < 0)
        return pel_fail_sys(c->env->ctx, PEL_EHYPER,
                            "cannot bind the console's event channel of "
                            "domain %u",
                            c->domid);

    return 0;
}

static void unbind_port(struct console *c)
{
    struct xenevtchn_handle *xce;

    if (c->port >= 0 && !pel_ctx_evtchn(c->env->ctx, &xce))
        xenevtchn_unbind(xce, (evtchn_port_t)c->port);
    c->port = -1;
}

static void notify(struct console *c)
{
    struct xenevtchn_handle *xce;

    if (c->port >= 0 && !pel_ctx_evtchn(c->env->ctx, &xce))
        xenevtchn_notify(xce, (evtchn_port_t)c->port);
}

static void unmask(struct console *c)
{
    struct xenevtchn_handle *xce;

    c->masked = false;
    if (c->port >= 0 && !pel_ctx_evtchn(c->env->ctx, &xce))
        xenevtchn_unmask(xce, (evtchn_port_t)c->port);
}

/* A domain's name becomes one component of a path, whatever it is. */
static void open_log(struct console *c)
{
    char *name = NULL;
    struct pel_store s;
    int rc;

    if (!pel_store_use(c->env->ctx, &s))
        name = pel_store_read(&s, "/local/domain/%u/name", c->domid);
    for (char *p = name; p && *p; p++)
        if (*p == '/' || (*p == '.' && p == name))
            *p = '_';
    if (name && name[0])
        snprintf(c->log.path, sizeof(c->log.path),
                 CONSOLE_LOG_DIR "/%.200s.log", name);
    else
        snprintf(c->log.path, sizeof(c->log.path),
                 CONSOLE_LOG_DIR "/domain-%u.log", c->domid);
    free(name);

    rc = log_file_open(&c->log);
    if (rc)
        pel_log(c->env->ctx, PEL_LOG_WARN, "no console log %s: %s", c->log.path,
                strerror(-rc));
}

/* Tells the kernel what the terminal waits for. */
static void update_interest(struct console *c)
{
    uint32_t events = 0;
    size_t waiting;

    backlog_peek(&c->backlog, &waiting);
    if (waiting)
        events |= EPOLLOUT;
    if (c->ring && ring_space(c->ring) > 0)
        events |= EPOLLIN;
    loop_want(c->env->loop, &c->pty, events);
}

/* A guest that breaks its ring loses its console, and only that. */
static void ring_broken(struct console *c)
{
    pel_log(c->env->ctx, PEL_LOG_WARN,
            "domain %u has broken its console ring: console given up",
            c->domid);
    unbind_port(c);
    unmap_ring(c);
}

static void flush_backlog(struct console *c)
{
    const char *p;
    size_t len;
    ssize_t n;

    for (;;) {
        p = backlog_peek(&c->backlog, &len);
        if (!len)
            return;
        n = write(c->pty.fd, p, len);
        if (n <= 0)
            return;
        backlog_pop(&c->backlog, (size_t)n);
    }
}

static void pump_output(struct console *c)
{
    char buf[sizeof(c->ring->out)];
    bool taken = false;
    ssize_t n = 0;

    while (c->ring && c->budget) {
        n = ring_take(c->ring, buf,
                      c->budget < sizeof(buf) ? c->budget : sizeof(buf));
        if (n <= 0)
            break;
        c->budget -= (uint32_t)n;
        taken = true;
        log_file_write(&c->log, buf, (size_t)n);
        backlog_push(&c->backlog, buf, (size_t)n);
    }
    if (n < 0)
        ring_broken(c);
    else if (taken)
        notify(c);
    flush_backlog(c);
}

static void pump_input(struct console *c)
{
    char buf[sizeof(c->ring->in)];
    ssize_t room, n;

    room = c->ring ? ring_space(c->ring) : 0;
    if (room > 0) {
        n = read(c->pty.fd, buf, (size_t)room);
        if (n <= 0)
            return;
        room = ring_put(c->ring, buf, (size_t)n);
    }
    if (room < 0)
        ring_broken(c);
    else if (room)
        notify(c);
}

static void pty_ready(void *arg, uint32_t events)
{
    struct console *c = arg;

    if (events & EPOLLOUT)
        flush_backlog(c);
    if (events & EPOLLIN)
        pump_input(c);
    update_interest(c);
}

static int open_pty(struct console *c, char path[64])
{
    struct termios tio;

    c->pty.fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
    if (c->pty.fd < 0 || grantpt(c->pty.fd) || unlockpt(c->pty.fd) ||
        ptsname_r(c->pty.fd, path, 64))
        return -errno;
    c->slave = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (c->slave < 0 || fchmod(c->slave, 0600) || tcgetattr(c->slave, &tio))
        return -errno;
    /* The guest has a terminal of its own: this one only passes bytes. */
    cfmakeraw(&tio);

    return tcsetattr(c->slave, TCSANOW, &tio) ? -errno : 0;
}

static int publish(struct console *c)
{
    char path[64];
    struct pel_store s;
    int rc;

    rc = open_pty(c, path);
    if (rc) {
        errno = -rc;
        return pel_fail_sys(c->env->ctx, PEL_EIO,
                            "cannot make a terminal for domain %u", c->domid);
    }
    c->pty.events = EPOLLIN;
    c->pty.ready = pty_ready;
    c->pty.arg = c;
    rc = loop_add(c->env->loop, &c->pty);
    if (rc) {
        errno = -rc;
        return pel_fail_sys(c->env->ctx, PEL_EIO, "cannot watch a terminal");
    }
    rc = pel_store_use(c->env->ctx, &s);
    if (rc)
        return rc;
    rc = pel_store_write(&s, path, "/local/domain/%u/console/tty", c->domid);

    return rc ? pel_store_fail(c->env->ctx, rc,
                               "cannot tell where the console of domain %u is",
                               c->domid)
              : 0;
}

int console_open(const struct console_env *env, uint32_t domid,
                 uint64_t ring_ref, uint32_t remote, struct console **out)
{
    struct console *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return pel_fail_oom(env->ctx);
    c->env = env;
    c->domid = domid;
    c->ring_ref = ring_ref;
    c->remote = remote;
    c->budget = BUDGET;
    c->port = c->slave = c->log.fd = c->pty.fd = -1;

    rc = map_ring(c);
    if (!rc)
        rc = bind_port(c);
    if (!rc)
        rc = publish(c);
    if (rc) {
        console_close(c);
        return rc;
    }
    open_log(c);
    /* Take what was printed before we came; wake a guest that waits since. */
    console_event(c);
    if (c->ring && (c->ring->out_prod || c->ring->in_prod))
        notify(c);
    *out = c;

    return 0;
}

void console_event(struct console *c)
{
    pump_output(c);
    c->budget -= c->budget < EVENT_COST ? c->budget : EVENT_COST;
    if (c->budget)
        unmask(c);
    else
        c->masked = true;
    update_interest(c);
}

void console_refill(struct console *c)
{
    c->budget = BUDGET;
    if (c->masked)
        console_event(c);
}

bool console_busy(const struct console *c) { return c->masked || c->linger_ns; }

void console_detach(struct console *c)
{
    if (c->linger_ns)
        return;
    c->budget = BUDGET;
    pump_output(c);
    c->masked = false;
    unbind_port(c);
    unmap_ring(c);
    update_interest(c);
    c->linger_ns = pel_store_now_ns() + LINGER_NS;
}

bool console_finished(const struct console *c)
{
    int unread = 0;
    size_t waiting;

    backlog_peek(&c->backlog, &waiting);
    ioctl(c->slave, FIONREAD, &unread);

    return (!waiting && !unread) || pel_store_now_ns() >= c->linger_ns;
}

void console_reopen_log(struct console *c)
{
    log_file_close(&c->log);
    open_log(c);
}

void console_close(struct console *c)
{
    if (!c)
        return;
    unbind_port(c);
    unmap_ring(c);
    if (c->pty.ready)
        loop_del(c->env->loop, &c->pty);
    if (c->slave >= 0)
        close(c->slave);
    if (c->pty.fd >= 0)
        close(c->pty.fd);
    log_file_close(&c->log);
    free(c);
}
