/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing an image anew from the records of another. */
#ifndef PEL_SNAPSHOT_COPY_IMAGE_H
#define PEL_SNAPSHOT_COPY_IMAGE_H

#include <pel/stream.h>

/**
 * copy_record - write what was read
 * @rec: END: with a sum of its own before it
 */
int copy_record(struct pel_image_writer *w, const struct pel_image_reader *r,
                const struct pel_image_record *rec);

#endif
