/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of one guest's snapshots: PLACE/UUID, a folder in it for each
 * snapshot.  What begins with a dot is no snapshot: ".new-" is being made,
 * ".old-" is being removed, ".head" names the snapshot that the guest's
 * present state comes from.
 */
#ifndef PEL_SNAPSHOT_FOLDER_H
#define PEL_SNAPSHOT_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;

#define SNAP_NEW ".new-"

struct snap_folder {
    struct pel_ctx *ctx;
    int fd; /* -1: not open */
};

/**
 * snap_folder_open - the folder of a guest
 * @place: NULL: PEL_SNAPSHOT_PLACE
 * @make:  create it, and the place, if they are missing
 * @lock:  be alone in it until it is closed, and remove what somebody who was
 *         killed left
 * Returns: 0; -PEL_ENOENT the guest has no snapshots; -PEL_EIO
 */
int snap_folder_open(struct pel_ctx *ctx, const char *place,
                     const uint8_t *uuid, bool make, bool lock,
                     struct snap_folder *f);
void snap_folder_close(struct snap_folder *f);

/**
 * snap_folder_find - the folder of a guest that may be gone
 * @who:  a running guest's name or id, a UUID, or a name in the manifests
 * @uuid: set to the guest's
 * Returns: 0; -PEL_ENOENT; -PEL_EINVAL several had this name
 */
int snap_folder_find(struct pel_ctx *ctx, const char *place, const char *who,
                     uint8_t *uuid);

/** snap_folder_names - names of all snapshots, sorted; one free() for each */
int snap_folder_names(struct snap_folder *f, char ***names, size_t *nr);
void snap_names_free(char **names, size_t nr);

/**
 * snap_folder_enter - the folder of one snapshot
 * @fd: set to it
 * Returns: 0; -PEL_EINVAL no name for one; -PEL_ENOENT; -PEL_EIO
 */
int snap_folder_enter(struct snap_folder *f, const char *name, int *fd);

/** snap_folder_has - whether there is one of that name */
bool snap_folder_has(struct snap_folder *f, const char *name);

/** snap_folder_begin - an empty folder ".new-NAME"; -PEL_EEXIST: NAME exists */
int snap_folder_begin(struct snap_folder *f, const char *name, int *fd);

/** snap_folder_commit - it gets its name; -PEL_EIO */
int snap_folder_commit(struct snap_folder *f, const char *name);

/** snap_folder_drop - remove what snap_folder_begin() made, if it is there */
void snap_folder_drop(struct snap_folder *f, const char *name);

/** snap_folder_remove - a snapshot vanishes at one instant; -PEL_EIO */
int snap_folder_remove(struct snap_folder *f, const char *name);

/** snap_head_read - malloc'ed; NULL: there is none, or it is gone */
char *snap_head_read(struct snap_folder *f);

/** snap_head_write - NULL: there is none */
int snap_head_write(struct snap_folder *f, const char *name);

#endif
