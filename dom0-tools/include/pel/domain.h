/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The life of a domain.  All state is in the hypervisor and the store, so
 * any process may call any of these for any domain at any time.
 */
#ifndef PEL_DOMAIN_H
#define PEL_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pel/config.h>

#define PEL_DOMID_NONE 0x7ff4u /* no domain; DOMID_INVALID of the ABI */

struct pel_ctx;

/* The reasons of <xen/sched.h>, SHUTDOWN_*; PEL_REASON_NONE: it runs. */
#define PEL_REASON_NONE 0xff

struct pel_dominfo {
    uint32_t domid;
    uint8_t uuid[16];
    bool dying, shutdown, paused, blocked, running;
    uint8_t reason;     /* SHUTDOWN_*, PEL_REASON_NONE unless @shutdown */
    uint64_t memory_kb; /* pages that it has now */
    uint64_t max_kb;    /* pages that it may have */
    uint64_t cpu_time_ns;
    uint32_t vcpus;    /* online */
    uint32_t nr_vcpus; /* ids are below this */
    uint32_t pool;     /* of CPUs */
    uint64_t shared_info_mfn;
};

/**
 * pel_domain_list - every domain, in order of ids, dom0 and dying ones too
 * @out: set to a malloc'ed array of @nr
 */
int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr);

/**
 * pel_domain_get - one domain by id
 * Returns: 0; -PEL_ENOENT
 */
int pel_domain_get(struct pel_ctx *ctx, uint32_t domid,
                   struct pel_dominfo *out);

/**
 * pel_domain_find - a domain by its id in digits, or by name
 * Returns: 0; -PEL_ENOENT with a message naming @who; -PEL_ESTATE when that
 *          guest has no domain for the moment because it is being restarted
 */
int pel_domain_find(struct pel_ctx *ctx, const char *who, uint32_t *domid);

/**
 * pel_domain_name - a domain's name, malloc'ed
 * Returns: 0; -PEL_ENOENT it has none (half made or half gone)
 */
int pel_domain_name(struct pel_ctx *ctx, uint32_t domid, char **name);

/**
 * pel_domain_config - the configuration that the domain was made from
 * @cfg: empty; as stored in /pel/DOMID/config
 * Returns: 0; -PEL_ENOENT it was not made by us; -PEL_EFORMAT
 */
int pel_domain_config(struct pel_ctx *ctx, uint32_t domid,
                      struct pel_config *cfg);

/**
 * pel_domain_config_change - change what a restart of the guest goes by
 * @fn:  changes the configuration; may run more than once; 0 or a PEL_E*
 * @arg: handed to @fn
 *
 * Reading and writing are one transaction.
 * Returns: 0, also when the domain was not made by us and has none; the
 *          error of @fn; -PEL_ESTORE; -PEL_EFORMAT
 */
int pel_domain_config_change(struct pel_ctx *ctx, uint32_t domid,
                             int (*fn)(struct pel_ctx *ctx,
                                       struct pel_config *cfg, void *arg),
                             void *arg);

/**
 * pel_domain_rename - give a domain another name
 * Returns: 0; -PEL_EINVAL no valid name; -PEL_EEXIST; -PEL_ENOENT
 */
int pel_domain_rename(struct pel_ctx *ctx, uint32_t domid, const char *name);

/**
 * pel_domain_started - when the domain was started, by the clock of dom0
 * @when: seconds since 1970
 * Returns: 0; -PEL_ENOENT nobody wrote it down
 */
int pel_domain_started(struct pel_ctx *ctx, uint32_t domid, uint64_t *when);

/**
 * pel_domain_create - build a guest, its store nodes and devices
 * @cfg:    finished
 * @domid:  set to the new domain's id
 *
 * The guest is complete and paused: its kernel is loaded, its devices wait
 * for their front ends.  On failure all of it is undone.
 * Returns: 0; -PEL_EEXIST name taken; -PEL_ENOSPC too little free memory;
 *          -PEL_EFORMAT bad kernel; any other
 */
int pel_domain_create(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t *domid);

/**
 * pel_domain_destroy - stop it at once, remove devices, nodes and memory
 *
 * Waits until the hypervisor has let go of it or, after 10 seconds, says
 * who might hold its pages.  Of two callers at once both succeed.
 * Returns: 0; -PEL_EINVAL for dom0; -PEL_ENOENT
 */
int pel_domain_destroy(struct pel_ctx *ctx, uint32_t domid);

/**
 * pel_domain_pause, pel_domain_unpause - stop and go on scheduling it
 * Returns: 0; -PEL_ENOENT
 */
int pel_domain_pause(struct pel_ctx *ctx, uint32_t domid);
int pel_domain_unpause(struct pel_ctx *ctx, uint32_t domid);

/**
 * pel_domain_request - ask the guest by its control/shutdown node
 * @what: "poweroff" or "reboot"
 *
 * Only asks: the guest may refuse or take its time.
 * Returns: 0; -PEL_ENOENT; -PEL_ESTATE it is already shut down; -PEL_EINVAL
 *          for dom0
 */
int pel_domain_request(struct pel_ctx *ctx, uint32_t domid, const char *what);

/**
 * pel_domain_sysrq - have the guest's kernel act on a magic key
 * Returns: 0; -PEL_ENOENT; -PEL_EINVAL for dom0
 */
int pel_domain_sysrq(struct pel_ctx *ctx, uint32_t domid, char key);

/**
 * pel_domain_set_memory - have the guest take or give memory by ballooning
 * @kb: what it shall have; the limit of its memory follows
 *
 * Only asks: the guest may not be able to.
 * Returns: 0; -PEL_EINVAL more than its maxmem, or less than any guest can
 *          live with; -PEL_ENOENT; -PEL_ESTORE
 */
int pel_domain_set_memory(struct pel_ctx *ctx, uint32_t domid, uint64_t kb);

/**
 * pel_domain_set_maxmem - the most that it may balloon up to, its maxmem
 * Returns: 0; -PEL_EINVAL less than it has been told to have; -PEL_ENOENT
 */
int pel_domain_set_maxmem(struct pel_ctx *ctx, uint32_t domid, uint64_t kb);

/**
 * pel_domain_add_disk, pel_domain_add_nic - attach a device while it runs
 * @disk, @nic: a NIC without an address gets one
 *
 * A restart of the guest has it too.
 * Returns: 0; any error of pel_vbd_attach() or pel_vif_attach()
 */
int pel_domain_add_disk(struct pel_ctx *ctx, uint32_t domid,
                        const struct pel_disk *disk);
int pel_domain_add_nic(struct pel_ctx *ctx, uint32_t domid,
                       struct pel_nic *nic);

/**
 * pel_domain_drop_disk, pel_domain_drop_nic - the reverse
 * @number: as pel_vbd_number() makes it; of the NIC, from 0
 * @force:  do not wait for the guest to let go
 */
int pel_domain_drop_disk(struct pel_ctx *ctx, uint32_t domid, uint32_t number,
                         bool force);
int pel_domain_drop_nic(struct pel_ctx *ctx, uint32_t domid, uint32_t number,
                        bool force);

/* What becomes of a guest that has been saved. */
enum pel_after {
    PEL_AFTER_DESTROY,
    PEL_AFTER_GO_ON,
    PEL_AFTER_PAUSE,
};

/**
 * pel_domain_save - a guest's memory and state into a file
 * @path:     replaced when the image is complete and on the disk; a device
 *            or a pipe is written in place
 * @override: configuration for the image; NULL: the guest's own
 * @compress: in a container, see <pel/pack.h>
 * @stop:     asked now and then whether to give up; NULL: never
 *
 * The guest is asked to suspend.  Whatever fails, also this process by being
 * killed: the guest goes on, and no part of a file stays.
 * Returns: 0; -PEL_ENOENT; -PEL_ESTATE it is paused or shut down, or @stop
 *          said so; -PEL_ETIMEDOUT it does not answer; -PEL_ENOTSUP its kernel
 *          cannot be saved; -PEL_EIO; any other
 */
int pel_domain_save(struct pel_ctx *ctx, uint32_t domid, const char *path,
                    const struct pel_config *override, enum pel_after after,
                    bool compress, bool (*stop)(void));

/**
 * pel_domain_restore - a guest from an image, paused
 * @path:     a file, compressed or not, a device, or "-" for standard input
 * @override: configuration to use; NULL: that of the image
 * @stop:     as for pel_domain_save()
 * @domid:    set to the new domain's id
 * @name:     set to its name, malloc'ed
 *
 * Every record of the image is checked.  Whatever fails, nothing of the guest
 * stays.
 * Returns: 0; -PEL_EFORMAT a damaged image; -PEL_ENOTSUP an image of another
 *          version or of an HVM guest; -PEL_EEXIST, -PEL_ENOSPC as for
 *          pel_domain_create(); -PEL_EIO; any other
 */
int pel_domain_restore(struct pel_ctx *ctx, const char *path,
                       const struct pel_config *override, bool (*stop)(void),
                       uint32_t *domid, char **name);

/**
 * pel_domain_wait_shutdown - wait until it has shut down or is gone
 * @timeout_ms: limit, or -1
 * @gone:       set to whether it does not exist any more
 * Returns: 0; -PEL_ETIMEDOUT
 */
int pel_domain_wait_shutdown(struct pel_ctx *ctx, uint32_t domid,
                             int timeout_ms, bool *gone);

#endif
