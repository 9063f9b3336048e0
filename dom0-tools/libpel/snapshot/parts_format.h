/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file of parts: the magic number, then parts, all little-endian. */
#ifndef PEL_SNAPSHOT_PARTS_FORMAT_H
#define PEL_SNAPSHOT_PARTS_FORMAT_H

#include <stdint.h>

#define PARTS_MAGIC "PelPart1"
#define PARTS_MAGIC_BYTES 8

enum part_kind {
    PART_BYTES = 1, /* @nr bytes follow */
    PART_ZEROS = 2, /* @nr pages; nothing follows */
    PART_PAGES = 3, /* the sums of @nr pages follow */
};

struct part {
    uint32_t kind, nr;
};

#endif
