/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Network interfaces of dom0 by rtnetlink: the little that a NIC's back end
 * needs.  All return 0 or a negative errno value of the kernel.
 */
#ifndef PEL_NETLINK_H
#define PEL_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

struct pel_netlink;

/* What pel_netlink_get() tells of an interface. */
struct pel_link {
    int index;
    uint32_t mtu;   /* bytes */
    bool is_bridge; /* of the kernel's kind, not Open vSwitch's */
};

/**
 * pel_netlink_open - open an rtnetlink socket
 * @out:  set to a handle for pel_netlink_close()
 *
 * Returns: 0; -ENOMEM; an error of socket() or bind().
 */
int pel_netlink_open(struct pel_netlink **out);

/**
 * pel_netlink_close - close it
 * @nl:  handle, or NULL for nothing
 */
void pel_netlink_close(struct pel_netlink *nl);

/**
 * pel_netlink_get - look an interface up by name
 * @nl:    handle
 * @name:  up to IFNAMSIZ - 1 characters
 * @out:   set on success
 *
 * Returns: 0; -ENODEV no such interface; another error of the kernel.
 */
int pel_netlink_get(struct pel_netlink *nl, const char *name,
                    struct pel_link *out);

/**
 * pel_netlink_rename - give an interface another name; it must be down
 * @nl:     handle
 * @index:  interface
 * @name:   new name
 *
 * Returns: 0; -EEXIST the name is taken; -EBUSY it is up; another error.
 */
int pel_netlink_rename(struct pel_netlink *nl, int index, const char *name);

/**
 * pel_netlink_set_mtu - set an interface's MTU
 * @nl:     handle
 * @index:  interface
 * @mtu:    bytes
 *
 * Returns: 0; -EINVAL outside of what its driver allows; another error.
 */
int pel_netlink_set_mtu(struct pel_netlink *nl, int index, uint32_t mtu);

/**
 * pel_netlink_set_master - make an interface a port of a bridge
 * @nl:      handle
 * @index:   interface
 * @bridge:  the bridge's index, or 0 to take it off its bridge
 *
 * Returns: 0; -EBUSY it is another bridge's port; another error.
 */
int pel_netlink_set_master(struct pel_netlink *nl, int index, int bridge);

/**
 * pel_netlink_set_up - set an interface up or down
 * @nl:     handle
 * @index:  interface
 * @up:     which
 *
 * Returns: 0, or an error of the kernel.
 */
int pel_netlink_set_up(struct pel_netlink *nl, int index, bool up);

#endif
