/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: bytes with a checksum, so that what is whole can be told. */
#ifndef STORE_FRAME_H
#define STORE_FRAME_H

#include <stddef.h>
#include <stdint.h>

enum frame_kind {
    FRAME_ORIGIN = 1,   /* first in a file: which boot of the machine */
    FRAME_SNAPSHOT,     /* records: a part of the state */
    FRAME_SNAPSHOT_END, /* empty: all parts are there */
    FRAME_LOG,          /* records: what one round of the store did */
    NR_FRAME_KINDS,
};

/* As it stands in the file, before its body. */
struct frame_head {
    uint32_t magic;
    uint32_t kind;
    uint64_t seq; /* one more than the frame's before it */
    uint32_t len; /* bytes of body */
    uint32_t body_sum;
    uint32_t zero;
    uint32_t head_sum; /* of all above */
};

/* A frame that was found. */
struct frame {
    enum frame_kind kind;
    uint64_t seq;
    const char *body;
    size_t len;   /* bytes of body */
    size_t start; /* offset of its head */
};

/** frame_seal - fill in the head of a frame with that body */
void frame_seal(struct frame_head *head, enum frame_kind kind, uint64_t seq,
                const void *body, uint32_t len);

/**
 * frame_find - the first whole frame
 * @data: what a file holds, @len bytes, untrusted
 * @from: where to look from; what is damaged is passed over
 * @out:  set to the frame
 *
 * Returns: the offset behind the frame; 0 there is none.
 */
size_t frame_find(const char *data, size_t len, size_t from, struct frame *out);

#endif
