/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Putting a dead domain aside, so that its guest can be built anew. */
#ifndef PELD_RENAME_H
#define PELD_RENAME_H

#include <stdint.h>

struct pel_config;
struct pel_ctx;

/**
 * rename_away - keep a dead domain under another name and UUID
 * @ctx:    context
 * @domid:  domain that has shut down
 * @cfg:    its configuration
 *
 * Its devices are removed: the new domain needs them.  It is called
 * NAME-YYYYMMDDThhmmssZ, has a new UUID, and is nobody's to act on any more.
 * May be repeated when it was cut short.
 * Returns: 0 or a negative PEL_E*.
 */
int rename_away(struct pel_ctx *ctx, uint32_t domid,
                const struct pel_config *cfg);

/**
 * rename_uuid - give a domain a new UUID in the hypervisor
 * @ctx:    context
 * @domid:  domain
 * @uuid:   16 bytes
 *
 * Returns: 0; -PEL_ENOMEM; -PEL_EHYPER.
 */
int rename_uuid(struct pel_ctx *ctx, uint32_t domid, const uint8_t *uuid);

#endif
