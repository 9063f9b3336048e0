/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a configuration says by not saying it, and what does not fit. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <sys/random.h>
#include <pel/ctx.h>
#include "local.h"

#define MEMORY_DEFAULT_KB (32ull << 10)

void pel_config_init(struct pel_config *cfg)
{
    memset(cfg, 0, sizeof(*cfg));
    cfg->on_poweroff = PEL_ACTION_DESTROY;
    cfg->on_reboot = PEL_ACTION_RESTART;
    cfg->on_crash = PEL_ACTION_DESTROY;
}

int pel_name_check(struct pel_ctx *ctx, const char *name)
{
    size_t len;
    bool digits = true;

    if (!name || !*name)
        return pel_fail(ctx, PEL_EINVAL,
                        "the configuration has no name: add name=\"...\"");
    len = strlen(name);
    if (len > PEL_NAME_MAX)
        return pel_fail(ctx, PEL_EINVAL,
                        "the name has %zu characters; %d are allowed", len,
                        PEL_NAME_MAX);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = name[i];

        if (!isalnum(c) && !strchr("+-._:", c))
            return pel_fail(ctx, PEL_EINVAL,
                            "the name \"%s\" may have letters, digits and "
                            "+-._: only",
                            name);
        digits = digits && isdigit(c);
    }
    /* Commands take a number for an id. */
    if (digits || name[0] == '-' || name[0] == '.')
        return pel_fail(ctx, PEL_EINVAL,
                        "the name \"%s\" may not be a number or begin with "
                        "'-' or '.'",
                        name);
    return 0;
}

static int make_cmdline(struct pel_ctx *ctx, struct pel_config *cfg)
{
    const char *extra = cfg->extra ? cfg->extra : "";
    int rc;

    if (!cfg->cmdline) {
        rc = cfg->root ? asprintf(&cfg->cmdline, "root=%s %s", cfg->root, extra)
                       : asprintf(&cfg->cmdline, "%s", extra);
        if (rc < 0) {
            cfg->cmdline = NULL;
            return pel_fail_oom(ctx);
        }
    } else if (ctx && (cfg->root || cfg->extra)) {
        pel_log(ctx, PEL_LOG_WARN,
                "cmdline is given: root and extra are "
                "ignored");
    }
    free(cfg->root);
    free(cfg->extra);
    cfg->root = cfg->extra = NULL;

    if (strlen(cfg->cmdline) > PEL_CMDLINE_MAX)
        return pel_fail(ctx, PEL_EINVAL,
                        "the kernel's command line has %zu bytes; %d are "
                        "allowed",
                        strlen(cfg->cmdline), PEL_CMDLINE_MAX);
    return 0;
}

static int check_sizes(struct pel_ctx *ctx, struct pel_config *cfg)
{
    if (!cfg->memory_kb)
        cfg->memory_kb = cfg->maxmem_kb ? cfg->maxmem_kb : MEMORY_DEFAULT_KB;
    if (!cfg->maxmem_kb)
        cfg->maxmem_kb = cfg->memory_kb;
    if (cfg->maxmem_kb < cfg->memory_kb)
        return pel_fail(ctx, PEL_EINVAL,
                        "maxmem (%llu MiB) is less than memory (%llu MiB)",
                        (unsigned long long)cfg->maxmem_kb >> 10,
                        (unsigned long long)cfg->memory_kb >> 10);

    if (!cfg->vcpus)
        cfg->vcpus = 1;
    if (!cfg->maxvcpus)
        cfg->maxvcpus = cfg->vcpus;
    if (cfg->maxvcpus < cfg->vcpus)
        return pel_fail(ctx, PEL_EINVAL,
                        "maxvcpus (%u) is less than vcpus "
                        "(%u)",
                        cfg->maxvcpus, cfg->vcpus);
    return 0;
}

static int check_affinity(struct pel_ctx *ctx, const struct pel_config *cfg,
                          const char *key, const struct pel_affinity *a)
{
    if (a->nr > cfg->maxvcpus && !a->for_all)
        return pel_fail(ctx, PEL_EINVAL,
                        "%s has %zu lists and the guest %u vCPUs", key, a->nr,
                        cfg->maxvcpus);
    return 0;
}

/* Names come from images too, and are parts of the names of files. */
static int check_disks(struct pel_ctx *ctx, const struct pel_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_disks; i++) {
        const char *vdev = cfg->disks[i].vdev;

        if (!*vdev || vdev[strspn(vdev, PEL_VDEV_CHARACTERS)])
            return pel_fail(ctx, PEL_EINVAL, "\"%s\" is no name of a disk",
                            vdev);
        for (size_t j = 0; j < i; j++)
            if (!strcmp(vdev, cfg->disks[j].vdev))
                return pel_fail(ctx, PEL_EINVAL, "two disks have the name %s",
                                vdev);
    }
    return 0;
}

/* 00:16:3e is the range that the ABI's guests use; the rest is drawn. */
int pel_nic_draw_mac(struct pel_ctx *ctx, struct pel_nic *nic)
{
    static const uint8_t prefix[3] = { 0x00, 0x16, 0x3e };

    if (nic->has_mac)
        return 0;
    memcpy(nic->mac, prefix, sizeof(prefix));
    if (getrandom(nic->mac + 3, 3, 0) != 3)
        return pel_fail_sys(ctx, PEL_EIO, "cannot draw a MAC address");
    nic->mac[3] &= 0x7f;
    nic->has_mac = true;
    return 0;
}

int pel_config_finish(struct pel_ctx *ctx, struct pel_config *cfg)
{
    int rc;

    rc = pel_name_check(ctx, cfg->name);
    if (rc)
        return rc;
    if (!cfg->kernel || !*cfg->kernel)
        return pel_fail(ctx, PEL_EINVAL,
                        "the configuration has no kernel: add kernel=\"...\"");
    if (cfg->ramdisk && !*cfg->ramdisk) {
        free(cfg->ramdisk);
        cfg->ramdisk = NULL;
    }

    rc = check_sizes(ctx, cfg);
    if (!rc)
        rc = check_affinity(ctx, cfg, "cpus", &cfg->cpus);
    if (!rc)
        rc = check_affinity(ctx, cfg, "cpus_soft", &cfg->cpus_soft);
    if (!rc)
        rc = check_disks(ctx, cfg);
    if (!rc)
        rc = make_cmdline(ctx, cfg);
    for (size_t i = 0; !rc && i < cfg->nr_nics; i++)
        rc = pel_nic_draw_mac(ctx, &cfg->nics[i]);
    if (rc)
        return rc;

    if (!cfg->has_uuid) {
        uuid_generate_random(cfg->uuid);
        cfg->has_uuid = true;
    }
    return 0;
}
