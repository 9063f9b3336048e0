/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Event channels by the FIFO ABI: queues of event words. */
#ifndef PV_FIFO_H
#define PV_FIFO_H

#include <stdbool.h>
#include <xen/event_channel.h>

/* Ports that fit into the one page of words that we give. */
#define FIFO_PORTS 1024

/**
 * fifo_begin - take the whole guest to the FIFO ABI
 *
 * A control block for each vCPU there is.  Returns 0, also when that has
 * been done before, or the hypercalls' error.
 */
long fifo_begin(void);

/**
 * fifo_end - back to the 2-level ABI, where that is possible
 *
 * It closes all ports, and a guest's console has one: so only dom0 does.
 */
void fifo_end(void);

/**
 * fifo_clean - all words and queues empty, whatever is in them
 *
 * The ports of a guest's console and store are masked, others are not.
 */
void fifo_clean(void);

/** fifo_word - the word of @port; NULL: 2-level ABI, or beyond the page */
event_word_t *fifo_word(evtchn_port_t port);

/** fifo_block - control block of vCPU @id */
struct evtchn_fifo_control_block *fifo_block(unsigned int id);

/**
 * fifo_take - take one port off the queues of this vCPU, as an upcall does
 * @priority: set to its queue's, if not NULL
 *
 * Returns: the port, pending or not; 0: there is none.
 */
evtchn_port_t fifo_take(unsigned int *priority);

/** fifo_active - is it in use? */
bool fifo_active(void);

#endif
