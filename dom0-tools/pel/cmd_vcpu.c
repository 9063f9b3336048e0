/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel vcpu-list, vcpu-set, vcpu-pin, mem-set and mem-max. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/vcpus.h>
#include "cmd.h"
#include "out.h"

static int list_one(struct pel_ctx *ctx, uint32_t domid, uint32_t nr_cpus)
{
    struct pel_vcpuinfo *list;
    char *name;
    size_t nr;
    int rc = pel_vcpus_list(ctx, domid, &list, &nr);

    if (rc)
        return rc;
    name = name_or_null(ctx, domid);
    for (size_t i = 0; i < nr; i++)
        out_vcpu_row(stdout, domid, name ? name : "(null)", &list[i], nr_cpus);
    free(name);
    free(list);
    return 0;
}

/* A domain that ends meanwhile is not there any more, and no error. */
static int list_all(struct pel_ctx *ctx, uint32_t nr_cpus)
{
    struct pel_dominfo *list = NULL;
    size_t nr = 0;
    int rc = pel_domain_list(ctx, &list, &nr);

    for (size_t i = 0; !rc && i < nr; i++) {
        rc = list_one(ctx, list[i].domid, nr_cpus);
        if (rc == -PEL_ENOENT) {
            pel_error_clear(ctx);
            rc = 0;
        }
    }
    free(list);
    return rc;
}

int cmd_vcpu_list(struct pel_ctx *ctx, const struct args *a)
{
    struct xen_sysctl_physinfo host;
    int rc = pel_hc_physinfo(ctx, &host);

    if (rc)
        return rc;
    out_vcpu_head(stdout);
    if (!a->nr_words)
        return list_all(ctx, host.max_cpu_id + 1);
    for (int i = 0; !rc && i < a->nr_words; i++) {
        uint32_t domid;

        rc = pel_domain_find(ctx, a->words[i], &domid);
        if (!rc)
            rc = list_one(ctx, domid, host.max_cpu_id + 1);
    }
    return rc;
}

int cmd_vcpu_set(struct pel_ctx *ctx, const struct args *a)
{
    struct xen_sysctl_physinfo host;
    uint32_t domid;
    uint64_t nr;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = arg_number(ctx, "the number of vCPUs", a->words[1], 1,
                        PEL_VCPUS_MAX, &nr);
    if (!rc)
        rc = pel_hc_physinfo(ctx, &host);
    if (!rc && nr > host.nr_cpus && !arg_has(a, 'i'))
        rc = pel_fail(ctx, PEL_EINVAL,
                      "the host has %u CPUs, which is less than %llu vCPUs: "
                      "--ignore-host does it anyway",
                      host.nr_cpus, (unsigned long long)nr);
    return rc ? rc : pel_vcpus_set_online(ctx, domid, nr);
}

/* One affinity; @map stays NULL for "-". */
static int get_map(struct pel_ctx *ctx, const char *what, const char *text,
                   const struct pel_topology *topo, struct pel_cpumap *room,
                   struct pel_cpumap **map)
{
    *map = NULL;
    if (!strcmp(text, "-"))
        return 0;
    *map = room;
    return pel_cpumap_parse(ctx, what, text, topo, room);
}

int cmd_vcpu_pin(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_topology *topo = malloc(sizeof(*topo));
    struct pel_cpumap rooms[2], *hard, *soft = NULL;
    uint64_t vcpu = PEL_VCPU_ALL;
    uint32_t domid;
    int rc;

    if (!topo)
        return pel_fail_oom(ctx);
    rc = pel_domain_find(ctx, a->words[0], &domid);
    if (!rc && strcmp(a->words[1], "all"))
        rc = arg_number(ctx, "vCPU", a->words[1], 0, PEL_VCPUS_MAX - 1, &vcpu);
    if (!rc)
        rc = pel_hc_topology(ctx, topo);
    if (!rc)
        rc = get_map(ctx, "hard affinity", a->words[2], topo, &rooms[0], &hard);
    if (!rc && a->nr_words > 3)
        rc = get_map(ctx, "soft affinity", a->words[3], topo, &rooms[1], &soft);
    if (!rc && (hard || soft))
        rc = pel_vcpus_pin(ctx, domid, vcpu, hard, soft);
    free(topo);
    return rc;
}

static int resize(struct pel_ctx *ctx, const struct args *a,
                  int (*set)(struct pel_ctx *ctx, uint32_t domid, uint64_t kb))
{
    uint32_t domid;
    uint64_t kb;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = arg_size(ctx, a->words[1], &kb);
    return rc ? rc : set(ctx, domid, kb);
}

int cmd_mem_set(struct pel_ctx *ctx, const struct args *a)
{
    return resize(ctx, a, pel_domain_set_memory);
}

int cmd_mem_max(struct pel_ctx *ctx, const struct args *a)
{
    return resize(ctx, a, pel_domain_set_maxmem);
}
