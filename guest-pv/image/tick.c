/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small guest that runs for ever: it says so every few seconds. */
#include <xen/sched.h>
#include <pv/evtchn.h>
#include <pv/guest.h>
#include <pv/hypercall.h>
#include <pv/printf.h>
#include <pv/start.h>
#include <pv/time.h>

#define PERIOD (5 * SECOND)

/* A poll ends early when an event is pending, such as the console's. */
static void sleep_until(uint64_t at_ns)
{
    struct sched_poll poll = { .timeout = at_ns };

    while (time_ns() < at_ns) {
        events_on();
        events_off();
        hc_sched_op(SCHEDOP_poll, &poll);
    }
}

void guest_main(struct start_info *si)
{
    uint64_t next;

    pv_start(si);
    next = time_ns();
    for (uint64_t n = 0;; n++) {
        pv_printf("tick %lu\n", n);
        next += PERIOD;
        sleep_until(next);
    }
}
