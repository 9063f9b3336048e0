/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files that copy disks share. */
#ifndef PEL_MIRROR_LOCAL_H
#define PEL_MIRROR_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pel/mirror.h>

/* ---- which blocks of a disk have to be sent -------------------------------
 */

#define BLOCK_SHIFT 16
#define BLOCK_BYTES (1u << BLOCK_SHIFT)

struct block_map {
    uint64_t size;   /* of the disk, in bytes */
    uint64_t nr;     /* blocks, the last one perhaps a part */
    uint64_t marked; /* of them */
    uint64_t next;   /* where block_map_take() goes on */
    uint64_t *words;
};

/**
 * block_map_init - a map without marks
 * @size: bytes of the disk
 * Returns: 0; -PEL_ENOMEM; block_map_free() it in any case
 */
int block_map_init(struct pel_ctx *ctx, struct block_map *m, uint64_t size);
void block_map_free(struct block_map *m);

/** block_map_mark - bytes from @from up to @to; what is outside is nothing */
void block_map_mark(struct block_map *m, uint64_t from, uint64_t to);

/** block_map_rewind - have block_map_take() begin at the first block again */
void block_map_rewind(struct block_map *m);

/**
 * block_map_take - the next marked bytes, which are not marked any more
 * @max: a multiple of BLOCK_BYTES; as many bytes at most
 *
 * A block that is marked behind the place where this is waits for the next
 * rewind.
 * Returns: false there are none up to the disk's end
 */
bool block_map_take(struct block_map *m, uint64_t max, uint64_t *from,
                    uint64_t *to);

/* ---- what the kernel tells of writes --------------------------------------
 */

/* Bytes of the device that somebody writes, or has written. */
struct io_event {
    uint64_t time_ns, from, to;
    bool done;
};

struct io_events {
    struct io_event *list; /* not looked at yet */
    size_t nr, room;
    struct io_event *open; /* begun, and not seen to end */
    size_t nr_open, room_open;
};

void io_events_free(struct io_events *e);

/**
 * io_events_add - events of writes out of a piece of the kernel's trace
 * @buf, @len: begins with an event; may end within one
 * @used:      set to the bytes of whole events
 * Returns: 0; -PEL_EFORMAT no trace; -PEL_ENOTSUP one of another version;
 *          -PEL_ENOMEM
 */
int io_events_add(struct pel_ctx *ctx, struct io_events *e, const void *buf,
                  size_t len, size_t *used);

/**
 * io_events_apply - mark what was written, in the order in which it was
 * @until_ns: events after that wait, as older ones of other CPUs may come
 * @base:     byte of the device where the disk begins
 *
 * A write is marked when it ends: who reads after that reads it.  Devices that
 * take requests apart (device-mapper) tell of the end of the last part alone,
 * so beginnings are kept to know all of it.
 * Returns: 0; -PEL_ENOMEM
 */
int io_events_apply(struct pel_ctx *ctx, struct io_events *e, uint64_t until_ns,
                    uint64_t base, struct block_map *m);

/** io_events_flush - mark what has begun, and was not seen to end */
void io_events_flush(struct io_events *e, uint64_t base, struct block_map *m);

/* ---- the kernel's tracing of one device -----------------------------------
 */

#define TRACE_NAME 32

struct trace;

/**
 * trace_begin - have the kernel tell of all I/O of a block device
 * @fd:    the device, which stays open until trace_end()
 * @whole: each request that ends is told of whole: beginnings, which are many
 *         times as much, are not wanted
 * Returns: 0; -PEL_ENOTSUP dom0's kernel cannot; -PEL_ESTATE somebody traces
 *          it already; -PEL_EIO
 */
int trace_begin(struct pel_ctx *ctx, int fd, const char *path, bool whole,
                struct trace **out);

/**
 * trace_read - mark what was written until now
 * @lost: set to true if the kernel had to leave out something
 */
int trace_read(struct trace *t, uint64_t base, struct block_map *m, bool *lost);

/** trace_read_last - the same of a device on which nothing is under way */
int trace_read_last(struct trace *t, uint64_t base, struct block_map *m,
                    bool *lost);

/** trace_end - end it; NULL is nothing */
void trace_end(struct trace *t);

/** trace_forget - end the trace of a process that was killed, if there is one
 */
void trace_forget(int fd);

/* ---- records --------------------------------------------------------------
 */

#define MIRROR_PIECE (1u << 20) /* most bytes of a record */
#define MIRROR_DISKS 64u
#define MIRROR_VDEV 16u /* bytes of a name, with its NUL */

enum mirror_op {
    MIRROR_DISK =
        1,       /* a disk of @length bytes; its name in the guest follows */
    MIRROR_DATA, /* bytes follow */
    MIRROR_ZERO, /* nothing but zeros there */
};

/* Little-endian, as all of the stream. */
struct mirror_head {
    uint32_t op, disk; /* disks count from 0, in the order of MIRROR_DISK */
    uint64_t offset, length;
    uint64_t reserved; /* 0 */
};

/**
 * mirror_check - whether a record is one, and lies within its disk
 * @body, @len: of the record
 * @sizes, @nr: of the disks that were announced so far
 * @head:       set
 * Returns: 0; -PEL_EFORMAT
 */
int mirror_check(struct pel_ctx *ctx, const void *body, size_t len,
                 const uint64_t *sizes, size_t nr, struct mirror_head *head);

/* ---- where disks go -------------------------------------------------------
 */

/* Endings of names, behind the migration's. */
#define PLACE_NEW ".new" /* what is not whole yet */
#define PLACE_OLD ".old" /* what it takes the place of */

/**
 * place_check - whether a disk may be at a path
 * @folder: what the admin has permitted: absolute
 * Returns: 0; -PEL_EINVAL no such path; -PEL_EACCES it is elsewhere
 */
int place_check(struct pel_ctx *ctx, const char *folder, const char *path);

/**
 * place_aside - the name beside @path of something that is not there for good
 * @id: of the migration
 * Returns: malloc'ed; NULL without memory
 */
char *place_aside(const char *path, const char *id, const char *ending);

/* Which file it is: the inode of one that was removed is soon another's. */
struct file_id {
    uint64_t dev, ino;
    uint64_t born_ns; /* 0: the file system does not say it */
};

/**
 * place_identify - of @fd, or, without following a link, of what is at @path
 * @path: NULL: @fd is meant
 * Returns: 0; -1 with errno
 */
int place_identify(int fd, const char *path, struct file_id *out);

/** place_sync_folder - names beside @path are durable; 0, or -1 with errno */
int place_sync_folder(const char *path);

/**
 * place_note - add one file to the list in the journal, or renew its line
 * @list, @size: a text; lines are "DEVICE INODE BORN PATH"
 * @id:          of the file that will be at @path; all 0: not made yet
 * Returns: 0; -PEL_EINVAL the list is full, or the path has a line's end in it
 */
int place_note(struct pel_ctx *ctx, char *list, size_t size, const char *path,
               const struct file_id *id);

#endif
