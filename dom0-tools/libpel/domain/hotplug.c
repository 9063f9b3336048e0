/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that come and go while a guest runs, and the configuration that a
 * restart goes by: it is changed after the device, so that what it names was
 * there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include "local.h"

static int add_disk(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    struct pel_disk *grown =
        reallocarray(cfg->disks, cfg->nr_disks + 1, sizeof(*grown));
    int rc;

    if (!grown)
        return pel_fail_oom(ctx);
    cfg->disks = grown;
    memset(&grown[cfg->nr_disks], 0, sizeof(*grown));
    rc = pel_disk_copy(ctx, &grown[cfg->nr_disks], arg);
    if (!rc)
        cfg->nr_disks++;
    return rc;
}

static int drop_disk(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    (void)ctx;
    for (size_t i = 0; i < cfg->nr_disks; i++) {
        uint32_t number;

        if (pel_vbd_number(cfg->disks[i].vdev, &number) ||
            number != *(uint32_t *)arg)
            continue;
        pel_disk_free(&cfg->disks[i]);
        cfg->nr_disks--;
        memmove(&cfg->disks[i], &cfg->disks[i + 1],
                (cfg->nr_disks - i) * sizeof(*cfg->disks));
        break;
    }
    return 0;
}

static int add_nic(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    struct pel_nic *grown =
        reallocarray(cfg->nics, cfg->nr_nics + 1, sizeof(*grown));
    int rc;

    if (!grown)
        return pel_fail_oom(ctx);
    cfg->nics = grown;
    memset(&grown[cfg->nr_nics], 0, sizeof(*grown));
    rc = pel_nic_copy(ctx, &grown[cfg->nr_nics], arg);
    if (!rc)
        cfg->nr_nics++;
    return rc;
}

/* A NIC's number is its place in the list at creation; its address stays. */
static int drop_nic(struct pel_ctx *ctx, struct pel_config *cfg, void *arg)
{
    (void)ctx;
    for (size_t i = 0; i < cfg->nr_nics; i++) {
        if (memcmp(cfg->nics[i].mac, arg, sizeof(cfg->nics[i].mac)))
            continue;
        pel_nic_free(&cfg->nics[i]);
        cfg->nr_nics--;
        memmove(&cfg->nics[i], &cfg->nics[i + 1],
                (cfg->nr_nics - i) * sizeof(*cfg->nics));
        break;
    }
    return 0;
}

/* Devices are for guests that exist and are not ourselves. */
static int check_guest(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_dominfo info;
    int rc;

    if (domid == 0)
        return pel_fail(ctx, PEL_EINVAL, "dom0 has the machine's own devices");
    rc = pel_domain_get(ctx, domid, &info);
    if (!rc && info.dying)
        rc = pel_fail(ctx, PEL_ESTATE, "domain %u is dying", domid);
    return rc;
}

/* What cannot be noted would be missing after a restart: it goes again. */
static int note_or_undo(struct pel_ctx *ctx, uint32_t domid, const char *kind,
                        uint32_t number,
                        int (*add)(struct pel_ctx *ctx, struct pel_config *cfg,
                                   void *arg),
                        void *arg)
{
    int rc = pel_domain_config_change(ctx, domid, add, arg);
    char why[PEL_MESSAGE_MAX];

    if (!rc)
        return 0;
    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    if (pel_device_detach(ctx, domid, kind, number, true))
        pel_log(ctx, PEL_LOG_WARN, "%s %u of domain %u is left behind: %s",
                kind, number, domid, pel_error_message(ctx));
    snprintf(ctx->message, sizeof(ctx->message), "%s", why);
    return rc;
}

int pel_domain_add_disk(struct pel_ctx *ctx, uint32_t domid,
                        const struct pel_disk *disk)
{
    uint32_t number;
    int rc = check_guest(ctx, domid);

    if (!rc)
        rc = pel_vbd_attach(ctx, domid, disk);
    if (!rc)
        rc = pel_vbd_number(disk->vdev, &number);
    if (!rc)
        rc = note_or_undo(ctx, domid, "vbd", number, add_disk, (void *)disk);
    return rc;
}

/* The first number that no NIC has. */
static int free_number(struct pel_ctx *ctx, uint32_t domid, uint32_t *number)
{
    struct pel_devinfo *list;
    size_t nr;
    int rc = pel_devices_info(ctx, domid, "vif", &list, &nr);

    *number = 0;
    for (size_t i = 0; !rc && i < nr && list[i].devid == *number; i++)
        (*number)++;
    free(list);
    return rc;
}

int pel_domain_add_nic(struct pel_ctx *ctx, uint32_t domid, struct pel_nic *nic)
{
    uint32_t number;
    int rc = check_guest(ctx, domid);

    if (!rc)
        rc = free_number(ctx, domid, &number);
    if (!rc)
        rc = pel_nic_draw_mac(ctx, nic);
    if (!rc)
        rc = pel_vif_attach(ctx, domid, number, nic);
    if (!rc)
        rc = note_or_undo(ctx, domid, "vif", number, add_nic, nic);
    return rc;
}

int pel_domain_drop_disk(struct pel_ctx *ctx, uint32_t domid, uint32_t number,
                         bool force)
{
    int rc = pel_device_detach(ctx, domid, "vbd", number, force);

    return rc ? rc : pel_domain_config_change(ctx, domid, drop_disk, &number);
}

int pel_domain_drop_nic(struct pel_ctx *ctx, uint32_t domid, uint32_t number,
                        bool force)
{
    uint8_t mac[6] = { 0 };
    struct pel_devinfo *list;
    size_t nr;
    int rc = pel_devices_info(ctx, domid, "vif", &list, &nr);

    for (size_t i = 0; !rc && i < nr; i++)
        if (list[i].devid == number)
            memcpy(mac, list[i].mac, sizeof(mac));
    free(list);
    if (!rc)
        rc = pel_device_detach(ctx, domid, "vif", number, force);
    return rc ? rc : pel_domain_config_change(ctx, domid, drop_nic, mac);
}
