/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A configuration as JSON and back: the keys of xl.cfg with their own types,
 * disks and NICs as objects.  What is read passes the same checks as a file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include <pel/json.h>
#include "local.h"

static void put_text(struct pel_json_writer *w, const char *key,
                     const char *text)
{
    if (!text)
        return;
    pel_json_key(w, key);
    pel_json_put_text(w, text);
}

static void put_affinity(struct pel_json_writer *w, const char *key,
                         const struct pel_affinity *a)
{
    if (!a->nr)
        return;
    pel_json_key(w, key);
    if (a->for_all) {
        pel_json_put_text(w, a->lists[0]);
        return;
    }
    pel_json_open_list(w);
    for (size_t i = 0; i < a->nr; i++)
        pel_json_put_text(w, a->lists[i]);
    pel_json_close_list(w);
}

/* What has no value of its own is not written. */
static void put_cpus(struct pel_json_writer *w, const struct pel_config *cfg)
{
    pel_json_member_uint(w, "vcpus", cfg->vcpus);
    pel_json_member_uint(w, "maxvcpus", cfg->maxvcpus);
    put_affinity(w, "cpus", &cfg->cpus);
    put_affinity(w, "cpus_soft", &cfg->cpus_soft);
    if (cfg->cpu_weight)
        pel_json_member_uint(w, "cpu_weight", cfg->cpu_weight);
    if (cfg->cap)
        pel_json_member_uint(w, "cap", cfg->cap);
    if (cfg->tsc_mode)
        put_text(w, "tsc_mode", pel_tsc_mode_name(cfg->tsc_mode));
}

static void put_disk(struct pel_json_writer *w, const struct pel_disk *d)
{
    pel_json_open_map(w);
    put_text(w, "backend", d->backend == PEL_DISK_PHY ? "phy" : "file");
    put_text(w, "target", d->target);
    put_text(w, "vdev", d->vdev);
    pel_json_key(w, "writable");
    pel_json_put_bool(w, d->writable);
    put_text(w, "script", d->script);
    pel_json_close_map(w);
}

static void put_nic(struct pel_json_writer *w, const struct pel_nic *n)
{
    const uint8_t *m = n->mac;
    char mac[18];

    snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1],
             m[2], m[3], m[4], m[5]);
    pel_json_open_map(w);
    put_text(w, "mac", mac);
    put_text(w, "bridge", n->bridge);
    put_text(w, "vifname", n->ifname);
    put_text(w, "ip", n->ip);
    put_text(w, "script", n->script);
    if (n->mtu)
        pel_json_member_uint(w, "mtu", n->mtu);
    pel_json_close_map(w);
}

void pel_config_write_json(struct pel_json_writer *w,
                           const struct pel_config *cfg)
{
    char uuid[UUID_STR_LEN];

    uuid_unparse_lower(cfg->uuid, uuid);
    pel_json_open_map(w);
    put_text(w, "type", "pv");
    put_text(w, "name", cfg->name);
    put_text(w, "uuid", uuid);
    pel_json_member_uint(w, "memory", cfg->memory_kb >> 10);
    pel_json_member_uint(w, "maxmem", cfg->maxmem_kb >> 10);
    put_cpus(w, cfg);
    put_text(w, "kernel", cfg->kernel);
    put_text(w, "ramdisk", cfg->ramdisk);
    put_text(w, "cmdline", cfg->cmdline);
    put_text(w, "on_poweroff", pel_action_name(cfg->on_poweroff));
    put_text(w, "on_reboot", pel_action_name(cfg->on_reboot));
    put_text(w, "on_crash", pel_action_name(cfg->on_crash));
    pel_json_key(w, "disk");
    pel_json_open_list(w);
    for (size_t i = 0; i < cfg->nr_disks; i++)
        put_disk(w, &cfg->disks[i]);
    pel_json_close_list(w);
    pel_json_key(w, "vif");
    pel_json_open_list(w);
    for (size_t i = 0; i < cfg->nr_nics; i++)
        put_nic(w, &cfg->nics[i]);
    pel_json_close_list(w);
    pel_json_close_map(w);
}

int pel_config_to_json(struct pel_ctx *ctx, const struct pel_config *cfg,
                       char **out)
{
    struct pel_json_writer *w = pel_json_writer_new(false);

    *out = NULL;
    if (!w)
        return pel_fail_oom(ctx);
    pel_config_write_json(w, cfg);
    *out = pel_json_writer_end(w);
    if (!*out)
        return pel_fail(ctx, PEL_EINVAL,
                        "the configuration has text that is not UTF-8");
    return 0;
}

static int wrong_shape(struct pel_ctx *ctx, const char *key)
{
    return pel_fail(ctx, PEL_EFORMAT,
                    "the configuration's \"%s\" has the wrong JSON type", key);
}

/* A list of texts, which @v only borrows. */
static int get_list(struct pel_ctx *ctx, const char *key,
                    const struct pel_json *j, struct pel_config *cfg)
{
    struct value v = { .type = VALUE_LIST };
    int rc = 0;

    v.items = calloc(pel_json_count(j), sizeof(*v.items));
    if (!v.items)
        return pel_fail_oom(ctx);
    for (; !rc && v.nr_items < pel_json_count(j); v.nr_items++) {
        const char *text = pel_json_text(pel_json_at(j, v.nr_items));

        v.items[v.nr_items] = (char *)text;
        if (!text)
            rc = wrong_shape(ctx, key);
    }
    if (!rc)
        rc = config_set(ctx, cfg, key, &v, false);
    free(v.items);
    return rc;
}

static int get_value(struct pel_ctx *ctx, const char *key,
                     const struct pel_json *j, struct pel_config *cfg)
{
    struct value v = { .type = VALUE_TEXT };

    if (pel_json_count(j))
        return get_list(ctx, key, j, cfg);
    v.text = (char *)pel_json_text(j);
    if (!v.text) {
        v.type = VALUE_NUMBER;
        if (!pel_json_uint(j, &v.number))
            return wrong_shape(ctx, key);
    }
    return config_set(ctx, cfg, key, &v, false);
}

/* A member that may be missing; false when it is there and is no text. */
static bool member(const struct pel_json *map, const char *key,
                   const char **text)
{
    const struct pel_json *j = pel_json_get(map, key);

    *text = pel_json_text(j);
    return !j || *text;
}

/* An optional text into a field of its own. */
static int get_member(struct pel_ctx *ctx, const struct pel_json *map,
                      const char *key, char **to)
{
    const char *text;

    if (!member(map, key, &text))
        return wrong_shape(ctx, key);
    return text ? text_copy(ctx, to, text) : 0;
}

static int get_disk(struct pel_ctx *ctx, const struct pel_json *j,
                    struct pel_disk *d)
{
    const char *backend = pel_json_text(pel_json_get(j, "backend"));
    int rc;

    if (!backend || !pel_json_bool(pel_json_get(j, "writable"), &d->writable))
        return wrong_shape(ctx, "disk");
    d->backend = strcmp(backend, "phy") ? PEL_DISK_FILE : PEL_DISK_PHY;
    rc = get_member(ctx, j, "target", &d->target);
    if (!rc)
        rc = get_member(ctx, j, "vdev", &d->vdev);
    if (!rc)
        rc = get_member(ctx, j, "script", &d->script);
    if (!rc && (!d->target || !d->vdev))
        rc = wrong_shape(ctx, "disk");
    return rc;
}

static int get_nic(struct pel_ctx *ctx, const struct pel_json *j,
                   struct pel_nic *n)
{
    const struct pel_json *mtu = pel_json_get(j, "mtu");
    uint64_t v = 0;
    const char *mac;
    char text[32];
    int rc = 0;

    if (!member(j, "mac", &mac) || (mtu && !pel_json_uint(mtu, &v)) ||
        v > 65535)
        return wrong_shape(ctx, "vif");
    if (mac) {
        snprintf(text, sizeof(text), "mac=%s", mac);
        rc = pel_nic_parse(ctx, text, n);
    }
    n->mtu = v;
    if (!rc)
        rc = get_member(ctx, j, "bridge", &n->bridge);
    if (!rc)
        rc = get_member(ctx, j, "vifname", &n->ifname);
    if (!rc)
        rc = get_member(ctx, j, "ip", &n->ip);
    if (!rc)
        rc = get_member(ctx, j, "script", &n->script);
    return rc;
}

int pel_config_read_devices(struct pel_ctx *ctx, const struct pel_json *disks,
                            pel_disk_reader *disk, const struct pel_json *nics,
                            pel_nic_reader *nic, struct pel_config *cfg)
{
    size_t nr_disks = pel_json_count(disks), nr_nics = pel_json_count(nics);
    int rc = 0;

    cfg->disks = calloc(nr_disks + 1, sizeof(*cfg->disks));
    cfg->nics = calloc(nr_nics + 1, sizeof(*cfg->nics));
    if (!cfg->disks || !cfg->nics)
        return pel_fail_oom(ctx);
    while (!rc && cfg->nr_disks < nr_disks) {
        size_t i = cfg->nr_disks++;

        rc = disk(ctx, pel_json_at(disks, i), &cfg->disks[i]);
    }
    while (!rc && cfg->nr_nics < nr_nics) {
        size_t i = cfg->nr_nics++;

        rc = nic(ctx, pel_json_at(nics, i), &cfg->nics[i]);
    }
    return rc;
}

int pel_config_from_json(struct pel_ctx *ctx, const char *text, size_t len,
                         struct pel_config *cfg)
{
    struct pel_json *root;
    const char *key;
    int rc;

    pel_config_init(cfg);
    rc = pel_json_parse(ctx, text, len, &root);
    if (rc)
        return rc;

    if (!pel_json_each_key(root, 0))
        rc = pel_fail(ctx, PEL_EFORMAT,
                      "the configuration is not a JSON object with keys");
    for (size_t i = 0; !rc && (key = pel_json_each_key(root, i)); i++) {
        if (strcmp(key, "disk") && strcmp(key, "vif"))
            rc = get_value(ctx, key, pel_json_get(root, key), cfg);
    }
    if (!rc)
        rc = pel_config_read_devices(ctx, pel_json_get(root, "disk"), get_disk,
                                     pel_json_get(root, "vif"), get_nic, cfg);
    if (!rc)
        rc = pel_config_finish(ctx, cfg);
    pel_json_free(root);
    if (rc)
        pel_config_free(cfg);
    return rc;
}
