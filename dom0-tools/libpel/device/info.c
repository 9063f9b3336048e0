/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the store says of a guest's disks and NICs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pel/ctx.h>
#include <pel/device.h>

#include "remove.h"

/* A node that the front end writes when it gets to it. */
static int number_or_none(struct pel_store *s, const struct device *dev,
                          const char *name)
{
    uint64_t value;

    if (pel_store_read_u64(s, &value, "%s/%s", dev->front, name) ||
        value > INT32_MAX)
        return -1;
    return (int)value;
}

static void read_mac(struct pel_store *s, const struct device *dev,
                     uint8_t mac[6])
{
    char *text = pel_store_read(s, "%s/mac", dev->back);

    memset(mac, 0, 6);
    if (text)
        sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2],
               &mac[3], &mac[4], &mac[5]);
    free(text);
}

static void describe(struct pel_store *s, const struct device *dev,
                     struct pel_devinfo *d)
{
    bool vif = !strcmp(dev->kind, "vif");

    memset(d, 0, sizeof(*d));
    d->devid = dev->devid;
    d->state = number_or_none(s, dev, "state");
    d->evtchn = number_or_none(s, dev, "event-channel");
    d->ring = number_or_none(s, dev, vif ? "tx-ring-ref" : "ring-ref");
    d->rx_ring = vif ? number_or_none(s, dev, "rx-ring-ref") : -1;
    if (vif)
        read_mac(s, dev, d->mac);
    snprintf(d->backend, sizeof(d->backend), "%s", dev->back);
}

static int by_number(const void *a, const void *b)
{
    const struct pel_devinfo *x = a, *y = b;

    return (x->devid > y->devid) - (x->devid < y->devid);
}

int pel_devices_info(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                     struct pel_devinfo **out, size_t *nr)
{
    struct device *dev = NULL;
    struct pel_store s;
    size_t all = 0;
    int rc = devices_open(ctx, domid, &s, &dev, &all);

    *out = NULL;
    *nr = 0;
    if (rc)
        return rc;
    *out = calloc(all + 1, sizeof(**out));
    for (size_t i = 0; *out && i < all; i++)
        if (!strcmp(dev[i].kind, kind))
            describe(&s, &dev[i], &(*out)[(*nr)++]);
    free(dev);
    if (!*out)
        return pel_fail_oom(ctx);
    qsort(*out, *nr, sizeof(**out), by_number);
    return 0;
}
