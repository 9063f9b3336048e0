/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a guest as a stream.  Pages may be sent in several rounds; the
 * state comes last, once the guest stands still.
 */
#ifndef PEL_DOMAIN_SENDER_H
#define PEL_DOMAIN_SENDER_H

#include <pel/stream.h>
#include "guest_memory.h"

struct sender {
    struct pel_ctx *ctx;
    uint32_t domid;
    struct pel_image_writer w; /* callback set by the caller */
    struct guest_memory mem;
    uint64_t *tables;   /* room to translate a batch of page tables */
    bool (*stop)(void); /* asked now and then; NULL: never */
};

/**
 * sender_begin - headers, CPU policy, where the list of pages is
 * @s:      ctx, domid, writer and stop set, else zero; sender_end() it
 * @config: for the header
 */
int sender_begin(struct sender *s, const char *config);

/**
 * sender_pages - one record of pages
 * @pfns: up to PEL_BATCH_PAGES; those that the guest does not have are left
 *        out
 * Returns: 0; -PEL_EFORMAT a page table names a frame of somebody else
 */
int sender_pages(struct sender *s, const uint64_t *pfns, size_t nr);

/** sender_all_pages - every page that the guest has; -PEL_ESTATE: stopped */
int sender_all_pages(struct sender *s);

/** sender_state - registers, shared_info and the end of the stream */
int sender_state(struct sender *s);

void sender_end(struct sender *s);

#endif
