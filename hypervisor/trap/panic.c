/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end, after a bug of our own: say what happened, then restart. */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/trap.h>
#include <x86/insn.h>

#define SECONDS_TO_READ 5

void panic(const char *fmt, ...)
{
    struct cpu_user_regs here = { 0 };
    char text[200];
    va_list ap;

    cli();
    smp_stop_others();
    console_sync();
    va_start(ap, fmt);
    hv_vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    log_err("\nPANIC: %s\n", text);
    here.rsp = (unsigned long)&here;
    dump_stack(&here);

    if (cmdline_flag(hv_cmdline, "noreboot", false)) {
        log_err("Halted, as `noreboot' says.\n");
        for (;;)
            hlt();
    }
    log_err("Rebooting in %d seconds.\n", SECONDS_TO_READ);
    for (int i = 0; i < SECONDS_TO_READ; i++)
        delay_us(1000000);
    machine_restart();
}
