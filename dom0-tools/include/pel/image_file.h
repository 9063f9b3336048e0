/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file that an image is written to.  Under its own name it is there whole
 * and safe on the disk, or not at all; also when this process is killed.
 */
#ifndef PEL_IMAGE_FILE_H
#define PEL_IMAGE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

#define IMAGE_FILE_BUFFER (256u << 10)

struct image_file {
    struct pel_ctx *ctx;
    const char *path;
    char *temp;    /* its name until it is complete */
    bool unnamed;  /* it has no name yet */
    bool in_place; /* a device or a pipe: no name to change */
    bool streams;  /* a pipe: there is no place to go to */
    int fd;
    uint64_t len;   /* bytes written, holes too */
    uint64_t at;    /* where what the buffer holds goes */
    uint64_t holes; /* bytes of zeros that take no room */
    bool ends_in_hole;
    uint8_t *buffer;
    size_t used;
};

/**
 * image_file_create - begin a file that will be @path
 * @f: image_file_abort() or image_file_commit() ends it
 * Returns: 0; -PEL_EIO
 */
int image_file_create(struct pel_ctx *ctx, const char *path,
                      struct image_file *f);

/** image_file_write - a pel_write_fn; zeros become a hole where that can be */
int image_file_write(void *arg, const void *buf, size_t len);

/** image_file_room - its pel_room_fn; @len: up to IMAGE_FILE_BUFFER */
int image_file_room(void *arg, size_t len, void **room);

/**
 * image_file_write_at - for one that is written in any order, and never
 * otherwise; image_file_write_end() comes last
 * @buf: NULL: zeros
 */
int image_file_write_at(struct image_file *f, uint64_t at, const void *buf,
                        uint64_t len);

/** image_file_write_end - it has @len bytes; those not written are a hole */
void image_file_write_end(struct image_file *f, uint64_t len);

/** image_file_commit - all on the disk, and under its name */
int image_file_commit(struct image_file *f);

/** image_file_abort - nothing stays; also of a file that was never begun */
void image_file_abort(struct image_file *f);

struct image_source {
    struct pel_ctx *ctx;
    const char *path;
    int fd;
    uint64_t at;
};

/** image_source_read - a pel_read_fn; says where a file is cut */
int image_source_read(void *arg, void *buf, size_t len);

#endif
