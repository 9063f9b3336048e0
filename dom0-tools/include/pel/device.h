/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual disks and NICs of a guest: their nodes in the store, the hand-shake
 * with Linux's back ends, and dom0's side of them (loop devices, bridges).
 *
 * The store says all there is to know about a device, so any process can
 * remove what another attached.  Back ends are in dom0.
 */
#ifndef PEL_DEVICE_H
#define PEL_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pel/config.h>

struct pel_ctx;

/* Longest name that pel_vbd_name() makes, with its NUL. */
#define PEL_VBD_NAME_SIZE 16

/**
 * pel_vbd_number - a disk's number in the ABI from its name in the guest
 * @name:  xvda, xvda1, xvdaa, hda, hdb3, sda15, d0, d12p3, or a number in
 *         decimal or 0x...
 * @out:   set to the number on success
 *
 * xvda is 202 << 8; disks past xvdp, and partitions past the 15th, use the
 * extended form, 1 << 28 | disk << 8 | partition.
 * Returns: 0; -PEL_EINVAL without a message: no such name.
 * Source:  <xen/io/blkif.h> and the numbers of Linux's xen-blkfront.
 */
int pel_vbd_number(const char *name, uint32_t *out);

/**
 * pel_vbd_name - the name that a Linux guest gives a disk number
 * @number:  as pel_vbd_number() sets it
 * @name:    set to "xvda1", "hda", ...; "" when there is no usual name
 */
void pel_vbd_name(uint32_t number, char name[PEL_VBD_NAME_SIZE]);

/**
 * pel_vbd_attach - give a guest one disk
 * @ctx:    context
 * @domid:  an existing domain, introduced to the store
 * @disk:   what to attach; a "file" target is looked at and may turn out to
 *          be a block device, and the reverse
 *
 * Refuses a target that another guest or dom0 itself writes to, or that it
 * would write to while another reads it.
 * Returns when the back end waits for its front end, with dom0's side done;
 * on failure nothing is left behind.
 * Returns: 0; -PEL_EINVAL bad name or target; -PEL_ENOENT no such target;
 *          -PEL_EEXIST the guest has such a disk; -PEL_ESTATE in use by
 *          another; -PEL_ENOTSUP no block back end in dom0; -PEL_EIO;
 *          -PEL_ESTORE; -PEL_ETIMEDOUT.
 */
int pel_vbd_attach(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_disk *disk);

/**
 * pel_vif_attach - give a guest one NIC
 * @ctx:    context
 * @domid:  an existing domain, introduced to the store
 * @devid:  its number in the guest, from 0
 * @nic:    what to attach; no bridge means xenbr0
 *
 * Returns when dom0's interface is on its bridge and up; on failure nothing
 * is left behind.
 * Returns: 0; -PEL_ENOENT no such bridge; -PEL_EEXIST the guest has such a
 *          NIC, or dom0 an interface of that name; -PEL_ENOTSUP no network
 *          back end in dom0; -PEL_EIO; -PEL_ESTORE; -PEL_ETIMEDOUT.
 */
int pel_vif_attach(struct pel_ctx *ctx, uint32_t domid, uint32_t devid,
                   const struct pel_nic *nic);

/**
 * pel_devices_attach - attach all disks and NICs of a configuration
 * @ctx:    context
 * @domid:  an existing domain, introduced to the store
 * @cfg:    finished; only its disks and NICs are used
 *
 * On failure none of them is left behind.
 * Returns: 0; any error of pel_vbd_attach() and pel_vif_attach().
 */
int pel_devices_attach(struct pel_ctx *ctx, uint32_t domid,
                       const struct pel_config *cfg);

/**
 * pel_devices_wait_connected - wait until the guest uses all its devices
 * @ctx:         context
 * @domid:       a running domain
 * @timeout_ms:  limit for all of them together
 *
 * Returns: 0; -PEL_ETIMEDOUT or -PEL_EIO naming the device and the back
 *          end's own error if it left one; -PEL_ESTORE.
 */
int pel_devices_wait_connected(struct pel_ctx *ctx, uint32_t domid,
                               int timeout_ms);

/**
 * pel_disks_wait_quiet - wait until no request of a guest's disks is under way
 *
 * Of a guest that stands still: then none comes any more.  A file's requests
 * are those of the loop device on it.
 * Returns: 0; -PEL_ETIMEDOUT with the disk; -PEL_ESTORE
 */
int pel_disks_wait_quiet(struct pel_ctx *ctx, uint32_t domid, int timeout_ms);

/**
 * pel_disks_sync - what back ends have accepted is on the disks for good
 *
 * Of a guest that stands still, after pel_disks_wait_quiet(): then nothing
 * comes after.  Disks of scripts are left out: nobody knows where they are.
 * Returns: 0; -PEL_EIO with the disk
 */
int pel_disks_sync(struct pel_ctx *ctx, const struct pel_config *cfg);

struct pel_store;

/**
 * pel_disk_device - the block device of dom0 behind a guest's disk
 * @back: the disk's folder in the store
 * Returns: true, @maj and @min set; false: none is open
 */
bool pel_disk_device(struct pel_store *s, const char *back, unsigned int *maj,
                     unsigned int *min);

/**
 * pel_disk_check_unused - refuse a file or block device that somebody uses
 * @path: of it
 *
 * Users: disks of any guest; mounts of dom0, also through loop devices.
 * Returns: 0; -PEL_ESTATE naming the user; -PEL_ESTORE; -PEL_EIO
 */
int pel_disk_check_unused(struct pel_ctx *ctx, const char *path);

/* What a guest has; fields that nobody wrote are -1. */
struct pel_devinfo {
    uint32_t devid;
    uint32_t backend_domid;
    int state;         /* of the front end, XenbusState* */
    int evtchn;        /* the guest's port */
    int ring, rx_ring; /* grants; a NIC has two, for sending and receiving */
    uint8_t mac[6];
    char backend[128]; /* folder of the back end in the store */
};

/**
 * pel_devices_info - a guest's devices of one kind, in order of ids
 * @kind:  "vbd" or "vif"
 * @out:   set to a malloc'ed array of @nr
 *
 * Returns: 0; -PEL_ENOMEM; -PEL_ESTORE.
 */
int pel_devices_info(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                     struct pel_devinfo **out, size_t *nr);

/**
 * pel_device_detach - take one device away from a guest that runs
 * @kind:   "vbd" or "vif"
 * @force:  do not wait for the guest to let go
 *
 * Asks the guest first, and leaves all as it is if that does not answer.
 * Returns: 0; -PEL_ENOENT it has no such device; -PEL_ETIMEDOUT the guest
 *          holds on to it; -PEL_ESTORE.
 */
int pel_device_detach(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                      uint32_t devid, bool force);

/**
 * pel_devices_remove_all - take every disk, NIC and console away
 * @ctx:    context
 * @domid:  domain, which may be dead or gone already
 * @force:  do not ask the guest first; for one that cannot answer
 *
 * Works from the store alone, also for devices that stock tools attached.
 * A polite removal that the guest does not answer in 5 s is forced.  Goes on
 * after an error, so that as little as possible stays.
 * Returns: 0 nothing is left, also when there was nothing; or the error of
 *          the first device that could not be removed.
 */
int pel_devices_remove_all(struct pel_ctx *ctx, uint32_t domid, bool force);

#endif
