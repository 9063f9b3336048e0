/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Making a guest.  What can be refused is refused before the domain exists:
 * files, name, memory.  From then on whatever fails is undone by destroying
 * the domain, which takes a half-made one too; when this process is killed, its
 * guard does so.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/hcall.h>
#include <pel/vcpus.h>
#include "guard.h"
#include "local.h"

#define EVTCHN_PORTS 1023 /* highest port; the 2-level ABI has 4095 */
#define GRANT_FRAMES 64
#define MAPTRACK_FRAMES 1024
#define OVERHEAD_KB 2048ull /* the hypervisor's own, for one domain */
#define VCPU_OVERHEAD_KB 64ull

static int check_memory(struct pel_ctx *ctx, const struct pel_config *cfg)
{
    struct xen_sysctl_physinfo info;
    uint64_t free_kb, need_kb;
    int rc = pel_hc_physinfo(ctx, &info);

    if (rc)
        return rc;
    free_kb = info.free_pages < info.outstanding_pages
                  ? 0
                  : (info.free_pages - info.outstanding_pages) * 4;
    need_kb = cfg->memory_kb + OVERHEAD_KB + cfg->maxvcpus * VCPU_OVERHEAD_KB;
    if (need_kb <= free_kb)
        return 0;
    return pel_fail(ctx, PEL_ENOSPC,
                    "the guest takes %llu MiB and the host has %llu MiB "
                    "free: lower memory=, or destroy another guest",
                    (unsigned long long)(need_kb + 1023) >> 10,
                    (unsigned long long)free_kb >> 10);
}

/*
 * Early answers to what domain_nodes_add() makes sure of later, before minutes
 * are spent on a kernel.
 */
static int check_unique(struct pel_ctx *ctx, const struct pel_config *cfg)
{
    struct domain_names names = { .nr = 0 };
    struct pel_dominfo *list;
    size_t nr;
    int rc = pel_domain_list(ctx, &list, &nr);

    if (!rc)
        rc = domain_names_get(ctx, &names);
    for (size_t i = 0; !rc && i < nr; i++) {
        const char *name = domain_names_of(&names, list[i].domid);

        /* A dying one is gone for everybody but those who map its pages. */
        if (list[i].dying)
            continue;
        if (!memcmp(list[i].uuid, cfg->uuid, sizeof(cfg->uuid)))
            rc = pel_fail(ctx, PEL_EEXIST,
                          "domain %u has the same UUID: remove uuid= or "
                          "destroy that one",
                          list[i].domid);
        if (!rc && name && !strcmp(name, cfg->name))
            rc = pel_fail(ctx, PEL_EEXIST,
                          "there is a domain \"%s\" already, with id %u: "
                          "choose another name or destroy that one",
                          name, list[i].domid);
    }
    domain_names_free(&names);
    free(list);
    return rc;
}

int domain_check_new(struct pel_ctx *ctx, const struct pel_config *cfg)
{
    char *text = NULL;
    int rc = domain_config_text(ctx, cfg, &text);

    free(text);
    if (!rc)
        rc = check_unique(ctx, cfg);
    return rc ? rc : check_memory(ctx, cfg);
}

int domain_make_empty(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t *domid)
{
    struct xen_domctl_createdomain how = {
        .max_vcpus = cfg->maxvcpus,
        .max_evtchn_port = EVTCHN_PORTS,
        .max_grant_frames = GRANT_FRAMES,
        .max_maptrack_frames = MAPTRACK_FRAMES,
        .grant_opts = XEN_DOMCTL_GRANT_version(1),
    };
    struct xen_sysctl_physinfo info;
    int rc = pel_hc_physinfo(ctx, &info);

    if (rc)
        return rc;
    if (info.capabilities & XEN_SYSCTL_PHYSCAP_gnttab_v2)
        how.grant_opts = XEN_DOMCTL_GRANT_version(2);
    memcpy(how.handle, cfg->uuid, sizeof(how.handle));
    return pel_hc_create(ctx, &how, domid);
}

/* Neither given: the scheduler's own defaults, whichever it is. */
static int set_share(struct pel_ctx *ctx, const struct pel_config *cfg,
                     uint32_t domid)
{
    struct xen_domctl_sched_credit2 how = {
        .weight = cfg->cpu_weight ? cfg->cpu_weight : PEL_WEIGHT_DEFAULT,
        .cap = cfg->cap,
    };

    if (!cfg->cpu_weight && !cfg->cap)
        return 0;
    return pel_hc_set_sched(ctx, domid, &how);
}

int domain_set_limits(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t domid)
{
    int rc = pel_hc_max_vcpus(ctx, domid, cfg->maxvcpus);

    if (!rc)
        rc = pel_hc_address_size(ctx, domid, 64);
    if (!rc)
        rc = pel_hc_max_mem(ctx, domid, cfg->memory_kb + MAXMEM_SLACK_KB);
    if (!rc)
        rc = pel_hc_tsc_mode(ctx, domid, cfg->tsc_mode);
    if (!rc)
        rc = set_share(ctx, cfg, domid);
    return rc ? rc : pel_vcpus_place(ctx, domid, cfg);
}

/* The message of what failed stays the one that is told. */
void domain_undo(struct pel_ctx *ctx, uint32_t domid)
{
    char why[PEL_MESSAGE_MAX];

    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    if (pel_domain_destroy(ctx, domid))
        pel_log(ctx, PEL_LOG_WARN, "domain %u is left behind: %s", domid,
                pel_error_message(ctx));
    snprintf(ctx->message, sizeof(ctx->message), "%s", why);
}

int domain_publish(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_config *cfg,
                   const struct shared_pages *shared)
{
    int rc = domain_nodes_add(ctx, domid, cfg, shared);

    if (!rc)
        rc = domain_nodes_introduce(ctx, domid, shared);
    if (rc)
        return rc;
    pel_log(ctx, PEL_LOG_INFO, "domain %u: known to the store as %s", domid,
            cfg->name);
    rc = pel_devices_attach(ctx, domid, cfg);
    if (!rc)
        pel_log(ctx, PEL_LOG_INFO, "domain %u: %zu disks and %zu NICs attached",
                domid, cfg->nr_disks, cfg->nr_nics);
    return rc;
}

/* The steps from an empty domain on; each is undone by destroying it. */
static int fill_in(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_config *cfg, struct boot_files *files)
{
    struct shared_pages shared;
    int rc = domain_set_limits(ctx, cfg, domid);

    if (!rc)
        rc = domain_build(ctx, domid, cfg, files, &shared);
    boot_files_close(files); /* devices can take long, and memory is dear */
    if (rc)
        return rc;
    pel_log(ctx, PEL_LOG_INFO, "domain %u: built, store ring in frame 0x%llx",
            domid, (unsigned long long)shared.store_mfn);
    return domain_publish(ctx, domid, cfg, &shared);
}

static int make(struct pel_ctx *ctx, const struct pel_config *cfg,
                uint32_t *domid)
{
    struct boot_files files;
    int rc = boot_files_open(ctx, cfg, &files);

    if (rc)
        return rc;
    pel_log(ctx, PEL_LOG_INFO,
            "kernel %s for %s: %zu KiB unpacked, entry "
            "0x%llx, %llu MiB in use at start",
            cfg->kernel, files.notes.guest_os, files.kernel.len >> 10,
            (unsigned long long)files.layout.entry,
            (unsigned long long)files.layout.nr_used >> 8);

    rc = domain_make_empty(ctx, cfg, domid);
    if (rc) {
        boot_files_close(&files);
        return rc;
    }
    pel_log(ctx, PEL_LOG_INFO, "domain %u: created for %llu MiB and %u vCPUs",
            *domid, (unsigned long long)cfg->memory_kb >> 10, cfg->maxvcpus);
    rc = fill_in(ctx, *domid, cfg, &files);
    if (rc)
        domain_undo(ctx, *domid);
    return rc;
}

static void destroy_half(struct pel_ctx *ctx, const void *made)
{
    const uint32_t *domid = made;

    if (*domid)
        pel_domain_destroy(ctx, *domid);
}

int pel_domain_create(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t *domid)
{
    struct guard guard;
    uint32_t *made;
    int rc = domain_check_new(ctx, cfg);

    if (rc)
        return rc;
    /* The guard begins before the files are read: its copy would last. */
    made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED)
        return pel_fail_oom(ctx);
    rc = guard_start(ctx, &guard, -1, destroy_half, made);
    if (!rc) {
        rc = make(ctx, cfg, made);
        if (!rc)
            *domid = *made;
        guard_end(&guard);
    }
    munmap(made, sizeof(*made));
    return rc;
}
