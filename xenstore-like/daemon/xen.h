/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor as the store needs it: events, grants, states of domains. */
#ifndef DAEMON_XEN_H
#define DAEMON_XEN_H

#include <xencall.h>
#include <xenevtchn.h>
#include <xengnttab.h>

#include "loop.h"

struct ring;

struct xen {
    struct source src; /* of evtchn */
    struct loop *loop;
    struct server *srv;
    xenevtchn_handle *evtchn;
    xengnttab_handle *gnttab;
    xencall_handle *call;
    void *domctl;          /* buffer for a struct xen_domctl */
    evtchn_port_t virq;    /* a domain changed its state */
    struct ring **by_port; /* rings by local port */
    size_t nr_ports;       /* entries of by_port */
};

enum domain_state {
    DOMAIN_RUNS,
    DOMAIN_SHUTDOWN, /* it, or its kernel by crashing, has ended */
    DOMAIN_GONE,     /* being destroyed, or no such domain */
};

/**
 * xen_open - open the devices, bind the interrupt, connect dom0's ring
 *
 * Returns: 0; a negative errno, after a message.
 */
int xen_open(struct xen *x, struct loop *loop, struct server *srv);

/** xen_close - close rings and devices */
void xen_close(struct xen *x);

/** xen_domain_state - ask the hypervisor for the state of a domain */
enum domain_state xen_domain_state(struct xen *x, uint16_t domid);

/* How the store reaches rings; host_arg is the struct xen. */
extern const struct host xen_host;

#endif
