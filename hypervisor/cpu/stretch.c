/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a CPU stays in ring 0 with interrupts off: the longest time, and
 * what it was.  Measured only with `irqs-off' on the command line, which
 * patches two readings of the TSC into entry and exit.
 */
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/clock.h>
#include <x86/insn.h>
#include <x86/patch.h>

static bool measuring;

static struct stretch {
    uint64_t cycles;
    uint64_t rax;    /* the guest's: of a hypercall, its number */
    uint64_t rip;    /* the guest's */
    uint16_t vector; /* 0: by `syscall' */
} longest[NR_CPUS];

INIT_TEXT void stretch_init(void)
{
    measuring = cmdline_flag(hv_cmdline, "irqs-off", false);
    if (measuring)
        patch_apply(PATCH_STRETCH);
    stack_top()->entered = 0; /* where the first instructions had a stack */
}

void stretch_end(void)
{
    struct stack_top *top = stack_top();
    struct stretch *l = &longest[top->cpu->id];
    uint64_t cycles = rdtsc() - top->entered;

    if (cycles <= l->cycles || !top->entered)
        return;
    *l = (struct stretch){ cycles, top->entered_rax, top->regs.rip,
                           top->regs.entry_vector };
}

void stretch_mark(bool counts)
{
    if (!measuring)
        return;
    if (counts)
        stretch_end();
    stack_top()->entered = rdtsc();
}

void stretch_dump(void)
{
    if (!measuring)
        log_err("not measured: `irqs-off' is not on the command line\n");
    for (unsigned int i = 0; measuring && i < nr_cpus; i++)
        log_err("CPU %u: longest %lu us, vector %u, rax %#lx, rip %#lx\n", i,
                longest[i].cycles * 1000 / tsc_khz, longest[i].vector,
                longest[i].rax, longest[i].rip);
}
