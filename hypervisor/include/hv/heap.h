/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: pages and small objects. */
#pragma once

#include <hv/types.h>

struct domain;

/* heap_init - take over all RAM of the memory map that boot does not use */
void heap_init(void);

/* heap_add_range - physical bytes that boot no longer uses; unaligned ends */
void heap_add_range(uint64_t start, uint64_t end);

/**
 * heap_alloc - 2^@order contiguous pages for the hypervisor, zeroed
 *
 * Returns: virtual address in the direct map, or NULL.
 */
void *heap_alloc(unsigned int order);
void heap_free(void *p, unsigned int order);

/* heap_order - the smallest order whose pages hold @bytes */
static inline unsigned int heap_order(size_t bytes)
{
    unsigned int order = 0;

    while (PAGE_SIZE << order < bytes)
        order++;
    return order;
}

/* hv_alloc - @size zeroed bytes (up to 4096), aligned to 16; NULL if out */
void *hv_alloc(size_t size);
void hv_free(void *p);

/**
 * heap_alloc_domain - 2^@order contiguous scrubbed pages for domain @d
 * @max_bits: highest machine address bit + 1, 0 for any
 *
 * Counted against d->max_pages; each page starts with the domain's
 * allocation reference.  Returns: first frame, or MFN_INVALID.
 */
mfn_t heap_alloc_domain(struct domain *d, unsigned int order,
                        unsigned int max_bits);

/**
 * heap_claim - set pages aside, so that @d can have @pages in total
 * @pages: 0 gives back what is left of the claim
 *
 * Nobody else can allocate them; the domain's own allocations use them up.
 * Returns: 0; -EINVAL there is a claim, or @pages is no more than it has, or
 * over its limit, or it is dying; -ENOMEM.
 */
int heap_claim(struct domain *d, unsigned long pages);

/* heap_claimed_pages - set aside in all, for physinfo */
unsigned long heap_claimed_pages(void);

/* heap_free_pages, heap_total_pages - for physinfo */
unsigned long heap_free_pages(void);
unsigned long heap_total_pages(void);

/* heap_scrub_some - scrub in the idle loop; true if there is more to do */
bool heap_scrub_some(void);
