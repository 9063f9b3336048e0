/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of stale translations.  It ticks with every full flush.  A frame
 * that loses its last use notes the time; before it gets a new kind of use,
 * each CPU must have flushed later than that.
 */
#pragma once

#include <hv/cpu.h>
#include <hv/cpumask.h>
#include <hv/frame.h>

extern uint64_t tlb_clock;

/*
 * Note that translations of @f may be cached until after now.  A stamp only
 * goes forward: of two that drop their uses at once, the later one counts.
 * A full barrier stands between the write of the entry and this: with the time
 * read earlier, a CPU could flush, and read the old entry, after that time.
 */
static inline void tlb_note(struct frame *f)
{
    uint32_t now = (uint32_t)__atomic_load_n(&tlb_clock, __ATOMIC_ACQUIRE);
    uint32_t old = __atomic_load_n(&f->tlb_stamp, __ATOMIC_RELAXED);

    while ((int32_t)(now - old) > 0 &&
           !__atomic_compare_exchange_n(&f->tlb_stamp, &old, now, false,
                                        __ATOMIC_RELEASE, __ATOMIC_RELAXED))
        ;
}

/**
 * tlb_flush_stale - flush where a translation of @stamp may still be cached
 * @owner: of the frame, so that only its CPUs and those of domains that map
 *         others' frames matter; NULL: not known
 */
void tlb_flush_stale(uint32_t stamp, const struct domain *owner);

/* tlb_flush_block - the same for @nr frames from @f on, whoever had them */
void tlb_flush_block(const struct frame *f, unsigned long nr);

/* tlb_flush_cpus, tlb_flush_page_cpus - of what is loaded on these CPUs */
void tlb_flush_cpus(const struct cpumask *m);
void tlb_flush_page_cpus(const struct cpumask *m, unsigned long va);
