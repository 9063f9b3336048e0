/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of tracking mode share; see track.c. */
#pragma once

#include <hv/lock.h>
#include <hv/track.h>

#include "dirty_log.h"
#include "local.h"

struct track {
    struct lock lock; /* LR_TRACK: shadow tables, and all below to nr_faults */
    struct domain *domain;
    uint32_t used, unused; /* lists of frames: shadows, and pages for more */
    uint32_t nr_pages;     /* of both lists, and the roots */
    uint32_t min_pages, max_pages;
    uint32_t nr_faults;

    struct dirty_log log;
    unsigned int log_order;
    unsigned long scan_at; /* frame at which track_scan() goes on */
    bool starting;         /* track_enable() is to be called again */
    mfn_t root[][2];       /* of each vCPU: for user and for kernel mode */
};

static inline pte_t *table_of(mfn_t m) { return mfn_to_virt(m); }

/* The shadow of a valid table; 0 is none, for frame 0 is never one. */
static inline mfn_t shadow_of(const struct frame *table)
{
    return mfn(__atomic_load_n(&table->aux, __ATOMIC_RELAXED));
}

/* Is @m a frame of RAM that @d owns? */
static inline bool track_owns(const struct domain *d, mfn_t m)
{
    return frame_valid(m) && ref_owner(load64(&frame_of(m)->ref)) == d->id;
}

/* May @m be written unseen: it is not @t's, has no bit, or its bit is set? */
static inline bool track_known_dirty(const struct track *t, mfn_t m)
{
    return !track_owns(t->domain, m) || dirty_log_has(&t->log, m2p_get(m));
}

/* The guest's slots of a root become empty. */
static inline void track_root_clear(mfn_t root)
{
    memset(table_of(root), 0, HV_L4_FIRST * sizeof(pte_t));
    memset(table_of(root) + HV_L4_LAST + 1, 0,
           (PT_ENTRIES - 1 - HV_L4_LAST) * sizeof(pte_t));
}

/* track_pool_grow - one more page, within the limit; false: none.  Locked. */
bool track_pool_grow(struct track *t);

/* track_drop_all - nothing is shadowed any more.  Locked, or @t is unused. */
void track_drop_all(struct track *t);
