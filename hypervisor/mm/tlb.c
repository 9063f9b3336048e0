/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushing translations.
 *
 * TOUR 4.5: guests have no global pages (pt_adjust_l1()), so a
 * load of CR3 drops all of a guest's translations and cached table walks.
 *
 * One CPU runs guests today: a mask never names another one, and the masks
 * are where other CPUs will come in.
 */
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <x86/insn.h>

#include "tlb.h"

uint32_t tlb_clock = 1;
uint32_t tlb_time[NR_CPUS];

void tlb_note_flushed(void)
{
    uint32_t now = __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_RELAXED);

    if (unlikely(!now)) {
        /* It wrapped: as if nobody had flushed since any stamp. */
        for (unsigned int i = 0; i < nr_cpus_online; i++)
            tlb_time[i] = 0;
        return;
    }
    tlb_time[this_cpu_id()] = now;
}

void tlb_flush_local(void)
{
    write_cr3(read_cr3());
    tlb_note_flushed();
}

void tlb_flush_stale(uint32_t stamp)
{
    if (tlb_time[this_cpu_id()] <= stamp)
        tlb_flush_local();
}

void tlb_flush_cpus(uint64_t mask)
{
    ASSERT(!(mask & ~(1UL << this_cpu_id())));
    if (mask)
        tlb_flush_local();
}

void tlb_flush_page_cpus(uint64_t mask, unsigned long va)
{
    ASSERT(!(mask & ~(1UL << this_cpu_id())));
    if (mask)
        invlpg(va);
}

/*
 * CPUs that ran @d.  The calling CPU is always one of them: it may have
 * reached @d's frames through foreign mappings.
 */
static uint64_t domain_cpus(const struct domain *d)
{
    return d->tlb_cpus | (1UL << this_cpu_id());
}

void tlb_flush_domain(const struct domain *d)
{
    tlb_flush_cpus(domain_cpus(d));
}

void tlb_flush_page_domain(const struct domain *d, unsigned long va)
{
    tlb_flush_page_cpus(domain_cpus(d), va);
}
