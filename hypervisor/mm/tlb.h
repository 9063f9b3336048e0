/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The clock of stale translations.  It ticks with every full flush.  A frame
 * that loses its last use notes the time; before it gets a new kind of use,
 * each CPU must have flushed later than that.
 */
#ifndef MM_TLB_H
#define MM_TLB_H

#include <hv/cpu.h>
#include <hv/frame.h>

extern uint32_t tlb_clock;
extern uint32_t tlb_time[NR_CPUS]; /* of each CPU's last full flush */

/* Note that translations of @f may be cached until after now. */
static inline void tlb_note(struct frame *f)
{
    f->tlb_stamp = __atomic_load_n(&tlb_clock, __ATOMIC_RELAXED);
}

/* tlb_note_flushed - this CPU has just lost all guest translations (CR3) */
void tlb_note_flushed(void);

/* tlb_flush_stale - flush where a translation of @stamp may still be cached */
void tlb_flush_stale(uint32_t stamp);

/* tlb_flush_cpus, tlb_flush_page_cpus - @mask: bits of CPU numbers */
void tlb_flush_cpus(uint64_t mask);
void tlb_flush_page_cpus(uint64_t mask, unsigned long va);

#endif
