/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to do with a domain that has shut down.
 *
 * INVARIANT PELD-1: at every instant a guest that is to be restarted is known
 * to the store: by /pel/DOMID/config while its domain exists, and by
 * /pel/restart/UUID from before the old domain goes until the new one runs.
 * So a restart that is cut short anywhere is finished later.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include <xen/xen.h>
#include <xen/sched.h>

#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/store.h>

#include "reap.h"
#include "rename.h"

#define RESTART_ROOT "/pel/restart"

/* A guest that crashes within this time of its restart stays away. */
#define RESTART_PAUSE_S 10

static uint64_t now_s(void) { return pel_store_now_ns() / 1000000000; }

static int destroy(struct pel_ctx *ctx, uint32_t domid)
{
    int rc = pel_domain_destroy(ctx, domid);

    if (rc != -PEL_ENOENT)
        return rc;
    pel_error_clear(ctx); /* somebody else was quicker */

    return 0;
}

static void drop_note(struct pel_store *s, const char *uuid)
{
    pel_store_rm(s, RESTART_ROOT "/%s", uuid);
    pel_store_rm_empty(s, "/pel", RESTART_ROOT);
}

/* Builds and starts the guest, then drops the note that demands it. */
static int create_again(struct pel_ctx *ctx, struct pel_store *s,
                        const struct pel_config *cfg, const char *uuid)
{
    char text[24];
    uint32_t domid;
    int rc;

    snprintf(text, sizeof(text), "%llu", (unsigned long long)now_s());
    rc = pel_domain_create(ctx, cfg, &domid);
    /* Best effort: without it a quick crash is only restarted once more. */
    if (!rc)
        pel_store_write(s, text, "/pel/%u/restarted", domid);
    if (!rc)
        rc = pel_domain_unpause(ctx, domid);
    if (!rc)
        pel_log(ctx, PEL_LOG_INFO, "%s runs again as domain %u", cfg->name,
                domid);

    /* One that cannot be built now is not built for ever after either. */
    drop_note(s, uuid);

    return rc;
}

static int write_note(struct pel_ctx *ctx, struct pel_store *s,
                      const struct pel_config *cfg, const char *uuid)
{
    const struct xs_permissions dom0_only = { .id = 0, .perms = XS_PERM_NONE };
    char *json = NULL;
    int rc;

    rc = pel_config_to_json(ctx, cfg, &json);
    if (rc)
        return rc;
    rc = pel_store_mkdir(s, &dom0_only, 1, RESTART_ROOT);
    if (!rc)
        rc = pel_store_write(s, json, RESTART_ROOT "/%s", uuid);
    free(json);

    return rc ? pel_store_fail(ctx, rc, "cannot note the restart of %s",
                               cfg->name)
              : 0;
}

static bool has_config(struct pel_store *s, uint32_t domid)
{
    char *config = pel_store_read(s, "/pel/%u/config", domid);

    free(config);

    return config != NULL;
}

/*
 * @keep: put the old domain aside instead of destroying it.
 *
 * A domain that will not go is tried again by what it says itself; the note
 * would bring the guest back when somebody destroys it for good.
 */
static int restart(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_config *cfg, bool keep)
{
    struct pel_store s;
    char uuid[37];
    int rc;

    uuid_unparse_lower(cfg->uuid, uuid);
    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    rc = write_note(ctx, &s, cfg, uuid);
    if (!rc)
        rc = keep ? rename_away(ctx, domid, cfg) : destroy(ctx, domid);
    if (rc && has_config(&s, domid))
        drop_note(&s, uuid);

    return rc ? rc : create_again(ctx, &s, cfg, uuid);
}

/* Whether a guest crashes so soon that a restart would only go round. */
static bool crashes_again(struct pel_ctx *ctx, const struct pel_dominfo *info)
{
    struct pel_store s;
    uint64_t since;

    if (info->reason == SHUTDOWN_poweroff || info->reason == SHUTDOWN_reboot ||
        pel_store_use(ctx, &s) ||
        pel_store_read_u64(&s, &since, "/pel/%u/restarted", info->domid))
        return false;

    return now_s() < since + RESTART_PAUSE_S;
}

static enum pel_action action_for(const struct pel_config *cfg, uint8_t reason)
{
    switch (reason) {
    case SHUTDOWN_poweroff:
        return cfg->on_poweroff;
    case SHUTDOWN_reboot:
        return cfg->on_reboot;
    case SHUTDOWN_suspend:
        return PEL_ACTION_PRESERVE; /* whoever saves it decides */
    default:
        return cfg->on_crash;
    }
}

/* Nodes of a domain that does not exist: its end was cut short. */
static int clean_up(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_store s;
    int rc;

    rc = pel_store_use(ctx, &s);
    if (!rc)
        rc = destroy(ctx, domid);
    if (rc)
        return rc;
    rc = pel_store_rm(&s, "/pel/%u", domid);

    return rc ? pel_store_fail(ctx, rc, "cannot remove /pel/%u", domid) : 0;
}

static int act(struct pel_ctx *ctx, const struct pel_dominfo *info,
               const struct pel_config *cfg)
{
    enum pel_action action = action_for(cfg, info->reason);

    pel_log(ctx, PEL_LOG_INFO, "domain %u (%s) shut down, reason %u: %s",
            info->domid, cfg->name, info->reason, pel_action_name(action));
    if (action == PEL_ACTION_PRESERVE)
        return 0;
    if (action == PEL_ACTION_DESTROY)
        return destroy(ctx, info->domid);
    if (crashes_again(ctx, info)) {
        pel_log(ctx, PEL_LOG_WARN,
                "%s crashed within %d s of its restart: not restarted again",
                cfg->name, RESTART_PAUSE_S);
        return destroy(ctx, info->domid);
    }

    return restart(ctx, info->domid, cfg, action == PEL_ACTION_RENAME_RESTART);
}

int reap_domain(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_config cfg = { 0 };
    struct pel_dominfo info;
    int rc;

    rc = pel_domain_get(ctx, domid, &info);
    if (rc == -PEL_ENOENT) {
        pel_error_clear(ctx);
        return clean_up(ctx, domid);
    }
    if (rc || !info.shutdown || info.dying)
        return rc;
    rc = pel_domain_config(ctx, domid, &cfg);
    if (!rc)
        rc = act(ctx, &info, &cfg);
    pel_config_free(&cfg);

    return rc;
}

/* -PEL_ENOENT no domain has the UUID, without a message. */
static int find_uuid(struct pel_ctx *ctx, const uint8_t uuid[16],
                     struct pel_dominfo *out)
{
    struct pel_dominfo *info = NULL;
    size_t nr = 0;
    int rc;

    rc = pel_domain_list(ctx, &info, &nr);
    if (rc)
        return rc;
    rc = -PEL_ENOENT;
    for (size_t i = 0; i < nr && rc; i++) {
        if (info[i].dying || memcmp(info[i].uuid, uuid, 16))
            continue;
        *out = info[i];
        rc = 0;
    }
    free(info);

    return rc;
}

/*
 * A domain that never ran is what the cut-short restart had half built; a
 * dead one was to be put aside, and still has the guest's UUID.
 */
static int resume(struct pel_ctx *ctx, struct pel_store *s,
                  const struct pel_config *cfg, const char *uuid)
{
    struct pel_dominfo info;
    uuid_t other;
    int rc;

    rc = find_uuid(ctx, cfg->uuid, &info);
    if (rc == -PEL_ENOENT)
        return create_again(ctx, s, cfg, uuid);
    if (rc)
        return rc;
    if (info.paused && !info.cpu_time_ns) {
        rc = destroy(ctx, info.domid);
        return rc ? rc : create_again(ctx, s, cfg, uuid);
    }
    if (info.shutdown) {
        uuid_generate(other);
        rc = rename_uuid(ctx, info.domid, other);
        return rc ? rc : create_again(ctx, s, cfg, uuid);
    }
    drop_note(s, uuid);

    return 0;
}

int reap_restart(struct pel_ctx *ctx, const char *uuid)
{
    struct pel_config cfg = { 0 };
    struct pel_store s;
    char *json;
    int rc;

    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    json = pel_store_read(&s, RESTART_ROOT "/%s", uuid);
    if (!json)
        return errno == ENOENT ? 0
                               : pel_store_fail(ctx, -errno,
                                                "cannot read the restart of "
                                                "%s",
                                                uuid);
    rc = pel_config_from_json(ctx, json, strlen(json), &cfg);
    free(json);
    if (!rc)
        rc = resume(ctx, &s, &cfg, uuid);
    pel_config_free(&cfg);

    return rc;
}
