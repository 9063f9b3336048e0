/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Virtual NICs: their nodes, and dom0's interface on its bridge. */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <xen/io/xenbus.h>

#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/netlink.h>
#include <pel/store.h>

#include "attach.h"

#define DEFAULT_BRIDGE "xenbr0"

static const char *bridge_of(const struct pel_nic *nic)
{
    return nic->bridge ? nic->bridge : DEFAULT_BRIDGE;
}

static int open_netlink(struct pel_ctx *ctx, struct pel_netlink **nl)
{
    int rc = pel_netlink_open(nl);

    if (!rc)
        return 0;
    errno = -rc;

    return pel_fail_sys(ctx, PEL_EIO, "cannot open rtnetlink");
}

/* A bridge that is missing is noticed before anything is made. */
static int check_names(struct pel_ctx *ctx, const struct pel_nic *nic)
{
    const char *bridge = bridge_of(nic);
    struct pel_netlink *nl = NULL;
    struct pel_link link;
    int rc;

    rc = open_netlink(ctx, &nl);
    if (rc)
        return rc;
    rc = pel_netlink_get(nl, bridge, &link);
    if (rc == -ENODEV)
        rc = pel_fail(ctx, PEL_ENOENT,
                      "bridge %s does not exist in dom0: make it (ip link add "
                      "%s type bridge) or set bridge= of the NIC",
                      bridge, bridge);
    else if (!rc && !link.is_bridge)
        rc = pel_fail(ctx, PEL_ENOENT,
                      "%s is not a bridge: set bridge= of the NIC", bridge);
    else if (rc) {
        errno = -rc;
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot look bridge %s up", bridge);
    }
    if (!rc && nic->ifname && !pel_netlink_get(nl, nic->ifname, &link))
        rc = pel_fail(ctx, PEL_EEXIST,
                      "dom0 has an interface %s already: set another vifname",
                      nic->ifname);
    pel_netlink_close(nl);

    return rc;
}

int vif_begin(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a)
{
    const struct pel_nic *nic = a->nic;
    char mac[18], handle[16], mtu[16], script[512] = SCRIPT_NONE;
    int rc;

    rc = backend_require(ctx, "vif", "xen-netback");
    if (!rc && !nic->script)
        rc = check_names(ctx, nic);
    if (rc)
        return rc;

    device_init(&a->dev, a->domid, "vif", a->devid);
    snprintf(handle, sizeof(handle), "%u", a->devid);
    snprintf(mtu, sizeof(mtu), "%u", nic->mtu);
    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", nic->mac[0],
             nic->mac[1], nic->mac[2], nic->mac[3], nic->mac[4], nic->mac[5]);
    if (nic->script)
        script_path(nic->script, script, sizeof(script));

    const struct node front[] = {
        { "handle", handle },
        { "mac", mac },
        { "mtu", nic->mtu ? mtu : NULL },
        { NULL, NULL },
    };
    const struct node back[] = {
        { "script", script },
        { "mac", mac },
        { "ip", nic->ip },
        { "bridge", bridge_of(nic) },
        { "vifname", nic->ifname },
        { "handle", handle },
        { "mtu", nic->mtu ? mtu : NULL },
        { "type", "vif" },
        { NULL, NULL },
    };

    rc = nodes_create(s, &a->dev, front, back);
    if (rc == -EEXIST)
        return pel_fail(ctx, PEL_EEXIST, "domain %u has a NIC %u already",
                        a->domid, a->devid);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot write the nodes of NIC %u",
                              a->devid);
    a->created = true;

    return 0;
}

/*
 * netback says that it waits (InitWait) just before it makes its interface:
 * look again until it is there.
 */
static int find_interface(struct pel_netlink *nl, const char *ifname,
                          uint64_t deadline_ns, struct pel_link *out)
{
    const struct timespec pause = { .tv_nsec = 2000000 };
    int rc;

    while ((rc = pel_netlink_get(nl, ifname, out)) == -ENODEV &&
           pel_store_now_ns() < deadline_ns)
        nanosleep(&pause, NULL);

    return rc;
}

/* One step after the other; @what says which one failed.  0 or -errno. */
static int plug(struct pel_netlink *nl, const char *ifname,
                const struct attachment *a, const char **what)
{
    const struct pel_nic *nic = a->nic;
    struct pel_link vif, bridge;
    uint32_t mtu;
    int rc;

    *what = "find";
    rc = find_interface(nl, ifname, a->deadline_ns, &vif);
    if (rc)
        return rc;
    *what = "find the bridge of";
    rc = pel_netlink_get(nl, bridge_of(nic), &bridge);
    if (rc)
        return rc;
    *what = "rename";
    if (nic->ifname) {
        rc = pel_netlink_rename(nl, vif.index, nic->ifname);
        if (rc)
            return rc;
    }
    /* A port with a smaller MTU would shrink the whole bridge's. */
    *what = "set the MTU of";
    mtu = nic->mtu ? nic->mtu : bridge.mtu;
    if (mtu != vif.mtu) {
        rc = pel_netlink_set_mtu(nl, vif.index, mtu);
        if (rc)
            return rc;
    }
    *what = "put on its bridge";
    rc = pel_netlink_set_master(nl, vif.index, bridge.index);
    if (rc)
        return rc;
    *what = "set up";

    return pel_netlink_set_up(nl, vif.index, true);
}

static int plug_native(struct pel_ctx *ctx, const struct attachment *a,
                       const char *ifname)
{
    struct pel_netlink *nl = NULL;
    const char *what = "";
    int rc;

    rc = open_netlink(ctx, &nl);
    if (rc)
        return rc;
    rc = plug(nl, ifname, a, &what);
    pel_netlink_close(nl);
    if (!rc)
        return 0;
    errno = -rc;

    return pel_fail_sys(ctx, PEL_EIO, "NIC %u of domain %u: cannot %s %s",
                        a->devid, a->domid, what, ifname);
}

static int plug_script(struct pel_ctx *ctx, const struct attachment *a,
                       const char *ifname)
{
    char e_vif[IFNAMSIZ + 8], e_bridge[IFNAMSIZ + 8];
    const char *const env[] = { e_vif, e_bridge, NULL };

    snprintf(e_vif, sizeof(e_vif), "vif=%s", ifname);
    snprintf(e_bridge, sizeof(e_bridge), "bridge=%s", bridge_of(a->nic));

    return script_run(ctx, &a->dev, a->nic->script, "online", env);
}

int vif_finish(struct pel_ctx *ctx, struct pel_store *s, struct attachment *a)
{
    char ifname[IFNAMSIZ];
    int rc;

    rc = backend_wait(ctx, s, &a->dev, XenbusStateInitWait, a->deadline_ns);
    if (rc)
        return rc;
    snprintf(ifname, sizeof(ifname), "vif%u.%u", a->domid, a->devid);
    rc = a->nic->script ? plug_script(ctx, a, ifname)
                        : plug_native(ctx, a, ifname);
    if (rc)
        return rc;

    rc = pel_store_put(s, a->dev.back, "hotplug-status", "connected");

    return rc ? pel_store_fail(ctx, rc, "cannot write hotplug-status") : 0;
}
