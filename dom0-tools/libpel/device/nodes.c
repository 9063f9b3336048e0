/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A device's nodes in the store: three folders (front end, back end and the
 * copy that stock tools list from), created and removed together.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/io/xenbus.h>

#include "local.h"

struct create {
    const struct device *dev;
    const struct node *front, *back;
};

void device_init(struct device *dev, uint32_t domid, const char *kind,
                 uint32_t devid)
{
    memset(dev, 0, sizeof(*dev));
    dev->domid = domid;
    dev->devid = devid;
    snprintf(dev->kind, sizeof(dev->kind), "%s", kind);

    /* A PV guest's first console predates the device/ folder. */
    if (!strcmp(kind, "console") && devid == 0)
        snprintf(dev->front, sizeof(dev->front), "/local/domain/%u/console",
                 domid);
    else
        snprintf(dev->front, sizeof(dev->front),
                 "/local/domain/%u/device/%s/%u", domid, kind, devid);
    snprintf(dev->back, sizeof(dev->back), "/local/domain/0/backend/%s/%u/%u",
             kind, domid, devid);
    snprintf(dev->libxl, sizeof(dev->libxl), "/libxl/%u/device/%s/%u", domid,
             kind, devid);
}

static int put_rows(struct pel_store *s, const char *dir,
                    const struct node *rows)
{
    int rc = 0;

    for (; !rc && rows->name; rows++)
        if (rows->value)
            rc = pel_store_put(s, dir, rows->name, "%s", rows->value);

    return rc;
}

static int exists(struct pel_store *s, const char *path)
{
    char *value = pel_store_read(s, "%s", path);

    if (!value)
        return errno == ENOENT ? 0 : -errno;
    free(value);

    return 1;
}

static int put_front(struct pel_store *s, const struct device *dev,
                     const struct node *rows)
{
    /* A console's folder belongs to dom0: the guest only reads its nodes. */
    bool console = !strcmp(dev->kind, "console");
    const struct xs_permissions perms[] = {
        { .id = console ? 0 : dev->domid, .perms = XS_PERM_NONE },
        { .id = console ? dev->domid : 0, .perms = XS_PERM_READ },
    };
    int rc;

    rc = pel_store_mkdir(s, perms, 2, "%s", dev->front);
    if (!rc)
        rc = pel_store_put(s, dev->front, "backend", "%s", dev->back);
    if (!rc)
        rc = pel_store_put(s, dev->front, "backend-id", "0");
    if (!rc && !console)
        rc = pel_store_put(s, dev->front, "state", "%d",
                           XenbusStateInitialising);

    return rc ? rc : put_rows(s, dev->front, rows);
}

static int put_back(struct pel_store *s, const struct device *dev,
                    const char *dir, const struct node *rows)
{
    int rc;

    rc = pel_store_put(s, dir, "frontend", "%s", dev->front);
    if (!rc)
        rc = pel_store_put(s, dir, "frontend-id", "%u", dev->domid);
    if (!rc)
        rc = pel_store_put(s, dir, "online", "1");
    if (!rc)
        rc = pel_store_put(s, dir, "state", "%d", XenbusStateInitialising);

    return rc ? rc : put_rows(s, dir, rows);
}

static int create_txn(struct pel_store *s, void *arg)
{
    const struct create *c = arg;
    const struct device *dev = c->dev;
    const struct xs_permissions back_perms[] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = dev->domid, .perms = XS_PERM_READ },
    };
    const struct xs_permissions dom0_only[] = {
        { .id = 0, .perms = XS_PERM_NONE },
    };
    int rc;

    /* A console is there from the first, and may be described anew. */
    rc = strcmp(dev->kind, "console") ? exists(s, dev->back) : 0;
    if (!rc && strcmp(dev->kind, "console"))
        rc = exists(s, dev->front);
    if (rc)
        return rc < 0 ? rc : -EEXIST;

    rc = put_front(s, dev, c->front);
    if (!rc)
        rc = pel_store_mkdir(s, back_perms, 2, "%s", dev->back);
    if (!rc)
        rc = put_back(s, dev, dev->back, c->back);
    if (!rc)
        rc = pel_store_mkdir(s, dom0_only, 1, "%s", dev->libxl);
    if (!rc)
        rc = pel_store_put(s, dev->libxl, "backend", "%s", dev->back);

    return rc ? rc : put_back(s, dev, dev->libxl, c->back);
}

int nodes_create(struct pel_store *s, const struct device *dev,
                 const struct node *front, const struct node *back)
{
    struct create c = { .dev = dev, .front = front, .back = back };

    return pel_store_txn(s, create_txn, &c);
}

static int remove_txn(struct pel_store *s, void *arg)
{
    const struct device *dev = arg;
    char stop[DEVICE_PATH_SIZE];
    int rc;

    snprintf(stop, sizeof(stop), "/local/domain/%u", dev->domid);
    rc = pel_store_rm(s, "%s", dev->front);
    if (!rc)
        rc = pel_store_rm_empty(s, stop, "%s/device/%s", stop, dev->kind);
    if (!rc)
        rc = pel_store_rm(s, "%s", dev->back);
    if (!rc)
        rc = pel_store_rm_empty(s, "/local/domain/0",
                                "/local/domain/0/backend/%s/%u", dev->kind,
                                dev->domid);
    if (!rc)
        rc = pel_store_rm(s, "%s", dev->libxl);
    if (!rc) {
        snprintf(stop, sizeof(stop), "/libxl/%u", dev->domid);
        rc = pel_store_rm_empty(s, stop, "%s/device/%s", stop, dev->kind);
    }
    /* Linux keeps errors of its back ends in a tree of their own. */
    if (!rc)
        rc = pel_store_rm(s, "/local/domain/0/error/backend/%s/%u/%u",
                          dev->kind, dev->domid, dev->devid);
    if (!rc)
        rc = pel_store_rm_empty(s, "/local/domain/0",
                                "/local/domain/0/error/backend/%s/%u",
                                dev->kind, dev->domid);

    return rc;
}

int nodes_remove(struct pel_store *s, const struct device *dev)
{
    struct device copy = *dev;

    return pel_store_txn(s, remove_txn, &copy);
}
