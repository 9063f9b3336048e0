/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flushing translations, here and on other CPUs.
 *
 * TOUR 4.5: guests have no global pages (pt_adjust_l1()), so a load of CR3
 * drops all of a guest's translations and cached table walks.  A CPU switches
 * vCPUs by loading CR3; so the only translations that it can hold are of the
 * domain whose vCPU is loaded, cpu.loaded, and made since cpu.tlb_time.
 *
 * INVARIANT TLB-1: cpu.loaded says LOADED_ANY before other tables come into
 * CR3, and the domain's name after that.  Whoever changes a table entry looks
 * at cpu.loaded afterwards; so either it finds the domain there, or that CPU
 * will read the new entry.
 *
 * A request is a bit of cpu.work, and an interrupt to make the CPU look.  The
 * one who asks waits: afterwards nobody uses the page in the old way.  An
 * idle CPU that is asked lets go of its vCPU, so that it is asked only once.
 */
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/mm.h>
#include <hv/spin.h>
#include <x86/insn.h>

#include "tlb.h"

uint64_t tlb_clock = 1;

void tlb_load_cr3(unsigned long cr3)
{
    /* In this order, so that the time is never later than the flush. */
    uint64_t now = __atomic_add_fetch(&tlb_clock, 1, __ATOMIC_SEQ_CST);

    write_cr3(cr3);
    __atomic_store_n(&this_cpu()->tlb_time, now, __ATOMIC_RELEASE);
}

void tlb_flush_local(void) { tlb_load_cr3(read_cr3()); }

void tlb_answer(void)
{
    struct cpu *c = this_cpu();
    unsigned long page = __atomic_load_n(&c->tlb_page, __ATOMIC_ACQUIRE);

    if (page) {
        invlpg(page & PAGE_MASK);
        __atomic_store_n(&c->tlb_page, 0, __ATOMIC_RELEASE);
    }
    if (__atomic_fetch_and(&c->work, ~(1U << WORK_TLB), __ATOMIC_ACQUIRE) &
        1U << WORK_TLB)
        tlb_flush_local();
}

/* A CPU that was idle when it was asked for a page has this bit only. */
void tlb_answer_all(void)
{
    struct cpu *c = this_cpu();
    unsigned long page = __atomic_load_n(&c->tlb_page, __ATOMIC_ACQUIRE);

    tlb_flush_local();
    if (page)
        __atomic_store_n(&c->tlb_page, 0, __ATOMIC_RELEASE);
}

/* Ask CPU @c for a full flush. */
static void ask(struct cpu *c)
{
    work_raise(c, WORK_TLB);
    cpu_kick(c->id);
}

/* Ask all of @m, but not this CPU, and wait until they have flushed. */
static void flush_others(const struct cpumask *m)
{
    uint64_t since = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);

    for (unsigned int i = 0; i < nr_cpus; i++)
        if (cpumask_has(m, i))
            ask(&cpus[i]);
    for (unsigned int i = 0; i < nr_cpus; i++)
        while (cpumask_has(m, i) && cpu_online(i) &&
               __atomic_load_n(&cpus[i].tlb_time, __ATOMIC_ACQUIRE) <= since)
            spin_relax();
}

/*
 * The clock when the entry of stamp @stamp went, at the earliest: stamps are
 * 32 bits, and what is too old to tell counts as new.
 */
static uint64_t stamp_time(uint32_t stamp)
{
    uint64_t now = __atomic_load_n(&tlb_clock, __ATOMIC_SEQ_CST);
    uint32_t age = (uint32_t)now - stamp;

    return age >> 31 ? now : now - age;
}

/* Flush where a translation of @time may still be cached. */
static void flush_since(uint64_t time, const struct domain *owner)
{
    struct cpumask m = { 0 };
    bool any = false;

    for (unsigned int i = 0; i < nr_cpus; i++) {
        struct cpu *c = &cpus[i];
        const struct domain *d = __atomic_load_n(&c->loaded, __ATOMIC_ACQUIRE);

        if (__atomic_load_n(&c->tlb_time, __ATOMIC_ACQUIRE) > time)
            continue;
        if (c == this_cpu()) {
            tlb_flush_local();
            continue;
        }
        if (!d || (owner && d != LOADED_ANY && d != owner && !d->maps_others))
            continue;
        cpumask_add(&m, i);
        any = true;
    }
    if (unlikely(any))
        flush_others(&m);
}

void tlb_flush_stale(uint32_t stamp, const struct domain *owner)
{
    flush_since(stamp_time(stamp), owner);
}

/* Stamps wrap around: only their times can be compared. */
void tlb_flush_block(const struct frame *f, unsigned long nr)
{
    uint64_t time = 0;

    for (unsigned long n = 0; n < nr; n++)
        time = MAX(time, stamp_time(f[n].tlb_stamp));
    flush_since(time, NULL);
}

/* Other CPUs on which @d is loaded; false: none. */
static bool others_with(const struct domain *d, struct cpumask *m)
{
    bool any = false;

    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* TLB-1 */
    for (unsigned int i = 0; i < nr_cpus; i++) {
        const struct domain *l =
            __atomic_load_n(&cpus[i].loaded, __ATOMIC_RELAXED);

        if ((l != d && l != LOADED_ANY) || &cpus[i] == this_cpu())
            continue;
        cpumask_add(m, i);
        any = true;
    }
    return any;
}

void tlb_flush_cpus(const struct cpumask *m)
{
    struct cpumask others = *m;
    unsigned int me = this_cpu_id();

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    others.word[me / 64] &= ~(1UL << me % 64);
    if (cpumask_has(m, me))
        tlb_flush_local();
    flush_others(&others);
}

/* Leave a page's address at each; one that has another gets a full flush. */
void tlb_flush_page_cpus(const struct cpumask *m, unsigned long va)
{
    unsigned long want = (va & PAGE_MASK) | 1;
    struct cpumask full = { 0 };
    unsigned int me = this_cpu_id();

    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned int i = 0; i < nr_cpus; i++) {
        unsigned long none = 0;

        if (!cpumask_has(m, i) || i == me)
            continue;
        if (__atomic_compare_exchange_n(&cpus[i].tlb_page, &none, want, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            cpu_kick(i);
        else
            cpumask_add(&full, i);
    }
    if (cpumask_has(m, me))
        invlpg(va);
    flush_others(&full);
    for (unsigned int i = 0; i < nr_cpus; i++)
        while (cpumask_has(m, i) && i != me && !cpumask_has(&full, i) &&
               cpu_online(i) &&
               __atomic_load_n(&cpus[i].tlb_page, __ATOMIC_ACQUIRE) == want)
            spin_relax();
}

/*
 * This CPU is always one of them: it may have reached @d's frames through
 * foreign mappings.
 */
void tlb_flush_domain(const struct domain *d)
{
    struct cpumask m = { 0 };

    tlb_flush_local();
    if (others_with(d, &m))
        flush_others(&m);
}

void tlb_flush_page_domain(const struct domain *d, unsigned long va)
{
    struct cpumask m = { 0 };

    invlpg(va);
    if (others_with(d, &m))
        tlb_flush_page_cpus(&m, va);
}
