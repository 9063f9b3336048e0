/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The order in which the hypervisor comes up: one table, nothing hidden.
 *
 * TOUR 1.2: each step may use what the steps above it have set up.
 */
#include <hv/acpi.h>
#include <hv/boot.h>
#include <hv/clock.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/features.h>
#include <hv/fpu.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/policy.h>
#include <hv/sched.h>
#include <hv/spec.h>
#include <x86/patch.h>
#include "local.h"

extern char boot_stack[];

static INIT_TEXT void first_words(void)
{
    log_info("Pellicle, a paravirtualizing hypervisor for x86-64\n");
    log_info("Command line: %s\n", hv_cmdline);
    for (unsigned int i = 0; i < nr_memmap; i++)
        log_debug("  %016lx-%016lx type %u\n", memmap[i].start,
                  memmap[i].end - 1, memmap[i].type);
}

static INIT_TEXT void smap_patch(void)
{
    if (CPU_HAS(SMAP))
        patch_apply(PATCH_SMAP);
}

static INIT_TEXT void boot_cpu_tables(void)
{
    cpu_tables_init(&cpus[0], boot_stack);
}

static INIT_TEXT void boot_cpu_apic(void)
{
    cpus[0].apic_id = lapic_id();
    cpus[0].online = true;
}

static INIT_TEXT void report(void)
{
    log_info("Memory: %lu MiB free of %lu MiB; TSC %u kHz\n",
             heap_free_pages() >> 8, heap_total_pages() >> 8, tsc_khz);
}

static void (*const steps[])(void) INIT_RODATA = {
    first_words,     features_init, policy_init,       hvmap_init,
    video_init,      smap_patch,    spec_init,         stretch_init,
    boot_cpu_tables, fpu_init_cpu,  acpi_init,         mm_init,
    heap_init,       clock_init,    irq_init,          boot_cpu_apic,
    sched_init,      console_init,  smp_init,          xpti_init,
    report,          dom0_build,    boot_free_modules,
};

/* From head.S, on the boot CPU's stack, with its tables. */
void hv_main(uint32_t magic, uint32_t info)
{
    stack_top()->cpu = &cpus[0];
    console_early_init(""); /* for complaints about what comes next */
    bootinfo_parse(magic, info);
    console_early_init(hv_cmdline);
    for (unsigned int i = 0; i < ARRAY_SIZE(steps); i++)
        steps[i]();

    dom0->controller_pauses = 0;
    domain_unpause(dom0);
    work_raise(this_cpu(), WORK_SCHED);
    enter_guests();
}
