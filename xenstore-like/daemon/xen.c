/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor as the store needs it: events, grants, states of domains. */
#define __XEN_TOOLS__ /* <xen/domctl.h> is for the control domain's tools */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <xen/xen.h>
#include <xen/domctl.h>

#include <store/log.h>
#include <store/replay.h>

#include "conn_ring.h"

#define DOM0_PORT "/proc/xen/xsd_port"

/* The port at which dom0's kernel awaits its store. */
static int dom0_port(unsigned int *port)
{
    FILE *f = fopen(DOM0_PORT, "re");
    int nr;

    if (!f)
        return -errno;
    nr = fscanf(f, "%u", port);
    fclose(f);
    return nr == 1 ? 0 : -EINVAL;
}

enum domain_state xen_domain_state(struct xen *x, uint16_t domid)
{
    struct xen_domctl *op = x->domctl;
    uint32_t flags;

    memset(op, 0, sizeof(*op));
    op->cmd = XEN_DOMCTL_getdomaininfo;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    if (xencall1(x->call, __HYPERVISOR_domctl, (uintptr_t)op)) {
        if (errno == ESRCH)
            return DOMAIN_GONE;
        log_line("domain %u: no state: %s", domid, strerror(errno));
        return DOMAIN_RUNS;
    }

    /* For a number that is not in use the next domain's state comes. */
    if (op->u.getdomaininfo.domain != domid)
        return DOMAIN_GONE;
    flags = op->u.getdomaininfo.flags;
    if (flags & XEN_DOMINF_dying)
        return DOMAIN_GONE;
    return flags & XEN_DOMINF_shutdown ? DOMAIN_SHUTDOWN : DOMAIN_RUNS;
}

/* Some domain's state has changed; the interrupt does not say whose. */
static void states_check(struct xen *x)
{
    enum domain_state state;
    struct domain *dom;
    bool tell = false;

    for (unsigned int i = 1; i < DOMID_FIRST_RESERVED; i++) {
        dom = server_domain(x->srv, i);
        if (!dom)
            continue;
        state = xen_domain_state(x, i);
        if (state == DOMAIN_GONE) {
            tell |= dom->introduced;
            server_domain_gone(x->srv, dom);
        } else if (state == DOMAIN_SHUTDOWN && dom->introduced &&
                   !dom->shutdown) {
            dom->shutdown = true;
            record_domain(x->srv, dom);
            tell = true;
        }
    }
    if (tell)
        watch_fire_special(x->srv, SPECIAL_RELEASE);
}

static void xen_event(struct source *src)
{
    struct xen *x = list_entry(src, struct xen, src);
    int port = xenevtchn_pending(x->evtchn);

    if (port < 0)
        return;
    /* Unmask first: what comes from now on signals again. */
    xenevtchn_unmask(x->evtchn, port);
    if ((evtchn_port_t)port == x->virq)
        states_check(x);
    else if ((size_t)port < x->nr_ports && x->by_port[port])
        ring_signalled(x->by_port[port]);
}

static int devices_open(struct xen *x)
{
    int virq;

    x->evtchn = xenevtchn_open(NULL, 0);
    x->gnttab = xengnttab_open(NULL, 0);
    x->call = xencall_open(NULL, 0);
    if (!x->evtchn || !x->gnttab || !x->call) {
        log_line("cannot open the devices in /dev/xen: %s", strerror(errno));
        return -errno;
    }
    x->domctl = xencall_alloc_buffer(x->call, sizeof(struct xen_domctl));
    if (!x->domctl)
        return -ENOMEM;
    virq = xenevtchn_bind_virq(x->evtchn, VIRQ_DOM_EXC);
    if (virq < 0) {
        log_line("cannot bind the interrupt for domains' states: %s",
                 strerror(errno));
        return -errno;
    }
    x->virq = virq;
    x->src.fd = xenevtchn_fd(x->evtchn);
    x->src.events = EPOLLIN;
    x->src.fn = xen_event;
    return loop_add(x->loop, &x->src);
}

/* Go on with the rings that the last server had. */
static void rings_take_over(struct xen *x)
{
    struct domain *dom;

    states_check(x);
    for (unsigned int i = 1; i < DOMID_FIRST_RESERVED; i++) {
        dom = server_domain(x->srv, i);
        if (!dom || !dom->introduced)
            continue;
        if (ring_open(x, dom, dom->port) && dom->conn)
            replay_drop(dom->conn); /* it may be introduced again */
    }
}

static int dom0_open(struct xen *x)
{
    struct domain *dom = server_domain_add(x->srv, 0);
    unsigned int port;
    int err;

    if (!dom)
        return -ENOMEM;
    err = dom0_port(&port);
    if (!err)
        err = ring_open(x, dom, port);
    if (err)
        log_line("cannot connect to dom0's kernel: %s", strerror(-err));
    if (err)
        return err;
    dom->introduced = true;
    record_domain(x->srv, dom);
    return 0;
}

int xen_open(struct xen *x, struct loop *loop, struct server *srv)
{
    int err;

    memset(x, 0, sizeof(*x));
    x->loop = loop;
    x->srv = srv;
    err = devices_open(x);
    if (!err)
        err = dom0_open(x);
    if (!err)
        rings_take_over(x);
    else
        xen_close(x);
    return err;
}

void xen_close(struct xen *x)
{
    struct domain *dom;

    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        dom = server_domain(x->srv, i);
        if (dom && dom->conn)
            ring_close(x, dom);
    }
    free(x->by_port);
    if (x->domctl)
        xencall_free_buffer(x->call, x->domctl);
    if (x->call)
        xencall_close(x->call);
    if (x->gnttab)
        xengnttab_close(x->gnttab);
    if (x->evtchn)
        xenevtchn_close(x->evtchn);
}

/* The frame's number is for the record: the page comes by its grant. */
static int host_introduce(struct server *srv, struct domain *dom, uint64_t gfn,
                          unsigned int port)
{
    struct xen *x = srv->host_arg;

    (void)gfn;
    if (dom->conn)
        return ring_rebind(x, dom, port);
    return ring_open(x, dom, port);
}

static void host_release(struct server *srv, struct domain *dom)
{
    ring_close(srv->host_arg, dom);
}

static void host_ready(struct server *srv, struct conn *conn)
{
    struct xen *x = srv->host_arg;

    loop_ready(x->loop, conn);
}

const struct host xen_host = {
    .introduce = host_introduce,
    .release = host_release,
    .ready = host_ready,
};
