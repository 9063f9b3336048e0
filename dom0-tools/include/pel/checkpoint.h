/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images of guests for those who keep them elsewhere than in one file: the
 * parts of which pel_domain_save() and pel_domain_restore() are made.
 */
#ifndef PEL_CHECKPOINT_H
#define PEL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <pel/stream.h>

/**
 * pel_domain_hold - suspend a guest, do something, let it go on
 * @fn:  called once while the guest stands still; 0 or a PEL_E*
 * @arg: handed to @fn
 *
 * It goes on whatever fails, also if this process is killed.
 * Returns: 0; what @fn returned; errors of suspending, see pel_domain_save()
 */
int pel_domain_hold(struct pel_ctx *ctx, uint32_t domid, int (*fn)(void *arg),
                    void *arg);

/**
 * pel_domain_image_text - the configuration for an image's header
 * @override: in place of the guest's own; NULL: its own
 * @json:     malloc'ed
 */
int pel_domain_image_text(struct pel_ctx *ctx, uint32_t domid,
                          const struct pel_config *override, char **json);

/**
 * pel_domain_send - the image of a guest that stands still
 * @config: from pel_domain_image_text()
 * @stop:   asked now and then whether to give up; NULL: never
 */
int pel_domain_send(struct pel_ctx *ctx, uint32_t domid, const char *config,
                    pel_write_fn *write, void *arg, bool (*stop)(void));

/**
 * pel_domain_image_config - the configuration of an image that was opened
 * @cfg: empty; for pel_config_free() on success
 */
int pel_domain_image_config(struct pel_ctx *ctx,
                            const struct pel_image_reader *r,
                            struct pel_config *cfg);

/** pel_domain_receive - pel_domain_restore() from any source of bytes */
int pel_domain_receive(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                       const struct pel_config *override, bool (*stop)(void),
                       uint32_t *domid, char **name);

#endif
