/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * domctl: access to devices.  The hardware domain has all of them, the
 * others none: so taking away from those is done already, and giving is not
 * offered.
 */
#include <hv/errno.h>
#include "local.h"

#define NR_IO_PORTS 65536UL

static long permission(const struct domain *d, bool allow)
{
    return allow == d->hardware ? 0 : -EOPNOTSUPP;
}

long domctl_irq_permission(struct domain *d, struct xen_domctl *c)
{
    return permission(d, c->u.irq_permission.allow_access);
}

long domctl_iomem_permission(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_iomem_permission *p = &c->u.iomem_permission;

    if (p->first_mfn + p->nr_mfns - 1 < p->first_mfn)
        return -EINVAL;
    return permission(d, p->allow_access);
}

long domctl_ioport_permission(struct domain *d, struct xen_domctl *c)
{
    const struct xen_domctl_ioport_permission *p = &c->u.ioport_permission;

    if ((uint64_t)p->first_port + p->nr_ports > NR_IO_PORTS)
        return -EINVAL;
    return permission(d, p->allow_access);
}
