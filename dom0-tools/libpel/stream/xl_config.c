/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The configuration inside an image: the JSON of libxl's domain_config, as
 * far as a PV guest has it.  Ours stands in it once more as a text under the
 * name "pel", so that nothing is lost between our own tools.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/json.h>
#include <pel/stream.h>

/* A guest whose image names no kernel; only a restart would want it. */
#define NO_KERNEL "/none"

static void put_text(struct pel_json_writer *w, const char *key,
                     const char *text)
{
    if (!text)
        return;
    pel_json_key(w, key);
    pel_json_put_text(w, text);
}

/* libxl writes its enumerations with underscores. */
static const char *action_name(enum pel_action action)
{
    return action == PEL_ACTION_RENAME_RESTART ? "restart_rename"
                                               : pel_action_name(action);
}

static void put_create_info(struct pel_json_writer *w,
                            const struct pel_config *cfg)
{
    char uuid[UUID_STR_LEN];

    uuid_unparse_lower(cfg->uuid, uuid);
    pel_json_key(w, "c_info");
    pel_json_open_map(w);
    put_text(w, "type", "pv");
    put_text(w, "name", cfg->name);
    put_text(w, "uuid", uuid);
    put_text(w, "run_hotplug_scripts", "True");
    pel_json_close_map(w);
}

static void put_build_info(struct pel_json_writer *w,
                           const struct pel_config *cfg, uint64_t memory_kb)
{
    pel_json_key(w, "b_info");
    pel_json_open_map(w);
    pel_json_member_uint(w, "max_vcpus", cfg->maxvcpus);
    pel_json_key(w, "avail_vcpus");
    pel_json_open_list(w);
    for (uint32_t i = 0; i < cfg->vcpus; i++)
        pel_json_put_uint(w, i);
    pel_json_close_list(w);
    put_text(w, "tsc_mode",
             cfg->tsc_mode ? pel_tsc_mode_name(cfg->tsc_mode) : NULL);
    pel_json_member_uint(w, "max_memkb",
                         cfg->maxmem_kb > memory_kb ? cfg->maxmem_kb
                                                    : memory_kb);
    pel_json_member_uint(w, "target_memkb", memory_kb);
    put_text(w, "kernel", cfg->kernel);
    put_text(w, "cmdline", cfg->cmdline);
    put_text(w, "ramdisk", cfg->ramdisk);
    pel_json_key(w, "type.pv");
    pel_json_open_map(w);
    pel_json_close_map(w);
    pel_json_close_map(w);
}

static void put_disk(struct pel_json_writer *w, const struct pel_disk *d)
{
    pel_json_open_map(w);
    put_text(w, "pdev_path", d->target);
    put_text(w, "vdev", d->vdev);
    put_text(w, "format", "raw");
    put_text(w, "script", d->script);
    pel_json_member_uint(w, "readwrite", d->writable);
    pel_json_close_map(w);
}

static void put_nic(struct pel_json_writer *w, const struct pel_nic *n,
                    size_t devid)
{
    const uint8_t *m = n->mac;
    char mac[18];

    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
             m[2], m[3], m[4], m[5]);
    pel_json_open_map(w);
    pel_json_member_uint(w, "devid", devid);
    if (n->mtu)
        pel_json_member_uint(w, "mtu", n->mtu);
    put_text(w, "mac", mac);
    put_text(w, "ip", n->ip);
    put_text(w, "bridge", n->bridge ? n->bridge : "xenbr0");
    put_text(w, "ifname", n->ifname);
    put_text(w, "script", n->script);
    put_text(w, "nictype", "vif");
    pel_json_close_map(w);
}

static void put_all(struct pel_json_writer *w, const struct pel_config *cfg,
                    uint64_t memory_kb, const char *ours)
{
    pel_json_open_map(w);
    put_create_info(w, cfg);
    put_build_info(w, cfg, memory_kb);
    pel_json_key(w, "disks");
    pel_json_open_list(w);
    for (size_t i = 0; i < cfg->nr_disks; i++)
        put_disk(w, &cfg->disks[i]);
    pel_json_close_list(w);
    pel_json_key(w, "nics");
    pel_json_open_list(w);
    for (size_t i = 0; i < cfg->nr_nics; i++)
        put_nic(w, &cfg->nics[i], i);
    pel_json_close_list(w);
    put_text(w, "on_poweroff", action_name(cfg->on_poweroff));
    put_text(w, "on_reboot", action_name(cfg->on_reboot));
    put_text(w, "on_crash", action_name(cfg->on_crash));
    put_text(w, "pel", ours);
    pel_json_close_map(w);
}

int pel_xl_config_write(struct pel_ctx *ctx, const struct pel_config *cfg,
                        uint64_t memory_kb, char **out)
{
    struct pel_json_writer *w;
    char *ours;
    int rc = pel_config_to_json(ctx, cfg, &ours);

    *out = NULL;
    if (rc)
        return rc;
    w = pel_json_writer_new(true);
    put_all(w, cfg, memory_kb, ours);
    free(ours);
    *out = pel_json_writer_end(w);
    return *out ? 0 : pel_fail_oom(ctx);
}

/* ---- reading ------------------------------------------------------------- */

static int wrong(struct pel_ctx *ctx, const char *what)
{
    return pel_fail(ctx, PEL_EFORMAT,
                    "the configuration in the image has no proper \"%s\"",
                    what);
}

/* A text that may be missing. */
static int get_text(struct pel_ctx *ctx, const struct pel_json *map,
                    const char *key, char **to)
{
    const char *text = pel_json_text(pel_json_get(map, key));

    if (!text)
        return 0;
    free(*to);
    *to = strdup(text);
    return *to ? 0 : pel_fail_oom(ctx);
}

/* Memory in KiB, in whole MiB as our own files have it. */
static uint64_t whole_mib(uint64_t kb)
{
    return kb > UINT64_MAX - 1023 ? kb : (kb + 1023) & ~1023ull;
}

static uint64_t get_uint(const struct pel_json *map, const char *key,
                         uint64_t otherwise)
{
    uint64_t v;

    return pel_json_uint(pel_json_get(map, key), &v) ? v : otherwise;
}

static int get_create_info(struct pel_ctx *ctx, const struct pel_json *c,
                           struct pel_config *cfg)
{
    const char *type = pel_json_text(pel_json_get(c, "type"));
    const char *uuid = pel_json_text(pel_json_get(c, "uuid"));

    if (!type || strcmp(type, "pv"))
        return pel_fail(ctx, PEL_ENOTSUP,
                        "the image is of a guest of type \"%s\"; only PV "
                        "guests run here",
                        type ? type : "unknown");
    if (!uuid || uuid_parse(uuid, cfg->uuid))
        return wrong(ctx, "uuid");
    cfg->has_uuid = true;
    return get_text(ctx, c, "name", &cfg->name);
}

static void get_actions(const struct pel_json *root, struct pel_config *cfg)
{
    const struct {
        const char *key;
        enum pel_action *to;
    } rows[] = {
        { "on_poweroff", &cfg->on_poweroff },
        { "on_reboot", &cfg->on_reboot },
        { "on_crash", &cfg->on_crash },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *word = pel_json_text(pel_json_get(root, rows[i].key));
        int action;

        if (!word)
            continue;
        action = pel_action_parse(
            strcmp(word, "restart_rename") ? word : "rename-restart");
        /* Those that dump a core first do the rest of it. */
        if (action < 0)
            action = strstr(word, "restart") ? PEL_ACTION_RESTART
                                             : PEL_ACTION_DESTROY;
        *rows[i].to = action;
    }
}

static int get_build_info(struct pel_ctx *ctx, const struct pel_json *b,
                          struct pel_config *cfg)
{
    const struct pel_json *online = pel_json_get(b, "avail_vcpus");
    int rc;

    cfg->maxvcpus = get_uint(b, "max_vcpus", 1);
    cfg->vcpus =
        pel_json_count(online) ? pel_json_count(online) : cfg->maxvcpus;
    cfg->memory_kb = whole_mib(get_uint(b, "target_memkb", 0));
    cfg->maxmem_kb = whole_mib(get_uint(b, "max_memkb", cfg->memory_kb));
    if (cfg->maxmem_kb < cfg->memory_kb)
        cfg->maxmem_kb = cfg->memory_kb;
    if (!cfg->memory_kb || cfg->maxmem_kb >> 2 > PEL_IMAGE_PFNS)
        return wrong(ctx, "target_memkb");
    if (!cfg->maxvcpus || cfg->maxvcpus > PEL_VCPUS_MAX ||
        cfg->vcpus > cfg->maxvcpus)
        return wrong(ctx, "max_vcpus");
    rc = get_text(ctx, b, "kernel", &cfg->kernel);
    if (!rc)
        rc = get_text(ctx, b, "ramdisk", &cfg->ramdisk);
    if (!rc)
        rc = get_text(ctx, b, "cmdline", &cfg->cmdline);
    if (!rc && !cfg->kernel) {
        cfg->kernel = strdup(NO_KERNEL);
        if (!cfg->kernel)
            rc = pel_fail_oom(ctx);
    }
    return rc;
}

static int get_disk(struct pel_ctx *ctx, const struct pel_json *j,
                    struct pel_disk *d)
{
    const char *format = pel_json_text(pel_json_get(j, "format"));
    int rc;

    if ((format && strcmp(format, "raw")) || get_uint(j, "is_cdrom", 0))
        return pel_fail(ctx, PEL_ENOTSUP,
                        "the guest in the image has a disk of format \"%s\"; "
                        "only raw ones are known here",
                        format ? format : "cdrom");
    d->backend = PEL_DISK_FILE;
    d->writable = get_uint(j, "readwrite", 0);
    rc = get_text(ctx, j, "pdev_path", &d->target);
    if (!rc)
        rc = get_text(ctx, j, "vdev", &d->vdev);
    if (!rc)
        rc = get_text(ctx, j, "script", &d->script);
    return !rc && (!d->target || !d->vdev) ? wrong(ctx, "disks") : rc;
}

/* libxl names a script for each NIC; this one does what is done natively. */
static bool is_native(const char *script)
{
    const char *name = script ? strrchr(script, '/') : NULL;

    return !script || !strcmp(name ? name + 1 : script, "vif-bridge");
}

static int get_nic(struct pel_ctx *ctx, const struct pel_json *j,
                   struct pel_nic *n)
{
    const char *script = pel_json_text(pel_json_get(j, "script"));
    const char *mac = pel_json_text(pel_json_get(j, "mac"));
    uint64_t mtu = get_uint(j, "mtu", 0);
    char text[32];
    int rc;

    if (!mac || mtu > UINT16_MAX)
        return wrong(ctx, "nics");
    snprintf(text, sizeof(text), "mac=%s", mac);
    rc = pel_nic_parse(ctx, text, n);
    n->mtu = mtu;
    if (!rc)
        rc = get_text(ctx, j, "bridge", &n->bridge);
    if (!rc)
        rc = get_text(ctx, j, "ifname", &n->ifname);
    if (!rc)
        rc = get_text(ctx, j, "ip", &n->ip);
    if (!rc && !is_native(script))
        rc = get_text(ctx, j, "script", &n->script);
    if (!rc && !n->script && n->ip)
        pel_log(ctx, PEL_LOG_WARN,
                "the NIC %s is not kept to its address: ip= is for scripts",
                mac);
    if (!rc && get_uint(j, "rate_bytes_per_interval", 0))
        pel_log(ctx, PEL_LOG_WARN, "the NIC %s gets no limit of its rate", mac);
    return rc;
}

static void get_shares(const struct pel_json *params, struct pel_config *cfg)
{
    uint64_t weight = get_uint(params, "weight", 0);
    uint64_t cap = get_uint(params, "cap", 0);

    cfg->cpu_weight = weight <= PEL_WEIGHT_MAX ? weight : 0;
    cfg->cap = cap <= PEL_CAP_MAX ? cap : 0;
}

/* What the guest had and does not get again is told. */
static void tell_lost(struct pel_ctx *ctx, const struct pel_json *map,
                      const char *const *keys)
{
    for (; *keys; keys++)
        if (pel_json_count(pel_json_get(map, *keys)))
            pel_log(ctx, PEL_LOG_WARN,
                    "the \"%s\" in the image are not restored", *keys);
}

static int get_stock(struct pel_ctx *ctx, const struct pel_json *root,
                     struct pel_config *cfg)
{
    static const char *const devices[] = {
        "vfbs",     "vkbs",    "vtpms",    "p9s",  "pvcallsifs",
        "usbctrls", "usbdevs", "pcidevs",  "rdms", "dtdevs",
        "vdispls",  "vsnds",   "channels", NULL,
    };
    static const char *const pins[] = { "vcpu_hard_affinity",
                                        "vcpu_soft_affinity", NULL };
    const struct pel_json *build = pel_json_get(root, "b_info");
    int rc = get_create_info(ctx, pel_json_get(root, "c_info"), cfg);

    if (!rc)
        rc = get_build_info(ctx, build, cfg);
    if (!rc) {
        get_shares(pel_json_get(build, "sched_params"), cfg);
        get_actions(root, cfg);
        tell_lost(ctx, root, devices);
        tell_lost(ctx, build, pins);
    }
    if (!rc)
        rc = pel_config_read_devices(ctx, pel_json_get(root, "disks"), get_disk,
                                     pel_json_get(root, "nics"), get_nic, cfg);
    if (!rc)
        rc = pel_config_finish(ctx, cfg);
    return rc;
}

int pel_xl_config_read(struct pel_ctx *ctx, const char *text, size_t len,
                       struct pel_config *cfg)
{
    struct pel_json *root;
    const char *ours;
    uint64_t memory_kb;
    int rc;

    pel_config_init(cfg);
    rc = pel_json_parse(ctx, text, len, &root);
    if (rc)
        return rc;

    ours = pel_json_text(pel_json_get(root, "pel"));
    if (ours) {
        rc = pel_config_from_json(ctx, ours, strlen(ours), cfg);
        memory_kb = get_uint(pel_json_get(root, "b_info"), "target_memkb", 0);
        if (!rc && memory_kb && memory_kb <= cfg->maxmem_kb)
            cfg->memory_kb = memory_kb;
    } else {
        rc = get_stock(ctx, root, cfg);
    }
    pel_json_free(root);
    if (rc)
        pel_config_free(cfg);
    return rc;
}
