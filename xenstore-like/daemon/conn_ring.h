/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that are kernels: a ring in shared memory and an event channel. */
#ifndef DAEMON_CONN_RING_H
#define DAEMON_CONN_RING_H

#include "xen.h"

/**
 * ring_open - connect to a domain's ring
 * @dom:  has no connection, or one without peer, of the last server, which is
 *        taken over then; dom->conn is set on success
 * @port: its event channel port
 *
 * A guest's page is the one that it grants by its reserved reference; dom0's
 * is the one that its kernel offers under /proc/xen.
 * Returns: 0; a negative errno.
 */
int ring_open(struct xen *x, struct domain *dom, evtchn_port_t port);

/**
 * ring_rebind - use another port of the same domain
 *
 * Another kernel runs in it: watches, transactions and all bytes under way go.
 * Returns: 0; a negative errno.
 */
int ring_rebind(struct xen *x, struct domain *dom, evtchn_port_t port);

/** ring_close - disconnect; dom->conn is NULL then */
void ring_close(struct xen *x, struct domain *dom);

/** ring_signalled - the port of @r was signalled */
void ring_signalled(struct ring *r);

#endif
