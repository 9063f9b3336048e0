/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the domain builder handed over, and what is made of it first. */
#ifndef PV_START_H
#define PV_START_H

#include <stdbool.h>
#include <xen/xen.h>

/** pv_start_info, pv_shared_info - after pv_start() */
extern struct start_info *pv_start_info;
extern struct shared_info *pv_shared_info;

/**
 * pv_start - console, shared_info, memory, traps, in this order
 *
 * Ends the domain with a message if something is missing.
 */
void pv_start(struct start_info *si);

/**
 * pv_map_shared, pv_unmap_shared - shared_info, by the number in start_info
 *
 * pv_start() maps it; between the two calls nothing may look at it.
 */
long pv_map_shared(void);
void pv_unmap_shared(void);

/** pv_is_dom0 - whether we are the initial domain */
bool pv_is_dom0(void);

/** pv_word - value of the command line's word KEY=VALUE, or KEY alone: "" */
const char *pv_word(const char *key, char *buf, unsigned int size);

#endif
