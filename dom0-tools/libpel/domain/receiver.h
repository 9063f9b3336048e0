/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Receiving a guest: memory as it comes, in any number of rounds; all that
 * hangs together is kept until the end, and then put into its place.
 */
#ifndef PEL_DOMAIN_RECEIVER_H
#define PEL_DOMAIN_RECEIVER_H

#include <pel/stream.h>
#include "guest_memory.h"
#include "local.h"

/* What came for one vCPU; NULL: nothing. */
struct received_vcpu {
    struct {
        void *p;
        size_t len;
    } part[4]; /* registers, callbacks, FPU, MSRs */
};

enum { PART_BASIC, PART_EXTENDED, PART_XSAVE, PART_MSRS };

struct receiver {
    struct pel_ctx *ctx;
    uint32_t domid;
    const struct pel_config *cfg;
    struct pel_image_reader *r;
    bool (*stop)(void);
    uint64_t last;   /* pfn; NO_FRAME until the list of pages came */
    uint64_t *p2m;   /* frame of each pfn up to @last, or NO_FRAME */
    uint32_t *types; /* XEN_DOMCTL_PFINFO_*, and TYPE_WRITTEN */
    size_t nr_lists;
    uint64_t *lists; /* pfns of the guest's own list */
    struct shared_info *shared;
    struct pel_image_tsc tsc;
    void *leaves, *msrs; /* CPU policy */
    uint32_t nr_leaves, nr_msrs;
    struct received_vcpu vcpus[PEL_IMAGE_VCPUS];
    struct shared_pages pages; /* for the daemons; set at the end */
};

#define TYPE_WRITTEN 1u /* has had bytes that were not zero */

/**
 * receiver_memory - take one PAGE_DATA record
 * Returns: 0; -PEL_ENOSPC the host is full; -PEL_EFORMAT
 */
int receiver_memory(struct receiver *v, const struct pel_image_record *rec);

/** receiver_records - everything up to the stream's end */
int receiver_records(struct receiver *v);

/** receiver_finish - the guest is whole, pinned and ready to run */
int receiver_finish(struct receiver *v);

void receiver_free(struct receiver *v);

#endif
