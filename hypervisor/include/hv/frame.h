/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame table: who owns each frame of RAM, how often it is referenced,
 * and as what type it is in use (design D4).
 */
#pragma once

#include <hv/layout.h>
#include <hv/types.h>
#include <x86/pte.h>
#include <xen/xen.h>

struct domain;

enum page_type {
    PT_NONE,
    PT_L1,
    PT_L2,
    PT_L3,
    PT_L4,
    PT_SEGDESC,
    PT_WRITABLE,
    NR_PAGE_TYPES
};

/*
 * One frame of RAM.  ref: count (bits 0-31), owner's domain id (32-47),
 * flags (48-63); one compare-and-swap checks the owner and counts.
 * type: see mm/ptype.c; of a free frame, whose bytes are in it (buddy.c).
 */
struct frame {
    uint64_t ref;
    uint64_t type;
    uint32_t next, prev; /* frame numbers: owner's page list, or free list */
    uint32_t aux;        /* table: entries validated so far */
    uint32_t tlb_stamp;
};

#define FRAME_NONE 0xffffffffU

/* struct frame.ref */
#define REF_COUNT_MAX 0xfffffffeU
#define REF_OWNER_SHIFT 32
#define REF_ALLOC (1UL << 48)  /* one count is the owner's allocation */
#define REF_SHARED (1UL << 49) /* a page of ours that a domain may map */
#define REF_DOOMED (1UL << 50) /* shared, to be freed with the last count */
#define REF_RAM (1UL << 51)    /* never changes after boot */
#define REF_FREE (1UL << 52)   /* first frame of a block on a free list */
#define REF_DIRTY (1UL << 53)  /* that block has not been scrubbed */
#define REF_ZOMBIE (1UL << 54) /* its dying owner left it; others hold it */
#define REF_ORDER_SHIFT 56     /* of that free block */

/* Owners that are no domain: free or never RAM; hypervisor's own; shared */
#define OWNER_FREE DOMID_INVALID
#define OWNER_HV 0x7ffbU
#define OWNER_SHARED DOMID_XEN

/* Type word of a free frame: 0 scrubbed, the domain's serial, or ours */
#define LEFT_BY_US 1UL

/* A frame that nobody has, on a free list or on its way there */
#define REF_UNUSED (REF_RAM | (uint64_t)OWNER_FREE << REF_OWNER_SHIFT)

#define frame_table ((struct frame *)FRAMES_BASE)
extern unsigned long max_mfn; /* one above the highest frame of RAM */

static inline struct frame *frame_of(mfn_t m) { return &frame_table[mfn_x(m)]; }

/* frame_valid - is @m RAM, so that frame_of() may be used? */
static inline bool frame_valid(mfn_t m)
{
    return mfn_x(m) < max_mfn && (frame_of(m)->ref & REF_RAM);
}

static inline mfn_t frame_mfn(const struct frame *f)
{
    return mfn(f - frame_table);
}

/* The hypervisor's own view of a frame of RAM. */
static inline void *mfn_to_virt(mfn_t m)
{
    return (void *)(DIRECT_BASE + (mfn_x(m) << PAGE_SHIFT));
}

static inline mfn_t virt_to_mfn(const void *p)
{
    return mfn(((unsigned long)p - DIRECT_BASE) >> PAGE_SHIFT);
}

/**
 * frame_get - take a reference of frame @m for use on behalf of @d
 *
 * Returns: true; false: not RAM, not owned by @d, or being freed.
 */
bool frame_get(mfn_t m, const struct domain *d);

/* frame_put - drop a reference; the last one returns the page to the heap */
void frame_put(mfn_t m);

/**
 * frame_info - what frame @m of domain @owner is used as (getpageframeinfo)
 * @type, @pinned: set on success; PT_NONE while no typed use exists
 *
 * A snapshot, stale when it is read.  Returns: true; false: not RAM or not
 * owned by @owner.
 */
bool frame_info(mfn_t m, domid_t owner, enum page_type *type, bool *pinned);

/* frame_owner - owner's id, OWNER_* or DOMID_INVALID (racy without a ref) */
domid_t frame_owner(mfn_t m);

/**
 * frame_get_type - use frame @m as @want; the caller holds a reference of it
 *
 * Validates (preemptibly) if it is a new use.  Returns: 0; -EINVAL it is in
 * use as another type or does not validate; -ERESTART preempted: nothing is
 * held, call again.
 */
int frame_get_type(mfn_t m, enum page_type want);

/* frame_put_type - the reverse; with @preemptible may return -ERESTART */
int frame_put_type(mfn_t m, bool preemptible);

/* frame_get_with_type - frame_get() and frame_get_type() in one */
int frame_get_with_type(mfn_t m, const struct domain *d, enum page_type want);
void frame_put_with_type(mfn_t m);

/**
 * frame_share - make a page of ours, from heap_alloc(0), mappable by @d
 * @read_only: @d may never map it writable
 *
 * @d becomes its owner for look-ups, and stays until mm_domain_relinquish()
 * or heap_free(), whichever comes first.  heap_free() of a shared page frees
 * it when the last mapping is gone.  @d is kept as long as such pages exist.
 */
void frame_share(mfn_t m, struct domain *d, bool read_only);
