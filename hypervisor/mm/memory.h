/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of memory_op: one handler for each sub-operation. */
#pragma once

#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <xen/memory.h>

/*
 * Extents done so far stand in the command above these bits, as the ABI has
 * it: a call that is restarted goes on there.
 */
#define MEMOP_EXTENT_SHIFT 6
#define MEMOP_CMD_MASK ((1UL << MEMOP_EXTENT_SHIFT) - 1)

/* @u: the guest's argument; h->arg[0] is changed to go on after -ERESTART. */
typedef long memory_fn(struct hcall *h, unsigned long u);

memory_fn memory_reservation; /* increase, decrease, populate */
memory_fn memory_exchange;
memory_fn memory_map_get, memory_map_machine, memory_map_set;

/**
 * memory_target - the domain @id of a memory call
 *
 * Returns: 0 with a reference in *@d; -ESRCH; -EPERM another domain's, and
 * the caller may not.
 */
int memory_target(struct hcall *h, domid_t id, struct domain **d);

/* Largest extent that @caller may ask for: 2^order pages. */
static inline unsigned int memory_max_order(const struct domain *caller)
{
    return caller->control ? 12 : 9;
}
