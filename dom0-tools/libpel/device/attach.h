/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attaching in two steps, so that the kernel's work on all devices of a guest
 * overlaps: every device begins, then each is waited for.
 */
#ifndef PEL_DEVICE_ATTACH_H
#define PEL_DEVICE_ATTACH_H

#include <stdbool.h>
#include <stdint.h>

#include "local.h"

/* A device on its way; exactly one of @disk and @nic is set. */
struct attachment {
    uint32_t domid;
    const struct pel_disk *disk;
    const struct pel_nic *nic;
    uint32_t devid;       /* of a NIC */
    struct device dev;    /* set by the first step */
    bool created;         /* its nodes are there and want undoing */
    int loop_fd;          /* keeps a loop device until its user has it */
    uint64_t deadline_ns; /* for the second step */
};

/**
 * attach_deadline - when a step that starts now has to be done
 */
uint64_t attach_deadline(void);

/**
 * vbd_begin, vif_begin - check what is asked for and write the nodes
 * @ctx:  context
 * @s:    store
 * @a:    zeroed but for what is asked for; @loop_fd -1
 *
 * Returns: errors of pel_vbd_attach() and pel_vif_attach(); the caller undoes
 *          what @a says in both cases.
 */
int vbd_begin(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a);
int vif_begin(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a);

/**
 * vbd_finish, vif_finish - dom0's side, until the guest could connect
 * @ctx:  context
 * @s:    store
 * @a:    what the first step has begun
 *
 * Returns: as the first step.
 */
int vbd_finish(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a);
int vif_finish(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a);

#endif
