/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The smallest guest: says that it runs, and powers off. */
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/guest.h>
#include <pv/printf.h>
#include <pv/shutdown.h>

void guest_main(struct start_info *si)
{
    console_init(si);
    pv_printf("hello: %s, %lu pages, flags %x, args \"%s\"\n", si->magic,
              si->nr_pages, si->flags, (const char *)si->cmd_line);
    pv_shutdown(SHUTDOWN_poweroff);
}
