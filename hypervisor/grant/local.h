/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to grant/: the table of a domain and what the files share. */
#pragma once

#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/hcall.h>
#include <hv/lock.h>
#include <hv/nospec.h>
#include <hv/types.h>

#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define GRANTS_PER_FRAME_V2 (PAGE_SIZE / sizeof(union grant_entry_v2))
#define MARKS_PER_STATUS (PAGE_SIZE / sizeof(grant_status_t))
#define FRAMES_PER_STATUS (MARKS_PER_STATUS / GRANTS_PER_FRAME_V2)
#define MAPS_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))
#define GRANT_MAX_FRAMES 4096U
#define MAPTRACK_MAX_PAGES 65536U

/*
 * One entry as the hypervisor sees it, beside the guest's own.
 *
 * INVARIANT GR-1: while readers + writers > 0, one reference of @mfn is held,
 * and GTF_reading is set in the guest's entry (version 2: its status); while
 * writers > 0 also one writable type reference, and GTF_writing.
 */
struct active {
    uint32_t mfn;
    domid_t domid;    /* who uses it */
    uint16_t readers; /* mappings and copies, read-only */
    uint16_t writers; /* and those that may write */
    uint16_t start;   /* the part of the page, in bytes */
    uint16_t length;  /* PAGE_SIZE: all of it, and only then mapped */
    uint8_t held;     /* lock of all this, LR_GRANT_ENTRY */
};

/* One mapping that this domain has made; its index is the handle. */
struct maptrack {
    struct domain *owner; /* who granted, with a reference; NULL: free */
    uint32_t ref;         /* free: the next free one */
    uint16_t flags;       /* GNTMAP_host_map, device_map, readonly */
    uint16_t claims;      /* unmap operations on their way, see map.c */
};

#define HANDLE_NONE 0xffffffffU

struct grant_table {
    struct lock lock; /* LR_GRANT: growth, version, free handles */
    unsigned int max_frames, nr_frames;
    void **shared;          /* nr_frames pages, guests write them */
    struct active **active; /* as many arrays beside them */
    unsigned int nr_status;
    grant_status_t **status; /* enough pages for them, in version 2 */
    uint8_t version, max_version;
    bool switching; /* version changes: no entry may come into use */
    unsigned int max_maps, nr_maps; /* in pages */
    struct maptrack **maps;
    uint32_t free_handle;  /* HANDLE_NONE: none */
    uint32_t nr_mapped;    /* handles in use */
    uint32_t release_next; /* grant_domain_release_maps() goes on here */
};

static inline struct grant_entry_v1 *grant_v1(const struct grant_table *t,
                                              grant_ref_t ref)
{
    struct grant_entry_v1 *frame = t->shared[ref / GRANTS_PER_FRAME];

    return &frame[ref % GRANTS_PER_FRAME];
}

static inline union grant_entry_v2 *grant_v2(const struct grant_table *t,
                                             grant_ref_t ref)
{
    union grant_entry_v2 *frame = t->shared[ref / GRANTS_PER_FRAME_V2];

    return &frame[ref % GRANTS_PER_FRAME_V2];
}

static inline grant_status_t *grant_status(const struct grant_table *t,
                                           grant_ref_t ref)
{
    return &t->status[ref / MARKS_PER_STATUS][ref % MARKS_PER_STATUS];
}

static inline unsigned long grant_nr_entries(const struct grant_table *t)
{
    return t->nr_frames *
           (t->version == 1 ? GRANTS_PER_FRAME : GRANTS_PER_FRAME_V2);
}

/* grant_status_frames - status pages for @nr_frames frames */
static inline unsigned int grant_status_frames(unsigned int nr_frames)
{
    return DIV_UP(nr_frames, FRAMES_PER_STATUS);
}

static inline struct active *grant_active(const struct grant_table *t,
                                          grant_ref_t ref)
{
    return &t->active[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
}

/* maptrack_of - handle @h, below nr_maps * MAPS_PER_PAGE */
static inline struct maptrack *maptrack_of(const struct grant_table *t,
                                           uint32_t h)
{
    return &t->maps[h / MAPS_PER_PAGE][h % MAPS_PER_PAGE];
}

/* active_lock, active_release - LR_GRANT_ENTRY; several: lowest first */
void active_lock(struct active *a);
void active_release(struct active *a);

/* What an entry gives access to: bytes [start, start + length) of a frame. */
struct grant_use {
    mfn_t m;
    uint16_t start, length;
};

/**
 * grant_pin - use entry @ref of @owner on behalf of domain @user
 * @parts: a grant of a part of the page will do (version 2)
 * @out: set on success
 *
 * Counts it as in use until grant_unpin() with the same @read_only.
 * Returns: GNTST_okay; GNTST_bad_gntref beyond the table;
 * GNTST_general_error not granted to @user, or read-only, or transitive, or
 * the frame is not @owner's or in use as a page table; GNTST_no_space used
 * too often; GNTST_eagain @owner is changing its table's version.
 */
int grant_pin(struct domain *owner, grant_ref_t ref, domid_t user,
              bool read_only, bool parts, struct grant_use *out);
void grant_unpin(struct domain *owner, grant_ref_t ref, bool read_only);

/**
 * grant_set_version - change the layout of @d's table
 *
 * Clears all entries but the reserved ones.  Takes time in proportion to the
 * table's size, which the toolstack limits.  Returns: 0; -EINVAL no such
 * version; -ENOSYS not for this domain; -EBUSY an entry is in use; -ERANGE a
 * reserved entry that version 1 does not have; -ENOMEM.
 */
int grant_set_version(struct domain *d, unsigned int version);

/* maptrack_alloc - a free handle of @d, or HANDLE_NONE */
uint32_t maptrack_alloc(struct domain *d);

/* maptrack_free - the reverse; the owner's reference has been dropped */
void maptrack_free(struct domain *d, uint32_t handle);

/* The operations; each takes the whole call (grant_op.c). */
long grant_op_map(struct hcall *h);
long grant_op_unmap(struct hcall *h);
long grant_op_copy(struct hcall *h);

/**
 * grant_batch_next - after @n more elements of @size bytes: go on at once?
 *
 * Moves the call's arguments past them.  Returns: 0, or -ERESTART.
 */
long grant_batch_next(struct hcall *h, unsigned int n, size_t size);
