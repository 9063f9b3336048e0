/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A container around an image: its bytes in blocks, each compressed by zstd,
 * with a sum for each of its pages.  Pure: bytes come and go by callbacks.
 *
 *     "PelPack1"
 *     blocks:  u32 bytes of the image in it (1 to PACK_BLOCK), all of them
 *              full but the last; u32 bytes that follow the sums; u64 for each
 *              4,096 bytes of the image, pel_page_hash() of them, filled up
 *              with zeros; the bytes
 *     the end: two u32 that are 0, u64 bytes of the whole image
 *
 * All numbers are little-endian.
 */
#ifndef PEL_PACK_H
#define PEL_PACK_H

#include <pel/stream.h>

#define PACK_BLOCK (1u << 20) /* bytes */

struct pel_packer;
struct pel_unpacker;

/**
 * pel_pack_begin - a container that is written through a callback
 * @out: for pel_pack_end() in any case
 */
int pel_pack_begin(struct pel_ctx *ctx, pel_write_fn *write, void *arg,
                   struct pel_packer **out);

/** pel_pack_write - a pel_write_fn; @arg: the packer */
int pel_pack_write(void *arg, const void *buf, size_t len);

/** pel_pack_finish - the last block and the end */
int pel_pack_finish(struct pel_packer *p);

/** pel_pack_end - free; NULL is nothing */
void pel_pack_end(struct pel_packer *p);

/**
 * pel_unpack_begin - find out whether it is a container, and undo it
 * @out: for pel_unpack_end() in any case
 *
 * What is none comes through as it is.
 */
int pel_unpack_begin(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                     struct pel_unpacker **out);

/**
 * pel_unpack_read - a pel_read_fn; @arg: the unpacker
 * Returns: 0; -PEL_EFORMAT damaged, with the page; what the callback says
 */
int pel_unpack_read(void *arg, void *buf, size_t len);
void pel_unpack_end(struct pel_unpacker *u);

#endif
