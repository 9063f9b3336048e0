/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which domains there are, and who is who. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/json.h>
#include <pel/store.h>
#include "local.h"

#define CHUNK 256 /* domains asked for in one call */

static void convert(const struct xen_domctl_getdomaininfo *from,
                    struct pel_dominfo *to)
{
    uint32_t f = from->flags;

    memset(to, 0, sizeof(*to));
    to->domid = from->domain;
    memcpy(to->uuid, from->handle, sizeof(to->uuid));
    to->dying = f & XEN_DOMINF_dying;
    to->shutdown = f & XEN_DOMINF_shutdown;
    to->paused = f & XEN_DOMINF_paused;
    to->blocked = f & XEN_DOMINF_blocked;
    to->running = f & XEN_DOMINF_running;
    to->reason = PEL_REASON_NONE;
    if (to->shutdown)
        to->reason = f >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
    to->memory_kb = (from->tot_pages + from->outstanding_pages) * 4;
    to->max_kb = from->max_pages * 4;
    to->cpu_time_ns = from->cpu_time;
    to->vcpus = from->nr_online_vcpus;
    if (from->max_vcpu_id != XEN_INVALID_MAX_VCPU_ID)
        to->nr_vcpus = from->max_vcpu_id + 1;
    to->pool = from->cpupool;
    to->shared_info_mfn = from->shared_info_frame;
}

int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr)
{
    struct xen_domctl_getdomaininfo *raw = calloc(CHUNK, sizeof(*raw));
    struct pel_dominfo *list = NULL, *bigger;
    uint32_t next = 0;
    size_t got;
    int rc = 0;

    *out = NULL;
    *nr = 0;
    if (!raw)
        return pel_fail_oom(ctx);
    do {
        rc = pel_hc_infos(ctx, next, raw, CHUNK, &got);
        if (rc || !got)
            break;
        bigger = reallocarray(list, *nr + got, sizeof(*list));
        if (!bigger) {
            rc = pel_fail_oom(ctx);
            break;
        }
        list = bigger;
        for (size_t i = 0; i < got; i++)
            convert(&raw[i], &list[(*nr)++]);
        next = raw[got - 1].domain + 1;
    } while (got == CHUNK);

    free(raw);
    if (rc) {
        free(list);
        *nr = 0;
        return rc;
    }
    *out = list;
    return 0;
}

int pel_domain_get(struct pel_ctx *ctx, uint32_t domid, struct pel_dominfo *out)
{
    struct xen_domctl_getdomaininfo raw;
    int rc = pel_hc_info(ctx, domid, &raw);

    if (!rc)
        convert(&raw, out);
    return rc;
}

int pel_domain_name(struct pel_ctx *ctx, uint32_t domid, char **name)
{
    struct pel_store s;
    int rc = pel_store_use(ctx, &s);

    *name = NULL;
    if (rc)
        return rc;
    *name = pel_store_read(&s, "/local/domain/%u/name", domid);
    if (*name)
        return 0;
    if (errno == ENOENT)
        return pel_fail(ctx, PEL_ENOENT, "domain %u has no name", domid);
    return pel_store_fail(ctx, -errno, "cannot read the name of domain %u",
                          domid);
}

static bool digits(const char *s)
{
    size_t i = 0;

    while (isdigit((unsigned char)s[i]))
        i++;
    return i && i <= 5 && !s[i];
}

/* The id of the domain with a name; without a message when there is none. */
static int find_name(struct pel_ctx *ctx, const char *who, uint32_t *domid)
{
    struct domain_names names = { .nr = 0 };
    struct pel_dominfo *list;
    size_t nr;
    int rc = pel_domain_list(ctx, &list, &nr);

    if (!rc)
        rc = domain_names_get(ctx, &names);
    if (!rc)
        rc = -PEL_ENOENT;
    for (size_t i = 0; rc == -PEL_ENOENT && i < nr; i++) {
        const char *name = domain_names_of(&names, list[i].domid);

        if (name && !strcmp(name, who)) {
            *domid = list[i].domid;
            rc = 0;
        }
    }
    domain_names_free(&names);
    free(list);
    return rc;
}

/* Whether a configuration in the store has this name. */
static bool names(struct pel_ctx *ctx, const char *json, const char *who)
{
    struct pel_json *root;
    const char *name;
    bool same;

    if (pel_json_parse(ctx, json, strlen(json), &root)) {
        pel_error_clear(ctx);
        return false;
    }
    name = pel_json_text(pel_json_get(root, "name"));
    same = name && !strcmp(name, who);
    pel_json_free(root);
    return same;
}

/* peld notes what it restarts in /pel/restart/UUID, as configurations. */
static bool is_restarting(struct pel_ctx *ctx, const char *who)
{
    unsigned int nr = 0;
    struct pel_store s;
    bool found = false;
    char **uuids;

    if (pel_store_use(ctx, &s)) {
        pel_error_clear(ctx);
        return false;
    }
    uuids = pel_store_list(&s, &nr, "/pel/restart");
    for (unsigned int i = 0; uuids && !found && i < nr; i++) {
        char *json = pel_store_read(&s, "/pel/restart/%s", uuids[i]);

        found = json && names(ctx, json, who);
        free(json);
    }
    free(uuids);
    return found;
}

int pel_domain_find(struct pel_ctx *ctx, const char *who, uint32_t *domid)
{
    struct pel_dominfo one;
    int rc;

    if (digits(who)) {
        *domid = strtoul(who, NULL, 10);
        return pel_domain_get(ctx, *domid, &one);
    }

    rc = find_name(ctx, who, domid);
    if (rc != -PEL_ENOENT)
        return rc;
    if (is_restarting(ctx, who))
        return pel_fail(ctx, PEL_ESTATE,
                        "\"%s\" is being restarted: try again in a moment",
                        who);
    /* A note goes only after its domain has come: it may just have. */
    rc = find_name(ctx, who, domid);
    if (rc == -PEL_ENOENT)
        pel_fail(ctx, PEL_ENOENT,
                 "there is no domain \"%s\": \"pel list\" shows them", who);
    return rc;
}

int pel_domain_config(struct pel_ctx *ctx, uint32_t domid,
                      struct pel_config *cfg)
{
    struct pel_store s;
    char *text;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    text = pel_store_read(&s, "/pel/%u/config", domid);
    if (!text && errno == ENOENT)
        return pel_fail(ctx, PEL_ENOENT,
                        "domain %u has no configuration in the store: other "
                        "tools made it, or it was set aside; only save takes "
                        "one (pel save DOMAIN FILE CONFIG)",
                        domid);
    if (!text)
        return pel_store_fail(
            ctx, -errno, "cannot read the configuration of domain %u", domid);
    rc = pel_config_from_json(ctx, text, strlen(text), cfg);
    free(text);
    return rc;
}
