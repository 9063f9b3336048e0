/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end, after a bug of our own: say what happened, then restart. */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>

#define SECONDS_TO_READ 5

static void report(const struct cpu_user_regs *regs)
{
    struct cpu_user_regs here = { .rsp = (unsigned long)&here };
    const struct vcpu *v = current_vcpu();

    log_err("CPU %u, cr0 %lx  cr2 %016lx  cr3 %016lx  cr4 %lx\n", this_cpu_id(),
            read_cr0(), read_cr2(), read_cr3(), read_cr4());
    if (regs)
        dump_regs(regs);
    log_err("Stack:\n");
    dump_stack(regs && !regs_from_guest(regs) ? regs : &here);
    if (v && (!regs || !regs_from_guest(regs))) {
        log_err("d%u v%u entered us with\n", v->domain->id, v->id);
        dump_regs(guest_regs());
    }
}

static void __attribute__((noreturn))
die(const struct cpu_user_regs *regs, const char *fmt, va_list ap)
{
    static bool reporting;
    char text[200];

    cli();
    smp_stop_others();
    console_sync();
    hv_vsnprintf(text, sizeof(text), fmt, ap);
    log_err("\nPANIC: %s\n", text);
    if (!reporting) { /* else the report itself went wrong */
        reporting = true;
        report(regs);
    }

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

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    die(NULL, fmt, ap);
}

void panic_regs(const struct cpu_user_regs *regs, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    die(regs, fmt, ap);
}
