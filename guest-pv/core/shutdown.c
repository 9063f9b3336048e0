/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of the guest. */
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/shutdown.h>

void pv_shutdown(unsigned int reason)
{
    struct sched_shutdown arg = { .reason = reason };

    console_drain();
    for (;;)
        hc_sched_op(SCHEDOP_shutdown, &arg);
}
