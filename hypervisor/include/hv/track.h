/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracking mode (design D5): a domain whose vCPUs run on shadow tables, so
 * that the hypervisor knows which of its pages were written.  What the rest
 * of the hypervisor has to tell it; docs/maintainers/tracking.md.
 */
#pragma once

#include <hv/frame.h>
#include <hv/types.h>

struct domain;
struct vcpu;
struct xen_domctl_shadow_op;

/* Domains in tracking mode.  Changes only while all other CPUs are held. */
extern unsigned int nr_tracked;

/* The parts of the inline functions that run only while something is tracked.
 */
void track_mark_frame(mfn_t m);
void track_l1_changed(struct frame *table, unsigned int index, pte_t new);
void track_table_changed(struct frame *table, enum page_type level,
                         unsigned int index);
void track_table_dropped(struct frame *table);

/* track_mark - the contents of @m, any frame number, have been changed */
static inline void track_mark(mfn_t m)
{
    if (unlikely(nr_tracked))
        track_mark_frame(m);
}

/**
 * track_l1 - slot @index of L1 table @table has become @new
 *
 * Between the write and the drop of what the old entry held.  Locks: the
 * table's is held.
 */
static inline void track_l1(struct frame *table, unsigned int index, pte_t new)
{
    if (unlikely(nr_tracked))
        track_l1_changed(table, index, new);
}

/* track_table - the same for a table of level L2 to L4; no lock is held */
static inline void track_table(struct frame *table, enum page_type level,
                               unsigned int index)
{
    if (unlikely(nr_tracked))
        track_table_changed(table, level, index);
}

/* track_drop - table @table, whose lock is held, is going to be invalid */
static inline void track_drop(struct frame *table)
{
    if (unlikely(nr_tracked))
        track_table_dropped(table);
}

/**
 * track_fault - a page fault of the current vCPU, whose domain is tracked
 * @va:  what was accessed, by the guest or on its behalf
 * @pec: error code; made what the guest's own tables would have given
 *
 * Takes the tracking lock.  Returns: true: dealt with, do the access again;
 * false: the guest's tables do not allow it either.
 */
bool track_fault(unsigned long va, uint32_t *pec);

/* track_base - @v has another base; returns its CR3 value, 0: no base */
unsigned long track_base(struct vcpu *v, bool user);

/**
 * track_enable - switch @d to tracking mode, its log empty
 *
 * Waits.  Returns: 0; -EINVAL it is tracked already, dying, has the machine's
 * devices, is the caller's own, or lacks vCPUs; -ENOMEM; -ERESTART.
 */
int track_enable(struct domain *d);

/* track_disable - and back; waits.  Returns: 0; -EINVAL it is not tracked */
int track_disable(struct domain *d);

/* track_destroy - the same for a domain that dies; 0 */
int track_destroy(struct domain *d);

/**
 * track_log - the log of @d: OP_CLEAN with @clean, else OP_PEEK
 * @op: dirty_bitmap (may be NULL) and pages; pages and stats are set
 *
 * Returns: 0; -EINVAL it is not tracked; -EFAULT; -ERESTART.
 */
int track_log(struct domain *d, struct xen_domctl_shadow_op *op, bool clean);

/* track_limit - most pages that its shadow tables may take; 0: by default */
uint32_t track_limit(const struct domain *d);

/* track_set_limit - change that; what is above it is given back at once */
void track_set_limit(struct domain *d, uint32_t pages);

/**
 * track_audit - does each shadow entry allow no more than the guest's own?
 * @report: called with the table's frame for each that does
 */
void track_audit(const struct domain *d,
                 void (*report)(const char *what, unsigned long m, uint64_t has,
                                uint64_t want));
