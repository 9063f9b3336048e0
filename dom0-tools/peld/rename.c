/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting a dead domain aside.  The store comes first and the hypervisor
 * last: a domain that has the guest's UUID, but no configuration of ours, is
 * known for one whose renaming was cut short.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>

#include <xen/xen.h>
#include <xen/domctl.h>
#include <xencall.h>

#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/store.h>

#include "rename.h"

struct aside {
    uint32_t domid;
    char name[PEL_NAME_MAX + 32];
    char vm[64], old_vm[64];
    char uuid[37];
};

int rename_uuid(struct pel_ctx *ctx, uint32_t domid, const uint8_t *uuid)
{
    struct xencall_handle *xc;
    struct xen_domctl *op;
    int rc;

    rc = pel_ctx_xencall(ctx, &xc);
    if (rc)
        return rc;
    op = xencall_alloc_buffer(xc, sizeof(*op));
    if (!op)
        return pel_fail_oom(ctx);
    memset(op, 0, sizeof(*op));
    op->cmd = XEN_DOMCTL_setdomainhandle;
    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = (domid_t)domid;
    memcpy(op->u.setdomainhandle.handle, uuid, 16);
    rc = xencall1(xc, __HYPERVISOR_domctl, (uintptr_t)op);
    if (rc < 0)
        rc = pel_fail_sys(ctx, PEL_EHYPER, "cannot give domain %u another UUID",
                          domid);
    xencall_free_buffer(xc, op);

    return rc;
}

static int aside_txn(struct pel_store *s, void *arg)
{
    const struct aside *a = arg;
    const struct xs_permissions perms[] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = a->domid, .perms = XS_PERM_READ },
    };
    int rc;

    rc = pel_store_rm(s, "%s", a->old_vm);
    if (!rc)
        rc = pel_store_mkdir(s, perms, 2, "%s", a->vm);
    if (!rc)
        rc = pel_store_put(s, a->vm, "name", "%s", a->name);
    if (!rc)
        rc = pel_store_put(s, a->vm, "uuid", "%s", a->uuid);
    if (!rc)
        rc = pel_store_write(s, a->vm, "/local/domain/%u/vm", a->domid);
    if (!rc)
        rc = pel_store_write(s, a->name, "/local/domain/%u/name", a->domid);

    return rc ? rc : pel_store_rm(s, "/pel/%u", a->domid);
}

int rename_away(struct pel_ctx *ctx, uint32_t domid,
                const struct pel_config *cfg)
{
    struct aside a = { .domid = domid };
    char old[37], stamp[24];
    time_t now = time(NULL);
    struct pel_store s;
    struct tm tm;
    uuid_t uuid;
    int rc;

    rc = pel_store_use(ctx, &s);
    if (!rc)
        rc = pel_devices_remove_all(ctx, domid, true);
    if (rc)
        return rc;

    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
    snprintf(a.name, sizeof(a.name), "%s-%s", cfg->name, stamp);
    uuid_generate(uuid);
    uuid_unparse_lower(uuid, a.uuid);
    uuid_unparse_lower(cfg->uuid, old);
    snprintf(a.vm, sizeof(a.vm), "/vm/%s", a.uuid);
    snprintf(a.old_vm, sizeof(a.old_vm), "/vm/%s", old);
    rc = pel_store_txn(&s, aside_txn, &a);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot rename domain %u", domid);

    return rename_uuid(ctx, domid, uuid);
}
