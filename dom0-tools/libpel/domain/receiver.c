/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of the stream, kept until the guest can be put together. */
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include "receiver.h"

/* A copy of a record's body; an empty one is none. */
static int keep(struct receiver *v, const struct pel_image_record *rec,
                void **to)
{
    if (!rec->len)
        return 0;
    *to = malloc(rec->len);
    if (!*to)
        return pel_fail_oom(v->ctx);
    memcpy(*to, rec->body, rec->len);
    return 0;
}

static int take_lists(struct receiver *v, const struct pel_image_record *rec)
{
    uint64_t nr;
    int rc;

    if (v->lists) { /* it has moved in the meantime */
        memcpy(v->lists, rec->pfns, rec->nr * sizeof(*v->lists));
        return 0;
    }
    v->last = v->r->last_pfn;
    nr = v->last + 1;
    rc = guest_pfns_check(v->ctx, nr, v->cfg->maxmem_kb >> 2);
    if (rc)
        return rc;
    v->p2m = malloc(rec->nr * PEL_PAGE_SIZE);
    v->types = calloc(nr, sizeof(*v->types));
    v->lists = calloc(rec->nr, sizeof(*v->lists));
    if (!v->p2m || !v->types || !v->lists)
        return pel_fail_oom(v->ctx);
    memset(v->p2m, 0xff, rec->nr * PEL_PAGE_SIZE);
    memcpy(v->lists, rec->pfns, rec->nr * sizeof(*v->lists));
    v->nr_lists = rec->nr;
    /* While it is filled nothing else limits it. */
    rc = pel_hc_max_mem(v->ctx, v->domid, (nr << 2) + MAXMEM_SLACK_KB);
    return rc;
}

static int take_pages(struct receiver *v, const struct pel_image_record *rec)
{
    if (v->stop && v->stop())
        return pel_fail(v->ctx, PEL_ESTATE, "interrupted");
    return receiver_memory(v, rec);
}

static int take_shared(struct receiver *v, const struct pel_image_record *rec)
{
    return keep(v, rec, (void **)&v->shared);
}

static int take_tsc(struct receiver *v, const struct pel_image_record *rec)
{
    memcpy(&v->tsc, rec->body, sizeof(v->tsc));
    return 0;
}

static int take_leaves(struct receiver *v, const struct pel_image_record *rec)
{
    v->nr_leaves = rec->len / sizeof(xen_cpuid_leaf_t);
    return keep(v, rec, &v->leaves);
}

static int take_msrs(struct receiver *v, const struct pel_image_record *rec)
{
    v->nr_msrs = rec->len / sizeof(xen_msr_entry_t);
    return keep(v, rec, &v->msrs);
}

/* What the guest sees of the CPU is settled before anything depends on it. */
static int take_static_end(struct receiver *v,
                           const struct pel_image_record *rec)
{
    (void)rec;
    if (!v->nr_leaves && !v->nr_msrs)
        return 0;
    return pel_hc_set_policy(v->ctx, v->domid, v->leaves, v->nr_leaves, v->msrs,
                             v->nr_msrs);
}

static int take_vcpu(struct receiver *v, const struct pel_image_record *rec)
{
    static const uint8_t parts[] = {
        [PEL_REC_VCPU_BASIC] = PART_BASIC,
        [PEL_REC_VCPU_EXTENDED] = PART_EXTENDED,
        [PEL_REC_VCPU_XSAVE] = PART_XSAVE,
        [PEL_REC_VCPU_MSRS] = PART_MSRS,
    };
    struct received_vcpu *vcpu = &v->vcpus[rec->vcpu];

    if (rec->vcpu >= v->cfg->maxvcpus)
        return pel_fail(v->ctx, PEL_EFORMAT,
                        "the image has a vCPU %u of a guest with %u", rec->vcpu,
                        v->cfg->maxvcpus);
    vcpu->part[parts[rec->type]].len = rec->len;
    return keep(v, rec, &vcpu->part[parts[rec->type]].p);
}

typedef int take_fn(struct receiver *v, const struct pel_image_record *rec);

/* The reader has checked that these are all there can be. */
static take_fn *const takers[] = {
    [PEL_REC_PAGE_DATA] = take_pages,
    [PEL_REC_P2M_FRAMES] = take_lists,
    [PEL_REC_VCPU_BASIC] = take_vcpu,
    [PEL_REC_VCPU_EXTENDED] = take_vcpu,
    [PEL_REC_VCPU_XSAVE] = take_vcpu,
    [PEL_REC_SHARED_INFO] = take_shared,
    [PEL_REC_TSC_INFO] = take_tsc,
    [PEL_REC_VCPU_MSRS] = take_vcpu,
    [PEL_REC_STATIC_DATA_END] = take_static_end,
    [PEL_REC_CPUID_POLICY] = take_leaves,
    [PEL_REC_MSR_POLICY] = take_msrs,
};

int receiver_records(struct receiver *v)
{
    struct pel_image_record rec;
    int rc;

    do {
        rc = pel_image_next(v->r, &rec);
        if (!rc && takers[rec.type])
            rc = takers[rec.type](v, &rec);
    } while (!rc && rec.type != PEL_REC_END);
    return rc;
}

void receiver_free(struct receiver *v)
{
    for (size_t i = 0; i < PEL_IMAGE_VCPUS; i++)
        for (size_t j = 0; j < 4; j++)
            free(v->vcpus[i].part[j].p);
    free(v->p2m);
    free(v->types);
    free(v->lists);
    free(v->shared);
    free(v->leaves);
    free(v->msrs);
}
