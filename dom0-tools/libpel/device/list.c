/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which devices a guest has, from whatever nodes of them are left. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pel/ctx.h>

#include "remove.h"

struct list {
    struct device *dev;
    size_t nr;
};

static int add(struct list *l, uint32_t domid, const char *kind,
               const char *name)
{
    struct device *grown;
    unsigned long devid;
    char *end;

    errno = 0;
    devid = strtoul(name, &end, 10);
    if (errno || end == name || *end || devid > UINT32_MAX ||
        strlen(kind) >= DEVICE_KIND_SIZE)
        return 0; /* nothing of the form KIND/NUMBER: not a device */
    for (size_t i = 0; i < l->nr; i++)
        if (l->dev[i].devid == devid && !strcmp(l->dev[i].kind, kind))
            return 0;

    grown = reallocarray(l->dev, l->nr + 1, sizeof(*l->dev));
    if (!grown)
        return -ENOMEM;
    l->dev = grown;
    device_init(&l->dev[l->nr++], domid, kind, (uint32_t)devid);

    return 0;
}

/* Children of a folder: 0 and perhaps none, or an error of the store. */
static int names_in(struct pel_store *s, const char *dir, char ***names,
                    unsigned int *nr)
{
    *nr = 0;
    *names = pel_store_list(s, nr, "%s", dir);
    if (!*names && errno != ENOENT && errno != EACCES)
        return -errno;

    return 0;
}

static int add_kind(struct list *l, struct pel_store *s, uint32_t domid,
                    const char *kind, const char *dir)
{
    unsigned int nr;
    char **names;
    int rc;

    rc = names_in(s, dir, &names, &nr);
    for (unsigned int i = 0; i < nr && !rc; i++)
        rc = add(l, domid, kind, names[i]);
    free(names);

    return rc;
}

/* All kinds below @root; @tail follows the kind in the path. */
static int add_root(struct list *l, struct pel_store *s, uint32_t domid,
                    const char *root, const char *tail)
{
    char dir[DEVICE_PATH_SIZE * 4];
    unsigned int nr;
    char **kinds;
    int rc;

    rc = names_in(s, root, &kinds, &nr);
    for (unsigned int i = 0; i < nr && !rc; i++) {
        snprintf(dir, sizeof(dir), "%s/%s%s", root, kinds[i], tail);
        rc = add_kind(l, s, domid, kinds[i], dir);
    }
    free(kinds);

    return rc;
}

int devices_list(struct pel_store *s, uint32_t domid, struct device **out,
                 size_t *nr)
{
    char root[64], tail[16];
    struct list l = { 0 };
    int rc;

    snprintf(root, sizeof(root), "/libxl/%u/device", domid);
    rc = add_root(&l, s, domid, root, "");
    snprintf(tail, sizeof(tail), "/%u", domid);
    if (!rc)
        rc = add_root(&l, s, domid, "/local/domain/0/backend", tail);
    snprintf(root, sizeof(root), "/local/domain/%u/device", domid);
    if (!rc)
        rc = add_root(&l, s, domid, root, "");
    if (rc) {
        free(l.dev);
        return rc;
    }
    *out = l.dev;
    *nr = l.nr;

    return 0;
}

int devices_open(struct pel_ctx *ctx, uint32_t domid, struct pel_store *s,
                 struct device **out, size_t *nr)
{
    int rc;

    rc = pel_store_use(ctx, s);
    if (rc)
        return rc;
    rc = devices_list(s, domid, out, nr);

    return rc ? pel_store_fail(ctx, rc, "cannot list the devices of domain %u",
                               domid)
              : 0;
}

int devices_each(struct pel_ctx *ctx, uint32_t domid, int timeout_ms,
                 int (*fn)(struct pel_ctx *ctx, struct pel_store *s,
                           const struct device *dev, uint64_t deadline_ns))
{
    uint64_t deadline_ns = pel_store_now_ns() + (uint64_t)timeout_ms * 1000000;
    struct device *dev = NULL;
    struct pel_store s;
    size_t nr = 0;
    int rc = devices_open(ctx, domid, &s, &dev, &nr);

    for (size_t i = 0; i < nr && !rc; i++)
        rc = fn(ctx, &s, &dev[i], deadline_ns);
    free(dev);

    return rc;
}

bool pel_disk_device(struct pel_store *s, const char *back, unsigned int *maj,
                     unsigned int *min)
{
    char *text = pel_store_read(s, "%s/physical-device", back);
    bool found = text && sscanf(text, "%x:%x", maj, min) == 2;

    free(text);

    return found;
}
