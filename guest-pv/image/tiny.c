/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest that blocks for ever and answers nobody. */
#include <xen/sched.h>
#include <pv/guest.h>
#include <pv/hypercall.h>

void guest_main(struct start_info *si)
{
    (void)si;
    for (;;)
        hc_sched_op(SCHEDOP_block, NULL);
}
