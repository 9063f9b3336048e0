/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots: a guest's memory, state and disks at one instant, kept in a
 * folder; each stores only the pages that its ancestors do not have.
 *
 * @place is the folder of all snapshots, NULL for the usual one; @who a
 * running guest's name or id, or the UUID or last name of one that is gone.
 */
#ifndef PEL_SNAPSHOT_H
#define PEL_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

#define PEL_SNAPSHOT_PLACE "/var/lib/pellicle/snapshots"

struct pel_snapshot {
    char *name, *domain;
    char *parent; /* NULL: it stands alone */
    uint8_t uuid[16];
    uint64_t time;      /* seconds since 1970 */
    uint64_t memory_kb; /* of the guest */
    uint64_t rounds;    /* in which memory was read while it ran; 0: not so */
    uint64_t still_ms;  /* for how long it stood still */
    uint64_t nr_pages;  /* of its own, not its ancestors' */
    uint64_t bytes;     /* of its files */
    size_t nr_disks;
    bool current; /* the guest's present state comes from it */
};

/**
 * pel_snapshot_create - take one of a running guest, which goes on
 * @no_disks: memory and state alone
 * @stop:     asked now and then whether to give up; NULL: never
 * @still_ms: set to how long the guest stood still; NULL: nobody asks
 *
 * The guest stands still for what it changes while its memory and its disks
 * are read; for all of a disk that can neither be followed nor be frozen by a
 * reflink.  Whatever fails: it goes on, and there is no part of a snapshot.
 * Returns: 0; -PEL_EEXIST; -PEL_ENOTSUP a disk of a script; -PEL_EIO;
 *          errors of pel_domain_save()
 */
int pel_snapshot_create(struct pel_ctx *ctx, const char *place, uint32_t domid,
                        const char *name, bool no_disks, bool (*stop)(void),
                        uint64_t *still_ms);

/**
 * pel_snapshot_list - all of a guest, the oldest first
 * @name: only this one; NULL: all
 * @out:  for pel_snapshots_free()
 * Returns: 0; -PEL_ENOENT; -PEL_EFORMAT one of them is damaged
 */
int pel_snapshot_list(struct pel_ctx *ctx, const char *place, const char *who,
                      const char *name, struct pel_snapshot **out, size_t *nr);
void pel_snapshots_free(struct pel_snapshot *list, size_t nr);

/**
 * pel_snapshot_verify - prove a snapshot and all its ancestors
 * @name: NULL: every snapshot of the guest
 *
 * Every byte of every file is read; the image is checked as by a restore.
 * Returns: 0; -PEL_ENOENT; -PEL_EFORMAT with what is damaged; -PEL_EIO
 */
int pel_snapshot_verify(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name);

/**
 * pel_snapshot_revert - the guest as it was, paused
 * @domid: set to its new domain
 *
 * A guest that runs is destroyed once everything was verified and its disks
 * are written aside.
 * Returns: 0; errors of verifying and of pel_domain_restore()
 */
int pel_snapshot_revert(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, bool (*stop)(void), uint32_t *domid);

/**
 * pel_snapshot_delete - remove one; what its descendants need goes to them
 *
 * Whenever this is interrupted, all that is left is valid.
 * Returns: 0; -PEL_ENOENT; -PEL_EFORMAT; -PEL_EIO
 */
int pel_snapshot_delete(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name);

/**
 * pel_snapshot_export - the image as pel_domain_save() writes it, into @path;
 * each disk into PATH.VDEV
 */
int pel_snapshot_export(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, const char *path);

/**
 * pel_snapshot_import - a snapshot from such files, also from xl's
 * @who: the name of the guest in the image
 *
 * Disks that have no file are left out.
 * Returns: 0; -PEL_EINVAL the image is of another guest; -PEL_EEXIST;
 *          -PEL_EFORMAT; -PEL_EIO
 */
int pel_snapshot_import(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, const char *path);

/* What a clone is to be, beside a guest with a UUID and MACs of its own. */
struct pel_clone {
    const char *name;
    bool no_network;   /* without NICs */
    const char *disks; /* the folder of its disks' copies, which are files
                        * named VDEV.NAME; NULL: beside the originals, which
                        * have to be files, and named TARGET.NAME */
};

/**
 * pel_snapshot_clone - another guest from a snapshot, paused
 * @domid: set to its domain
 *
 * Returns: 0; -PEL_EEXIST; -PEL_ENOTSUP a writable disk is not in the
 *          snapshot, or no file; errors of pel_domain_restore()
 */
int pel_snapshot_clone(struct pel_ctx *ctx, const char *place, const char *who,
                       const char *name, const struct pel_clone *how,
                       bool (*stop)(void), uint32_t *domid);

/**
 * pel_domain_clone - another guest from one that runs, paused
 * @newid:    set to its domain
 * @still_ms: set to how long the original stood still
 *
 * As pel_snapshot_clone(), but without a snapshot between them.  Disks are
 * reflinks where their file system makes them, else copied while the original
 * runs, and what it writes meanwhile once more.
 * Returns: as pel_snapshot_create() and pel_snapshot_clone()
 */
int pel_domain_clone(struct pel_ctx *ctx, uint32_t domid,
                     const struct pel_clone *how, bool (*stop)(void),
                     uint32_t *newid, uint64_t *still_ms);

#endif
