/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of a configuration: one row each, with its kind and its field. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include "local.h"

#define MEMORY_MAX_MIB (1ull << 26) /* 64 TiB: more does not fit the ABI */

void value_free(struct value *v)
{
    for (size_t i = 0; i < v->nr_items; i++)
        free(v->items[i]);
    free(v->items);
    free(v->text);
    memset(v, 0, sizeof(*v));
}

int setting_wants(const struct setting *s, const char *what)
{
    return pel_fail(s->ctx, PEL_EINVAL, "%s wants %s", s->key, what);
}

static int set_text(const struct setting *s)
{
    char **to = s->field, *both;
    int rc;

    if (s->v->type != VALUE_TEXT)
        return setting_wants(s, "a quoted string");
    if (!s->add || !*to)
        return text_copy(s->ctx, to, s->v->text);
    if (asprintf(&both, "%s%s", *to, s->v->text) < 0)
        return pel_fail_oom(s->ctx);
    rc = text_copy(s->ctx, to, both);
    free(both);
    return rc;
}

/* Numbers may be quoted, as xl allows. */
int setting_number(const struct setting *s, uint64_t min, uint64_t max,
                   uint64_t *out)
{
    if (s->v->type == VALUE_NUMBER)
        *out = s->v->number;
    else if (s->v->type != VALUE_TEXT || !text_number(s->v->text, out))
        return setting_wants(s, "a number");
    if (*out < min || *out > max)
        return pel_fail(s->ctx, PEL_EINVAL, "%s has to be from %llu to %llu",
                        s->key, (unsigned long long)min,
                        (unsigned long long)max);
    return 0;
}

static int set_mib(const struct setting *s)
{
    uint64_t mib;
    int rc = setting_number(s, 1, MEMORY_MAX_MIB, &mib);

    if (!rc)
        *(uint64_t *)s->field = mib << 10;
    return rc;
}

static int set_uuid(const struct setting *s)
{
    if (s->v->type != VALUE_TEXT || uuid_parse(s->v->text, s->field))
        return setting_wants(s, "a UUID like "
                                "\"6f0b1d1e-6a5c-4c39-9d0e-3a1f5b7c2d48\"");
    s->cfg->has_uuid = true;
    return 0;
}

static int set_type(const struct setting *s)
{
    if (s->v->type != VALUE_TEXT)
        return setting_wants(s, "a quoted string");
    if (strcmp(s->v->text, "pv"))
        return pel_fail(s->ctx, PEL_ENOTSUP,
                        "type \"%s\" is not supported: only \"pv\" is",
                        s->v->text);
    return 0;
}

// clang-format off
static const char *const action_names[PEL_ACTION_COUNT] = {
    [PEL_ACTION_DESTROY]        = "destroy",
    [PEL_ACTION_RESTART]        = "restart",
    [PEL_ACTION_RENAME_RESTART] = "rename-restart",
    [PEL_ACTION_PRESERVE]       = "preserve",
};
// clang-format on

const char *pel_action_name(enum pel_action action)
{
    return action_names[action];
}

int pel_action_parse(const char *word)
{
    for (int i = 0; i < PEL_ACTION_COUNT; i++)
        if (!strcmp(word, action_names[i]))
            return i;
    return -PEL_EINVAL;
}

static int set_action(const struct setting *s)
{
    int action;

    if (s->v->type != VALUE_TEXT)
        return setting_wants(s, "a quoted string");
    action = pel_action_parse(s->v->text);
    if (action < 0)
        return setting_wants(s,
                             "\"destroy\", \"restart\", \"rename-restart\" or "
                             "\"preserve\"");
    *(enum pel_action *)s->field = action;
    return 0;
}

static void drop_disks(struct pel_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_disks; i++)
        pel_disk_free(&cfg->disks[i]);
    free(cfg->disks);
    cfg->disks = NULL;
    cfg->nr_disks = 0;
}

static void drop_nics(struct pel_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_nics; i++)
        pel_nic_free(&cfg->nics[i]);
    free(cfg->nics);
    cfg->nics = NULL;
    cfg->nr_nics = 0;
}

/* Room for the items of a list behind @nr that there are. */
static int make_room(const struct setting *s, size_t nr, size_t size)
{
    void **to = s->field, *p;

    if (s->v->type != VALUE_LIST)
        return setting_wants(s, "a list of strings in []");
    p = reallocarray(*to, nr + s->v->nr_items + 1, size);
    if (!p)
        return pel_fail_oom(s->ctx);
    memset((char *)p + nr * size, 0, (s->v->nr_items + 1) * size);
    *to = p;
    return 0;
}

static int set_disks(const struct setting *s)
{
    struct pel_config *cfg = s->cfg;
    int rc;

    if (!s->add)
        drop_disks(cfg);
    rc = make_room(s, cfg->nr_disks, sizeof(*cfg->disks));
    for (size_t i = 0; !rc && i < s->v->nr_items; i++)
        rc = pel_disk_parse(s->ctx, s->v->items[i],
                            &cfg->disks[cfg->nr_disks++]);
    return rc;
}

static int set_nics(const struct setting *s)
{
    struct pel_config *cfg = s->cfg;
    int rc;

    if (!s->add)
        drop_nics(cfg);
    rc = make_room(s, cfg->nr_nics, sizeof(*cfg->nics));
    for (size_t i = 0; !rc && i < s->v->nr_items; i++)
        rc = pel_nic_parse(s->ctx, s->v->items[i], &cfg->nics[cfg->nr_nics++]);
    return rc;
}

#define FIELD(name) offsetof(struct pel_config, name)

// clang-format off
static const struct {
    const char *key;
    int (*set)(const struct setting *s);
    size_t field;
    bool adds; /* += puts it behind what there is */
} keys[] = {
    { "name",        set_text,   FIELD(name), true },
    { "uuid",        set_uuid,   FIELD(uuid), false },
    { "memory",      set_mib,    FIELD(memory_kb), false },
    { "maxmem",      set_mib,    FIELD(maxmem_kb), false },
    { "vcpus",       set_vcpus,  FIELD(vcpus), false },
    { "maxvcpus",    set_vcpus,  FIELD(maxvcpus), false },
    { "cpus",        set_affinity, FIELD(cpus), false },
    { "cpus_soft",   set_affinity, FIELD(cpus_soft), false },
    { "cpu_weight",  set_weight, FIELD(cpu_weight), false },
    { "cap",         set_cap,    FIELD(cap), false },
    { "tsc_mode",    set_tsc_mode, FIELD(tsc_mode), false },
    { "kernel",      set_text,   FIELD(kernel), true },
    { "ramdisk",     set_text,   FIELD(ramdisk), true },
    { "cmdline",     set_text,   FIELD(cmdline), true },
    { "root",        set_text,   FIELD(root), true },
    { "extra",       set_text,   FIELD(extra), true },
    { "disk",        set_disks,  FIELD(disks), true },
    { "vif",         set_nics,   FIELD(nics), true },
    { "on_poweroff", set_action, FIELD(on_poweroff), false },
    { "on_reboot",   set_action, FIELD(on_reboot), false },
    { "on_crash",    set_action, FIELD(on_crash), false },
    { "type",        set_type,   0, false },
};
// clang-format on

int config_set(struct pel_ctx *ctx, struct pel_config *cfg, const char *key,
               const struct value *v, bool add)
{
    struct setting s = {
        .ctx = ctx, .cfg = cfg, .key = key, .v = v, .add = add
    };

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(key, keys[i].key))
            continue;
        if (add && !keys[i].adds)
            return pel_fail(ctx, PEL_EINVAL,
                            "%s cannot be added to: say =", key);
        s.field = (char *)cfg + keys[i].field;
        return keys[i].set(&s);
    }
    return pel_fail(ctx, PEL_EINVAL, "unknown key \"%s\"", key);
}

bool config_is_text(const char *key)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(key, keys[i].key))
            return keys[i].set == set_text || keys[i].set == set_uuid ||
                   keys[i].set == set_type || keys[i].set == set_action ||
                   keys[i].set == set_tsc_mode;
    return false;
}

void pel_config_free(struct pel_config *cfg)
{
    drop_disks(cfg);
    drop_nics(cfg);
    affinity_free(&cfg->cpus);
    affinity_free(&cfg->cpus_soft);
    free(cfg->name);
    free(cfg->kernel);
    free(cfg->ramdisk);
    free(cfg->cmdline);
    free(cfg->root);
    free(cfg->extra);
    pel_config_init(cfg);
}
