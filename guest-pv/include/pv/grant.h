/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Grants, version 1. */
#ifndef PV_GRANT_H
#define PV_GRANT_H

#include <stdint.h>
#include <xen/grant_table.h>

/** First entry for tests: the lowest ones belong to the tools. */
#define GRANT_FIRST 16

/** grant_init - map the first frame of our table; 0 or a negative number */
long grant_init(void);

/** grant_entry - entry @ref of it, shared with the hypervisor */
volatile struct grant_entry_v1 *grant_entry(grant_ref_t ref);

/** grant_allow - let @domid use @page; @flags: GTF_readonly or 0 */
void grant_allow(grant_ref_t ref, domid_t domid, const void *page,
                 uint16_t flags);

/** grant_revoke - withdraw it; nobody uses it any more */
void grant_revoke(grant_ref_t ref);

#endif
