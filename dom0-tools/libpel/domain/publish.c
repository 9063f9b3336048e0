/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Nodes and devices of a guest that comes from elsewhere, in two steps. */
#include <stdbool.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include "local.h"

/* A loop device may read its file, and keep what it reads. */
bool has_files(const struct pel_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_disks; i++)
        if (cfg->disks[i].backend != PEL_DISK_PHY)
            return true;
    return false;
}

int publish_early(struct pel_ctx *ctx, uint32_t domid,
                  const struct pel_config *cfg, bool disks_late)
{
    const struct shared_pages none = { 0 };
    struct pel_config some = *cfg;
    int rc = domain_nodes_add(ctx, domid, cfg, &none);

    if (disks_late)
        some.nr_disks = 0;
    return rc ? rc : pel_devices_attach(ctx, domid, &some);
}

int publish_late(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, bool disks_late,
                 const struct shared_pages *shared)
{
    struct pel_config some = *cfg;
    int rc = domain_nodes_share(ctx, domid, shared);

    if (!rc)
        rc = domain_nodes_introduce(ctx, domid, shared);
    some.nr_nics = 0;
    if (rc || !disks_late)
        return rc;
    return pel_devices_attach(ctx, domid, &some);
}
