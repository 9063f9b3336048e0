/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other vCPUs: bring them up, let them do one thing, wait for the end. */
#ifndef PV_SMP_H
#define PV_SMP_H

#include <stdbool.h>
#include <xen/xen.h>

/**
 * smp_context - fill what vCPU @id starts with
 *
 * Its own stack, our L4, our trap table, events masked.
 */
void smp_context(struct vcpu_guest_context *ctxt, unsigned int id);

/**
 * smp_initialise - give vCPU @id a context, from smp_context() and changed
 *
 * Any vCPU may call it, but smp_begin() does it if need be.  Returns the
 * hypercall's result.
 */
long smp_initialise(unsigned int id, const struct vcpu_guest_context *ctxt);

/**
 * smp_begin - run a function on vCPU @id (1 to CPUS_MAX - 1)
 *
 * Initialises the vCPU the first time.  When @fn returns, the vCPU goes down
 * by itself.  Returns 0, or the hypercalls' error.
 */
long smp_begin(unsigned int id, void (*fn)(void *arg), void *arg);

/** smp_end - wait until it is down again; false if that takes too long */
bool smp_end(unsigned int id);

#endif
