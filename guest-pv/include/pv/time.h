/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time, as vcpu_info and shared_info have it. */
#ifndef PV_TIME_H
#define PV_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define MS 1000000ull
#define SECOND (1000 * MS)

/** time_ns - system time in nanoseconds since the machine's start */
uint64_t time_ns(void);

/**
 * time_wait - yield until a condition holds
 * @limit_ns: how long to wait at most, not counting long gaps in which the
 *            machine did not run us: a busy one is no fault
 *
 * Events are served meanwhile if they are unmasked.  Returns whether it
 * holds.
 */
bool time_wait(bool (*cond)(void *arg), void *arg, uint64_t limit_ns);

/**
 * timer_set, timer_stop - this vCPU's one-shot timer: VIRQ_TIMER at @at_ns of
 * system time.  Return the hypercall's result.
 */
long timer_set(uint64_t at_ns, uint32_t flags);
long timer_stop(void);

#endif
