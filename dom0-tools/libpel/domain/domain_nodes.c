/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's nodes in the store, where front ends and stock tools look for
 * them:
 *
 *   /local/domain/N   what the guest may read, and some it may write
 *   /vm/UUID          outlives a reboot of the guest in other toolstacks
 *   /libxl/N          tells stock tools of what type it is
 *   /pel/N            ours: the configuration, for restarts
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>
#include <pel/console.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include "local.h"

/* Everything that the functions of the transaction need. */
struct nodes {
    struct pel_ctx *ctx;
    uint32_t domid;
    const struct pel_config *cfg;
    const struct shared_pages *shared;
    char *json;
    char dom[64], vm[64];
    int rc; /* a PEL_E* that has its message, or 0 */
};

/* Nodes below /local/domain/N: who may do what, and the first value. */
enum access { GUEST_READS, GUEST_OWNS };

// clang-format off
static const struct {
    const char *path;
    enum access access;
} folders[] = {
    { "cpu",                          GUEST_READS },
    { "memory",                       GUEST_READS },
    { "device",                       GUEST_READS },
    { "control",                      GUEST_READS },
    { "control/shutdown",             GUEST_OWNS },
    { "control/feature-poweroff",     GUEST_OWNS },
    { "control/feature-reboot",       GUEST_OWNS },
    { "control/feature-suspend",      GUEST_OWNS },
    { "control/sysrq",                GUEST_OWNS },
    { "device/suspend/event-channel", GUEST_OWNS },
    { "data",                         GUEST_OWNS },
    { "drivers",                      GUEST_OWNS },
    { "feature",                      GUEST_OWNS },
    { "attr",                         GUEST_OWNS },
    { "error",                        GUEST_OWNS },
};
// clang-format on

static int make_folders(struct pel_store *s, struct nodes *n)
{
    struct xs_permissions guest_reads[] = {
        { .id = 0, .perms = XS_PERM_NONE },
        { .id = n->domid, .perms = XS_PERM_READ },
    };
    struct xs_permissions guest_owns[] = {
        { .id = n->domid, .perms = XS_PERM_NONE },
    };
    struct xs_permissions dom0_only[] = { { .id = 0, .perms = XS_PERM_NONE } };
    int rc;

    rc = pel_store_mkdir(s, guest_reads, 2, "%s", n->dom);
    if (!rc)
        rc = pel_store_mkdir(s, guest_reads, 2, "%s", n->vm);
    if (!rc)
        rc = pel_store_mkdir(s, dom0_only, 1, "/libxl/%u", n->domid);
    if (!rc)
        rc = pel_store_mkdir(s, dom0_only, 1, "/pel/%u", n->domid);
    for (size_t i = 0; !rc && i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (folders[i].access == GUEST_OWNS)
            rc = pel_store_mkdir(s, guest_owns, 1, "%s/%s", n->dom,
                                 folders[i].path);
        else
            rc = pel_store_mkdir(s, guest_reads, 2, "%s/%s", n->dom,
                                 folders[i].path);
    }
    return rc;
}

/* Values that are numbers; one row each. */
static int write_numbers(struct pel_store *s, struct nodes *n)
{
    // clang-format off
    const struct {
        const char *path;
        uint64_t value;
    } numbers[] = {
        { "domid",             n->domid },
        { "memory/static-max", n->cfg->maxmem_kb },
        { "memory/target",     n->cfg->memory_kb },
        { "store/ring-ref",    n->shared->store_mfn },
        { "store/port",        n->shared->store_port },
        { "control/platform-feature-multiprocessor-suspend", 1 },
        { "control/platform-feature-xs_reset_watches",       1 },
    };
    // clang-format on
    int rc = 0;

    for (size_t i = 0; !rc && i < sizeof(numbers) / sizeof(numbers[0]); i++)
        rc = pel_store_put(s, n->dom, numbers[i].path, "%llu",
                           (unsigned long long)numbers[i].value);
    return rc;
}

static int write_texts(struct pel_store *s, struct nodes *n)
{
    const struct pel_config *cfg = n->cfg;
    char uuid[UUID_STR_LEN];
    int rc;

    uuid_unparse_lower(cfg->uuid, uuid);
    rc = pel_store_write(s, n->vm, "%s/vm", n->dom);
    if (!rc)
        rc = pel_store_write(s, cfg->name, "%s/name", n->dom);
    if (!rc)
        rc = pel_store_write(s, cfg->name, "%s/name", n->vm);
    if (!rc)
        rc = pel_store_write(s, uuid, "%s/uuid", n->vm);
    if (!rc)
        rc = pel_store_put(s, n->vm, "start_time", "%lld",
                           (long long)time(NULL));
    if (!rc)
        rc = pel_store_write(s, "linux", "%s/image/ostype", n->vm);
    if (!rc)
        rc = pel_store_write(s, cfg->kernel, "%s/image/kernel", n->vm);
    if (!rc)
        rc = pel_store_write(s, cfg->cmdline, "%s/image/cmdline", n->vm);
    if (!rc && cfg->ramdisk)
        rc = pel_store_write(s, cfg->ramdisk, "%s/image/ramdisk", n->vm);
    if (!rc)
        rc = pel_store_write(s, "pv", "/libxl/%u/type", n->domid);
    if (!rc)
        rc = pel_store_write(s, n->json, "/pel/%u/config", n->domid);
    for (uint32_t i = 0; !rc && i < cfg->maxvcpus; i++)
        rc = pel_store_write(s, i < cfg->vcpus ? "online" : "offline",
                             "%s/cpu/%u/availability", n->dom, i);
    return rc;
}

/* The folder of /vm that a domain names as its own; "": none. */
static void find_vm(struct pel_store *s, uint32_t domid, char *vm, size_t size)
{
    char *path = pel_store_read(s, "/local/domain/%u/vm", domid);

    vm[0] = '\0';
    if (path && !strncmp(path, "/vm/", 4))
        snprintf(vm, size, "%s", path);
    free(path);
}

/* A domain without nodes has none in /vm: what is there is another's. */
static int remove_vm(struct pel_store *s, uint32_t domid)
{
    char vm[64];

    find_vm(s, domid, vm, sizeof(vm));
    return vm[0] ? pel_store_rm(s, "%s", vm) : 0;
}

static int remove_own(struct pel_store *s, uint32_t domid)
{
    int rc = remove_vm(s, domid);

    if (!rc)
        rc = pel_store_rm(s, "/libxl/%u", domid);
    if (!rc)
        rc = pel_store_rm(s, "/local/domain/%u", domid);
    return rc ? rc : pel_store_rm(s, "/pel/%u", domid);
}

/* What it has besides goes with its devices, when its end is finished. */
static int take_identity(struct pel_store *s, uint32_t domid)
{
    int rc = remove_vm(s, domid);

    if (!rc)
        rc = pel_store_rm(s, "/local/domain/%u/vm", domid);
    return rc ? rc : pel_store_rm(s, "/local/domain/%u/name", domid);
}

/* One that dies is gone for all but those who map its pages. */
static bool is_gone(struct pel_ctx *ctx, uint32_t domid)
{
    struct xen_domctl_getdomaininfo info;
    int rc = pel_hc_info(ctx, domid, &info);

    if (rc == -PEL_ENOENT)
        pel_error_clear(ctx);
    return rc == -PEL_ENOENT || (!rc && info.flags & XEN_DOMINF_dying);
}

/*
 * In the same transaction as the writing, so that of two one gets it.  Nodes
 * whose domain has gone are of one whose end was cut short.
 */
int domain_name_check_free(struct pel_ctx *ctx, struct pel_store *s,
                           const char *name, uint32_t domid, int *told)
{
    struct domain_names names;
    int rc = domain_names_read(s, &names);

    for (size_t i = 0; !rc && i < names.nr; i++) {
        if (!names.name[i] || strcmp(names.name[i], name) ||
            names.domid[i] == domid)
            continue;
        if (is_gone(ctx, names.domid[i])) {
            rc = take_identity(s, names.domid[i]);
            continue;
        }
        *told = pel_fail(ctx, PEL_EEXIST,
                         "there is a domain \"%s\" already, with id %u: "
                         "choose another name or destroy that one",
                         name, names.domid[i]);
        rc = -EEXIST;
    }
    domain_names_free(&names);
    return rc;
}

/* Whether a domain of that id is another one that has our folder of /vm. */
static int check_vm_of(struct pel_store *s, struct nodes *n, uint32_t domid)
{
    char vm[64];

    find_vm(s, domid, vm, sizeof(vm));
    if (domid == n->domid || strcmp(vm, n->vm))
        return 0;
    if (is_gone(n->ctx, domid))
        return take_identity(s, domid);
    n->rc = pel_fail(n->ctx, PEL_EEXIST,
                     "domain %u has the same UUID: remove uuid= or destroy "
                     "that one",
                     domid);
    return -EEXIST;
}

/* The folder is rarely there; then all domains are asked whose it is. */
static int check_uuid_free(struct pel_store *s, struct nodes *n)
{
    char *there = pel_store_read(s, "%s", n->vm), **ids;
    unsigned int nr = 0;
    int rc = 0;

    if (!there)
        return errno == ENOENT ? 0 : -errno;
    free(there);
    ids = pel_store_list(s, &nr, "/local/domain");
    if (!ids)
        return errno == ENOENT ? 0 : -errno;
    for (unsigned int i = 0; !rc && i < nr; i++)
        rc = check_vm_of(s, n, (uint32_t)strtoul(ids[i], NULL, 10));
    free(ids);
    return rc;
}

static int write_all(struct pel_store *s, void *arg)
{
    struct nodes *n = arg;
    int rc;

    rc = domain_name_check_free(n->ctx, s, n->cfg->name, n->domid, &n->rc);
    if (!rc)
        rc = check_uuid_free(s, n);
    /* What a predecessor of the same id or UUID left would be believed. */
    if (!rc)
        rc = pel_store_rm(s, "%s", n->dom);
    if (!rc)
        rc = pel_store_rm(s, "%s", n->vm);
    if (!rc)
        rc = pel_store_rm(s, "/libxl/%u", n->domid);
    if (!rc)
        rc = pel_store_rm(s, "/pel/%u", n->domid);
    if (!rc)
        rc = make_folders(s, n);
    if (!rc)
        rc = write_texts(s, n);
    if (!rc)
        rc = write_numbers(s, n);
    return rc;
}

static void vm_path(const uint8_t *uuid, char *to, size_t size)
{
    char text[UUID_STR_LEN];

    uuid_unparse_lower(uuid, text);
    snprintf(to, size, "/vm/%s", text);
}

/* It is also what a restart is noted by, under a longer path. */
int domain_config_text(struct pel_ctx *ctx, const struct pel_config *cfg,
                       char **json)
{
    size_t len;
    int rc = pel_config_to_json(ctx, cfg, json);

    if (rc)
        return rc;
    len = strlen(*json);
    if (len <= CONFIG_TEXT_MAX)
        return 0;
    free(*json);
    *json = NULL;
    return pel_fail(ctx, PEL_EINVAL,
                    "the configuration takes %zu bytes in the store and %d "
                    "are allowed: shorten paths or the command line, or use "
                    "fewer devices",
                    len, CONFIG_TEXT_MAX);
}

int domain_nodes_add(struct pel_ctx *ctx, uint32_t domid,
                     const struct pel_config *cfg,
                     const struct shared_pages *shared)
{
    struct nodes n = {
        .ctx = ctx,
        .domid = domid,
        .cfg = cfg,
        .shared = shared,
    };
    struct pel_store s;
    int rc;

    snprintf(n.dom, sizeof(n.dom), "/local/domain/%u", domid);
    vm_path(cfg->uuid, n.vm, sizeof(n.vm));
    rc = pel_store_use(ctx, &s);
    if (!rc)
        rc = domain_config_text(ctx, cfg, &n.json);
    if (rc)
        return rc;

    rc = pel_store_txn(&s, write_all, &n);
    free(n.json);
    if (n.rc)
        return n.rc;
    if (rc)
        return pel_store_fail(ctx, rc, "cannot write the nodes of domain %u",
                              domid);
    return shared->store_mfn ? pel_console_add(ctx, domid, shared->console_mfn,
                                               shared->console_port)
                             : 0;
}

int domain_nodes_share(struct pel_ctx *ctx, uint32_t domid,
                       const struct shared_pages *shared)
{
    struct pel_store s;
    char dom[64];
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    snprintf(dom, sizeof(dom), "/local/domain/%u", domid);
    rc = pel_store_put(&s, dom, "store/ring-ref", "%llu",
                       (unsigned long long)shared->store_mfn);
    if (!rc)
        rc = pel_store_put(&s, dom, "store/port", "%u", shared->store_port);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot write the nodes of domain %u",
                              domid);
    return pel_console_add(ctx, domid, shared->console_mfn,
                           shared->console_port);
}

int domain_nodes_introduce(struct pel_ctx *ctx, uint32_t domid,
                           const struct shared_pages *shared)
{
    struct pel_store s;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    if (!xs_introduce_domain(s.xs, domid, shared->store_mfn,
                             shared->store_port))
        return pel_fail_sys(ctx, PEL_ESTORE,
                            "the store does not take domain %u", domid);
    return 0;
}

/* In one transaction: an emptied parent is not one that somebody fills. */
static int remove_all(struct pel_store *s, void *arg)
{
    static const char *const parents[] = { "/vm", "/libxl", "/pel" };
    int rc = remove_own(s, *(const uint32_t *)arg);

    for (size_t i = 0; !rc && i < sizeof(parents) / sizeof(parents[0]); i++)
        rc = pel_store_rm_empty(s, "/", "%s", parents[i]);
    return rc;
}

int domain_nodes_remove(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_store s;
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    rc = pel_store_txn(&s, remove_all, &domid);
    if (rc)
        return pel_store_fail(ctx, rc, "cannot remove the nodes of domain %u",
                              domid);
    return 0;
}

bool domain_nodes_exist(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_store s;
    unsigned int nr;
    char **names;

    if (pel_store_use(ctx, &s))
        return false;
    names = pel_store_list(&s, &nr, "/local/domain/%u", domid);
    free(names);
    return names != NULL;
}
