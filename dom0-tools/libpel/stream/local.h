/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that read an image share. */
#ifndef PEL_STREAM_LOCAL_H
#define PEL_STREAM_LOCAL_H

#include <pel/ctx.h>
#include <pel/stream.h>
#include "format.h"

/* Every way of saying that the bytes are wrong. */
#define damaged(r, fmt, ...)                                                   \
    pel_fail((r)->ctx, PEL_EFORMAT, "the image is damaged: " fmt, ##__VA_ARGS__)

/**
 * record_check - whether this record may come now and looks as it should
 * @len: bytes of the body
 * @out: type and body set; gets the rest, and pages add to the sum
 * Returns: 0; -PEL_EFORMAT; -PEL_ENOTSUP
 */
int record_check(struct pel_image_reader *r, size_t len,
                 struct pel_image_record *out);

#endif
