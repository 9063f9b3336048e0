/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels, two-level. */
#ifndef PV_EVTCHN_H
#define PV_EVTCHN_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/event_channel.h>
#include <xen/xen.h>

/* Ports that the guest keeps counts for; others are only cleared. */
#define EVTCHN_COUNTED 1024

/** evtchn_upcall - serve all pending, unmasked events of this vCPU */
void evtchn_upcall(void);

/** evtchn_count - how often @port was served since evtchn_forget() */
uint64_t evtchn_count(evtchn_port_t port);

/** evtchn_cpu - the vCPU that served @port last */
unsigned int evtchn_cpu(evtchn_port_t port);

/** evtchn_forget - count of @port to 0, and its pending bit off */
void evtchn_forget(evtchn_port_t port);

/** evtchn_pending - whether the pending bit of @port is set */
bool evtchn_pending(evtchn_port_t port);

/** evtchn_set_mask - set or clear the mask bit, without a hypercall */
void evtchn_set_mask(evtchn_port_t port, bool masked);

/** evtchn_unmask - by hypercall: delivers what is pending */
long evtchn_unmask(evtchn_port_t port);

/** evtchn_send, evtchn_close - the hypercalls; return their result */
long evtchn_send(evtchn_port_t port);
long evtchn_close(evtchn_port_t port);

/**
 * evtchn_alloc, evtchn_bind_local, evtchn_bind_virq, evtchn_bind_ipi
 *
 * Return the new port, unmasked, or a negative errno.  evtchn_bind_local()
 * connects to a port of this domain that evtchn_alloc(DOMID_SELF) made.
 */
long evtchn_alloc(domid_t remote);
long evtchn_bind_local(evtchn_port_t remote);
long evtchn_bind_virq(unsigned int virq, unsigned int vcpu);
long evtchn_bind_ipi(unsigned int vcpu);

/** events_on - unmask upcalls of this vCPU and take what is pending */
void events_on(void);

/** events_off - mask upcalls of this vCPU */
void events_off(void);

/**
 * event_wait - block until there was an upcall; upcalls are masked before it
 *
 * Masked again afterwards: so who looks in a loop whether what it waits for
 * has come cannot miss the event between its look and the blocking.
 */
void event_wait(void);

#endif
