/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel that panics: it reports its own crash to the hypervisor. */
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/guest.h>
#include <pv/printf.h>
#include <pv/shutdown.h>

void guest_main(struct start_info *si)
{
    console_init(si);
    pv_printf("crash-panic: reporting a crash\n");
    pv_shutdown(SHUTDOWN_crash);
}
