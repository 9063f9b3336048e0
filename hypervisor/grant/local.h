/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to grant/: the table of a domain and what the files share. */
#ifndef GRANT_LOCAL_H
#define GRANT_LOCAL_H

#include <hv/domain.h>
#include <hv/grant.h>
#include <hv/hcall.h>
#include <hv/lock.h>
#include <hv/types.h>

#define GRANTS_PER_FRAME (PAGE_SIZE / sizeof(struct grant_entry_v1))
#define MAPS_PER_PAGE (PAGE_SIZE / sizeof(struct maptrack))
#define GRANT_MAX_FRAMES 4096U
#define MAPTRACK_MAX_PAGES 65536U

/*
 * One entry as the hypervisor sees it, beside the guest's own.
 *
 * INVARIANT GR-1: while readers + writers > 0, one reference of @mfn is held,
 * and GTF_reading is set in the guest's entry; while writers > 0 also one
 * writable type reference, and GTF_writing.
 */
struct active {
    uint32_t mfn;
    domid_t domid;    /* who uses it */
    uint16_t readers; /* mappings and copies, read-only */
    uint16_t writers; /* and those that may write */
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
    struct lock lock; /* LR_GRANT: growth, the list of free handles */
    unsigned int max_frames, nr_frames;
    struct grant_entry_v1 **shared; /* nr_frames pages, guests write them */
    struct active **active;         /* as many arrays beside them */
    unsigned int max_maps, nr_maps; /* in pages */
    struct maptrack **maps;
    uint32_t free_handle;  /* HANDLE_NONE: none */
    uint32_t nr_mapped;    /* handles in use */
    uint32_t release_next; /* grant_domain_release_maps() goes on here */
};

static inline struct grant_entry_v1 *grant_shared(const struct grant_table *t,
                                                  grant_ref_t ref)
{
    return &t->shared[ref / GRANTS_PER_FRAME][ref % GRANTS_PER_FRAME];
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

/**
 * grant_pin - use entry @ref of @owner on behalf of domain @user
 * @out: set to its frame on success
 *
 * Counts it as in use until grant_unpin() with the same @read_only.
 * Returns: GNTST_okay; GNTST_bad_gntref beyond the table;
 * GNTST_general_error not granted to @user, or read-only, or the frame is
 * not @owner's or in use as a page table; GNTST_no_space used too often.
 */
int grant_pin(struct domain *owner, grant_ref_t ref, domid_t user,
              bool read_only, mfn_t *out);
void grant_unpin(struct domain *owner, grant_ref_t ref, bool read_only);

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

#endif
