/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory of a guest as its saver sees it: which frame is which of its
 * pages.  Taken from the guest's own list, which is believed only as far as
 * it is consistent.
 */
#ifndef PEL_DOMAIN_GUEST_MEMORY_H
#define PEL_DOMAIN_GUEST_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

struct pel_ctx;

#define NO_FRAME UINT64_MAX

struct guest_memory {
    struct pel_ctx *ctx;
    uint32_t domid;
    struct shared_info *shared; /* a copy, one page */
    uint64_t nr_pfns;
    xen_pfn_t *p2m; /* frame of each pfn, or NO_FRAME */
    uint64_t nr_mfns;
    uint32_t *m2p; /* pfn + 1 of each frame; 0: not the guest's */
    size_t nr_lists;
    uint64_t *lists; /* pfns of the pages that hold the guest's list */
};

/**
 * guest_memory_read - find out; the guest should stand still, or the answer
 * is of a moment that has passed
 * @m: guest_memory_free() it in any case
 * Returns: 0; -PEL_ENOTSUP a guest that keeps no list; -PEL_EFORMAT
 */
int guest_memory_read(struct pel_ctx *ctx, uint32_t domid,
                      struct guest_memory *m);
void guest_memory_free(struct guest_memory *m);

/**
 * guest_pfns_check - whether dom0 has room to follow so many pages
 * @nr_pfns:  what a guest or an image says of itself, up to PEL_IMAGE_PFNS
 * @nr_pages: as many as it may have
 *
 * One that has about as many is believed, and so is one that was larger once
 * if dom0 has room; else a few pages that stand for many would take all of
 * dom0's memory.
 * Returns: 0; -PEL_EFORMAT
 */
int guest_pfns_check(struct pel_ctx *ctx, uint64_t nr_pfns, uint64_t nr_pages);

/**
 * guest_frames_map - map frames of a guest here
 * @prot: PROT_*
 * Returns: 0; -PEL_EHYPER
 */
int guest_frames_map(struct pel_ctx *ctx, uint32_t domid, int prot,
                     const xen_pfn_t *mfns, size_t nr, void **out);
void guest_frames_unmap(struct pel_ctx *ctx, void *p, size_t nr);

#endif
