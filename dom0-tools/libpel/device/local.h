/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of this folder share: a device, its nodes, its back end. */
#ifndef PEL_DEVICE_LOCAL_H
#define PEL_DEVICE_LOCAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <pel/store.h>

struct pel_ctx;
struct pel_disk;
struct pel_nic;

#define SYS_BACKEND "/sys/bus/xen-backend"

/*
 * The script node of a device that needs no script.  Stock tools insist on
 * running what the node names when they remove a device: this one agrees.
 */
#define SCRIPT_NONE "/bin/true"

#define ATTACH_TIMEOUT_MS 10000 /* for the kernel's side of one device */

#define DEVICE_KIND_SIZE 32
#define DEVICE_PATH_SIZE 128

/* One device, and where its nodes are. */
struct device {
    uint32_t domid;              /* the guest */
    uint32_t devid;              /* its number there */
    char kind[DEVICE_KIND_SIZE]; /* "vbd", "vif", "console", ... */
    char front[DEVICE_PATH_SIZE];
    char back[DEVICE_PATH_SIZE];
    char libxl[DEVICE_PATH_SIZE]; /* copies that stock tools list from */
};

/* One node below a device's folder; an array of them ends with a NULL name */
struct node {
    const char *name;
    const char *value; /* NULL: the row is skipped */
};

/**
 * device_init - fill in a device's paths
 * @dev:    set
 * @domid:  guest
 * @kind:   shorter than DEVICE_KIND_SIZE
 * @devid:  number in the guest
 */
void device_init(struct device *dev, uint32_t domid, const char *kind,
                 uint32_t devid);

/**
 * nodes_create - write all nodes of a device in one transaction
 * @s:      store
 * @dev:    device
 * @front:  nodes of the front end, besides backend, backend-id and state
 * @back:   nodes of the back end, besides frontend, frontend-id, online and
 *          state; also copied below /libxl
 *
 * Both sides start as XenbusStateInitialising.  The guest owns its side, dom0
 * the other, and each may read the other's.
 * Returns: 0; -EEXIST the device is there already; an error of the store.
 */
int nodes_create(struct pel_store *s, const struct device *dev,
                 const struct node *front, const struct node *back);

/**
 * nodes_remove - remove all nodes of a device, and folders left empty
 * @s:    store
 * @dev:  device, which may have some, all or none of its nodes
 *
 * Returns: 0, or the first error of the store.
 */
int nodes_remove(struct pel_store *s, const struct device *dev);

/**
 * backend_require - make sure that dom0 has the back end's driver
 * @ctx:     context
 * @kind:    "vbd" or "vif"
 * @module:  module that provides it; loaded if it is not there
 *
 * Returns: 0; -PEL_ENOTSUP naming the module.
 */
int backend_require(struct pel_ctx *ctx, const char *kind, const char *module);

/**
 * backend_wait - wait until a back end has reached a state
 * @ctx:          context
 * @s:            store
 * @dev:          device
 * @state:        at least this; closing and closed are failures
 * @deadline_ns:  as pel_store_wait()
 *
 * Returns: 0; -PEL_EIO with the back end's own error message; -PEL_ETIMEDOUT;
 *          -PEL_ESTORE.
 */
int backend_wait(struct pel_ctx *ctx, struct pel_store *s,
                 const struct device *dev, unsigned int state,
                 uint64_t deadline_ns);

/**
 * backend_wait_open - wait until the block back end holds its device open
 * @ctx:          context
 * @s:            store
 * @dev:          a vbd whose physical-device node is written
 * @deadline_ns:  as pel_store_wait()
 *
 * Returns: 0; -PEL_EIO with the back end's own error; -PEL_ETIMEDOUT.
 */
int backend_wait_open(struct pel_ctx *ctx, struct pel_store *s,
                      const struct device *dev, uint64_t deadline_ns);

/**
 * backend_present - whether dom0's kernel knows a device
 * @dev:  device
 */
bool backend_present(const struct device *dev);

/**
 * backend_fail - a failure of a back end, with the reason that it left
 * @ctx:   context
 * @s:     store
 * @dev:   device
 * @err:   PEL_E*
 * @what:  what went wrong
 *
 * Returns: -@err.
 */
int backend_fail(struct pel_ctx *ctx, struct pel_store *s,
                 const struct device *dev, int err, const char *what);

/**
 * script_run - run a hotplug script and wait for it
 * @ctx:      context
 * @dev:      device
 * @script:   absolute path, or a name in /etc/xen/scripts
 * @command:  "add", "remove", "online" or "offline"
 * @env:      "NAME=VALUE" strings besides the XENBUS_* ones; NULL at the end
 *
 * Killed when it has not ended after 40 s, as stock tools do.
 * Returns: 0; -PEL_EIO with its exit status and its hotplug-error node;
 *          -PEL_ETIMEDOUT.
 */
int script_run(struct pel_ctx *ctx, const struct device *dev,
               const char *script, const char *command, const char *const *env);

/**
 * script_path - where a script is
 * @script:  absolute path, or a name in /etc/xen/scripts
 * @path:    set to the absolute path
 * @size:    of @path, in bytes
 */
void script_path(const char *script, char *path, size_t size);

/**
 * loop_attach - make a file a block device
 * @ctx:       context
 * @file_fd:   the file, open for what the guest may do
 * @path:      its name, recorded for people
 * @readonly:  whether writes through the device are refused
 * @rdev:      set to the device's number
 *
 * The kernel frees the device as soon as nobody has it open: the caller
 * closes the descriptor when the back end has opened the device.  So nothing
 * stays, whoever dies at any point.
 * Returns: a descriptor that keeps the device; -PEL_ENOTSUP no loop driver;
 *          -PEL_EIO.
 */
int loop_attach(struct pel_ctx *ctx, int file_fd, const char *path,
                bool readonly, dev_t *rdev);

/* What a disk's target is. */
struct target {
    const char *path;
    bool is_block;
    dev_t rdev; /* of a block device */
    dev_t dev;  /* of a file: its file system */
    ino_t ino;
};

/**
 * sharing_check - refuse a target that somebody else uses
 * @ctx:       context
 * @s:         store
 * @target:    what a guest is to get
 * @writable:  whether it is to write
 *
 * Users: disks of any guest in the store; mounts of dom0, also through loop
 * devices.  Two readers may share.  The caller holds sharing_lock().
 * Returns: 0; -PEL_ESTATE naming the user; -PEL_ESTORE; -PEL_EIO.
 */
int sharing_check(struct pel_ctx *ctx, struct pel_store *s,
                  const struct target *target, bool writable);

/**
 * sharing_lock - only one process at a time checks and takes a disk
 * @ctx:  context
 *
 * Returns: a descriptor; closing it unlocks; or -PEL_EIO.
 */
int sharing_lock(struct pel_ctx *ctx);

#endif
