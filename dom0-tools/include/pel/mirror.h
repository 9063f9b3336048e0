/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copying the disks of a guest that runs, to another host or to a file: all of
 * them once, then what the guest has written meanwhile, which the kernel's
 * block tracing tells, and the rest when it stands still.
 */
#ifndef PEL_MIRROR_H
#define PEL_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_config;
struct pel_ctx;
struct pel_image_writer;

/* ---- the source -----------------------------------------------------------
 */

struct mirror_source;

/* Where bytes of disks go. */
struct mirror_sink {
    /*
     * @disk: counts those that were opened; @data: NULL for zeros; @from and
     * @len are multiples of 64 KiB, but @len at the end of a disk
     */
    int (*put)(void *arg, size_t disk, uint64_t from, const void *data,
               uint64_t len);
    void *arg;
    /* Called after each piece; what it returns ends all.  NULL: nothing. */
    int (*per_piece)(void *arg);
    void *piece_arg;
};

/**
 * mirror_put_record - put() of a sink whose @writer is a pel_image_writer
 */
int mirror_put_record(void *writer, size_t disk, uint64_t from,
                      const void *data, uint64_t len);

/**
 * mirror_begin - open the disks of a guest, and follow what it writes
 * @cfg:   its own configuration
 * @which: of its disks, by their place in @cfg; NULL: all, and it must not
 *         have others
 * Returns: 0; -PEL_ENOTSUP a disk of a script, or a kernel without tracing;
 *          -PEL_ESTATE a disk is traced by somebody else; -PEL_EIO;
 *          -PEL_ESTORE; mirror_end() it in any case
 */
int mirror_begin(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, const bool *which,
                 struct mirror_source **out);

/** mirror_size - bytes of a disk that was opened */
uint64_t mirror_size(const struct mirror_source *m, size_t disk);

/** mirror_announce - records that name the disks; the first of all */
int mirror_announce(struct mirror_source *m, struct pel_image_writer *w);

/* What has been copied so far, and what waits. */
struct mirror_figures {
    uint64_t size; /* of all disks, in bytes */
    uint64_t sent; /* bytes, zeros not counted */
    uint64_t left; /* bytes to be looked at */
};

/**
 * mirror_send - all that waits, each block once
 *
 * What the guest writes meanwhile waits for the next time.
 * Returns: 0; -PEL_EIO; what the sink says
 */
int mirror_send(struct mirror_source *m, const struct mirror_sink *to);

/**
 * mirror_send_last - the same, of a guest that stands still, whose disks are
 * quiet: nothing waits after it
 * @patient: if nobody knows what was written last, send all of that disk
 * Returns: as mirror_send(); -PEL_ESTATE nobody knows, and not @patient
 */
int mirror_send_last(struct mirror_source *m, const struct mirror_sink *to,
                     bool patient);

/** mirror_look - find out what the guest has written until now */
int mirror_look(struct mirror_source *m, struct mirror_figures *out);

/** mirror_end - follow no more; NULL is nothing */
void mirror_end(struct mirror_source *m);

/** mirror_forget - end what a killed process has left of following a guest */
void mirror_forget(struct pel_ctx *ctx, uint32_t domid);

/* ---- the target ------------------------------------------------------------
 */

/* What the admin of a target permits. */
struct mirror_policy {
    const char *folder; /* disks may be below it; NULL: nowhere */
    bool overwrite;     /* what is there already may be replaced */
};

#define MIRROR_LIST 3072 /* bytes of a list of files */

struct mirror_target;

/* How a target is made. */
struct mirror_setup {
    const char *id;              /* of the migration */
    struct mirror_policy policy; /* this side's */
    bool overwrite;              /* the other side asks for it */
    /*
     * Called with the list of what is being made, before it is, and whenever
     * it changes: mirror_undo() and mirror_keep() go by it.
     */
    int (*note)(void *arg, const char *list);
    void *arg;
};

/**
 * mirror_take_begin - get ready for disks
 * @out: set also on failure; mirror_take_end() it in any case
 */
int mirror_take_begin(struct pel_ctx *ctx, const struct mirror_setup *how,
                      struct mirror_target **out);

/**
 * mirror_take_config - which disks are to come, and where they go
 * @cfg: of the guest here; stays until mirror_take_end()
 * Returns: 0; -PEL_ENOTSUP; -PEL_EINVAL a place that is not permitted
 */
int mirror_take_config(struct mirror_target *t, const struct pel_config *cfg);

/**
 * mirror_take_record - one record, of which nothing has been checked
 *
 * A disk that is announced is made, under another name; one that is there
 * already is refused unless both sides permit to overwrite it, or somebody
 * uses it.
 * Returns: 0; -PEL_EFORMAT; -PEL_EEXIST; -PEL_ESTATE in use; -PEL_EINVAL a
 *          device that is too small; -PEL_EIO
 */
int mirror_take_record(struct mirror_target *t, const void *body, size_t len);

/** mirror_take_sync - all that has come is on the disks */
int mirror_take_sync(struct mirror_target *t);

/**
 * mirror_take_finish - all disks are whole: durable, and under their names
 * Returns: 0; -PEL_EFORMAT one has not come; -PEL_EIO
 */
int mirror_take_finish(struct mirror_target *t);

/** mirror_take_end - close all, remove nothing; NULL is nothing */
void mirror_take_end(struct mirror_target *t);

/**
 * mirror_undo - remove what was made, and bring back what it has replaced
 * @id, @list: of the migration; nobody has the files open
 *
 * May be called again.  What cannot be removed is told to the log.
 */
void mirror_undo(struct pel_ctx *ctx, const char *id, const char *list);

/** mirror_keep - the guest is ours: remove what was replaced */
void mirror_keep(struct pel_ctx *ctx, const char *id, const char *list);

#endif
