/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grant tables: pages that domains lend to each other (grant/). */
#pragma once

#include <hv/mm.h>
#include <hv/types.h>
#include <xen/grant_table.h>

struct domain;

/**
 * grant_domain_init - an empty table, version 1
 * @max_frames:   limit of the table, in pages of 512 entries, at least 1
 * @max_maptrack: limit of what @d may map, in pages of 256 mappings
 * @max_version:  1 or 2
 *
 * Returns: 0; -EINVAL a limit that is too high; -ENOMEM.
 */
int grant_domain_init(struct domain *d, unsigned int max_frames,
                      unsigned int max_maptrack, unsigned int max_version);

/**
 * grant_domain_release_maps - drop all that @d has mapped
 *
 * @d does not run any more.  Its page tables may still hold references of
 * their own.  Returns: 0; -ERESTART to go on.
 */
int grant_domain_release_maps(struct domain *d);

/* grant_domain_destroy - free the table; no mapping of it is left */
void grant_domain_destroy(struct domain *d);

/**
 * grant_frame - frame @idx of @d's grant table, growing it if need be
 * @status: its status pages instead
 *
 * Returns: 0; -EINVAL over the limit, @d is dying, or its table has version 1
 * and so no status; -ENOMEM.
 */
int grant_frame(struct domain *d, bool status, unsigned int idx, mfn_t *out);

/**
 * grant_list_frames - write the numbers of @nr of them, from @first on
 * @u_list: guest address of an array of xen_pfn_t
 *
 * Returns: as grant_frame(); -EFAULT.
 */
int grant_list_frames(struct domain *d, bool status, unsigned int first,
                      unsigned int nr, unsigned long u_list);

/* grant_max_frames - how many of them, or status pages, @d may have */
unsigned int grant_max_frames(const struct domain *d, bool status);

void grant_dump(void); /* debug key */

/* grant_audit - the frames that grants of @d hold, for mm_audit() */
void grant_audit(const struct domain *d, audit_count_fn *count);
