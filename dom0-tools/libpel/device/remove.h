/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding a guest's devices in the store, and removing them. */
#ifndef PEL_DEVICE_REMOVE_H
#define PEL_DEVICE_REMOVE_H

#include "local.h"

/**
 * devices_list - every device that a guest has nodes of
 * @s:      store
 * @domid:  guest
 * @out:    set to an array for free(); NULL when there is none
 * @nr:     set to its entries
 *
 * A device counts when any of its three folders exists.
 * Returns: 0; -ENOMEM; an error of the store.
 */
int devices_list(struct pel_store *s, uint32_t domid, struct device **out,
                 size_t *nr);

/**
 * devices_open - the same, with the store and messages
 * @ctx:    context
 * @domid:  guest
 * @s:      set to the store
 * @out:    as devices_list()
 * @nr:     as devices_list()
 *
 * Returns: 0; -PEL_ENOMEM; -PEL_ESTORE.
 */
int devices_open(struct pel_ctx *ctx, uint32_t domid, struct pel_store *s,
                 struct device **out, size_t *nr);

/**
 * devices_each - do something with each device of a guest, until one fails
 * @timeout_ms:  for all of them together
 * @fn:          returns 0 or an error; @deadline_ns as of pel_store_now_ns()
 *
 * Returns: what @fn did; -PEL_ENOMEM; -PEL_ESTORE.
 */
int devices_each(struct pel_ctx *ctx, uint32_t domid, int timeout_ms,
                 int (*fn)(struct pel_ctx *ctx, struct pel_store *s,
                           const struct device *dev, uint64_t deadline_ns));

/**
 * device_remove - remove one device by force
 * @ctx:  context
 * @s:    store
 * @dev:  device
 *
 * Returns: 0; -PEL_ETIMEDOUT its back end holds on; -PEL_ESTORE.
 */
int device_remove(struct pel_ctx *ctx, struct pel_store *s,
                  const struct device *dev);

#endif
