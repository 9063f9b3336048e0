/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes a clone somebody else. */
#ifndef PEL_SNAPSHOT_CLONE_H
#define PEL_SNAPSHOT_CLONE_H

#include <stdbool.h>
#include <pel/config.h>

/** clone_name_check - -PEL_EINVAL; -PEL_EEXIST: somebody is called so */
int clone_name_check(struct pel_ctx *ctx, const char *newname);

struct pel_clone;

/** clone_identity - its own name, UUID and MAC addresses, or no NICs at all */
int clone_identity(struct pel_ctx *ctx, struct pel_config *cfg,
                   const struct pel_clone *how);

/**
 * clone_disk - where its copy of a disk is
 * @disk: gets the new target
 * @path: the same, malloc'ed
 * Returns: 0; -PEL_EEXIST there is such a file already; -PEL_ENOTSUP there is
 *          no place beside a block device; -PEL_EIO no such folder
 */
int clone_disk(struct pel_ctx *ctx, struct pel_disk *disk,
               const struct pel_clone *how, char **path);

#endif
