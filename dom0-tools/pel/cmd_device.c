/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel block-* and network-*: devices that come and go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/domain.h>
#include "cmd.h"
#include "out.h"

#define NICS_MAX 65535

int cmd_block_attach(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_disk disk = { .target = NULL };
    char *text = arg_join(a, 1);
    uint32_t domid;
    int rc;

    if (!text)
        return pel_fail_oom(ctx);
    rc = pel_domain_find(ctx, a->words[0], &domid);
    if (!rc)
        rc = pel_disk_parse(ctx, text, &disk);
    if (!rc)
        rc = pel_domain_add_disk(ctx, domid, &disk);
    pel_disk_free(&disk);
    free(text);
    return rc;
}

int cmd_block_detach(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid, number;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc && pel_vbd_number(a->words[1], &number))
        rc = pel_fail(ctx, PEL_EINVAL,
                      "%s is no name of a disk: use xvda, xvdb, ...",
                      a->words[1]);
    return rc ? rc : pel_domain_drop_disk(ctx, domid, number, arg_has(a, 'f'));
}

/* An address, whose letters may be of either size, or a number. */
static int find_nic(struct pel_ctx *ctx, uint32_t domid, const char *who,
                    uint32_t *number)
{
    struct pel_devinfo *list;
    uint64_t wanted = 0;
    bool found = false;
    size_t nr;
    int rc = pel_devices_info(ctx, domid, "vif", &list, &nr);

    if (!rc && !strchr(who, ':'))
        rc = arg_number(ctx, "NIC", who, 0, NICS_MAX, &wanted);
    for (size_t i = 0; !rc && !found && i < nr; i++) {
        const uint8_t *m = list[i].mac;
        char mac[18];

        snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
                 m[2], m[3], m[4], m[5]);
        found =
            strchr(who, ':') ? !strcasecmp(mac, who) : list[i].devid == wanted;
        *number = list[i].devid;
    }
    free(list);
    if (!rc && !found)
        rc = pel_fail(ctx, PEL_ENOENT, "domain %u has no NIC %s", domid, who);
    return rc;
}

int cmd_network_attach(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_nic nic = { .bridge = NULL };
    char *text = arg_join(a, 1);
    uint32_t domid;
    int rc;

    if (!text)
        return pel_fail_oom(ctx);
    rc = pel_domain_find(ctx, a->words[0], &domid);
    if (!rc)
        rc = pel_nic_parse(ctx, text, &nic);
    if (!rc)
        rc = pel_domain_add_nic(ctx, domid, &nic);
    pel_nic_free(&nic);
    free(text);
    return rc;
}

int cmd_network_detach(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid, number = 0;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = find_nic(ctx, domid, a->words[1], &number);
    return rc ? rc : pel_domain_drop_nic(ctx, domid, number, arg_has(a, 'f'));
}

static int list(struct pel_ctx *ctx, const struct args *a, const char *kind,
                void (*row)(uint32_t domid, const struct pel_devinfo *d))
{
    int rc = 0;

    for (int i = 0; !rc && i < a->nr_words; i++) {
        struct pel_devinfo *devices;
        uint32_t domid;
        size_t nr;

        rc = pel_domain_find(ctx, a->words[i], &domid);
        if (!rc)
            rc = pel_devices_info(ctx, domid, kind, &devices, &nr);
        if (rc)
            break;
        for (size_t n = 0; n < nr; n++)
            row(domid, &devices[n]);
        free(devices);
    }
    return rc;
}

static void block_row(uint32_t domid, const struct pel_devinfo *d)
{
    out_block_row(stdout, domid, d);
}

static void network_row(uint32_t domid, const struct pel_devinfo *d)
{
    (void)domid;
    out_network_row(stdout, d);
}

int cmd_block_list(struct pel_ctx *ctx, const struct args *a)
{
    out_block_head(stdout);
    return list(ctx, a, "vbd", block_row);
}

int cmd_network_list(struct pel_ctx *ctx, const struct args *a)
{
    out_network_head(stdout);
    return list(ctx, a, "vif", network_row);
}
