/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain sees of the processor, as the toolstack reads and sets it:
 * arrays of CPUID leaves.  Registers are not part of it; the arrays of them
 * are always empty.
 */
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/policy.h>
#include "local.h"

/* What tools make room for; more than any policy has. */
#define MSRS_MAX 2
#define LEAVES_MAX 256

static_assert(sizeof(struct cpu_leaf) == sizeof(xen_cpuid_leaf_t) &&
                  offsetof(struct cpu_leaf, a) == offsetof(xen_cpuid_leaf_t, a),
              "a leaf is copied as it is");

/*
 * The arrays have one form: every leaf of these ranges with all sub-leaves
 * that it can have, zeros included, and no other leaf.  Tools refuse a policy
 * for one leaf more, and make room for what they write from what they got.
 */
// clang-format off
static const struct {
    uint32_t first, last;
    uint32_t subs; /* 0: without sub-leaves */
} form[] = {
    { 0x0,        0x3,        0 },
    { 0x4,        0x4,        6 },
    { 0x5,        0x6,        0 },
    { 0x7,        0x7,        2 },
    { 0x8,        0xa,        0 },
    { 0xb,        0xb,        2 },
    { 0xc,        0xc,        0 },
    { 0xd,        0xd,        63 },
    { 0x40000000, 0x40000000, 0 }, /* limits of the hypervisor's leaves */
    { 0x40000100, 0x40000100, 0 },
    { 0x80000000, 0x80000021, 0 },
};
// clang-format on

/* Where @p has this leaf; p->nr: nowhere. */
static unsigned int find(const struct cpu_policy *p, uint32_t leaf,
                         uint32_t sub)
{
    unsigned int i;

    for (i = 0; i < p->nr; i++)
        if (p->leaf[i].leaf == leaf && p->leaf[i].sub == sub)
            break;
    return i;
}

/* Write one leaf, zero if @p has none such, as element (*@n)++. */
static long put_leaf(const struct cpu_policy *p, unsigned long u, uint32_t room,
                     uint32_t *n, uint32_t leaf, uint32_t sub)
{
    struct cpu_leaf zero = { .leaf = leaf, .sub = sub };
    unsigned int i = find(p, leaf, sub);

    if (*n == room)
        return -ENOBUFS;
    return COPY_TO_GUEST_IDX(u, (*n)++, i < p->nr ? &p->leaf[i] : &zero);
}

long policy_to_guest(const struct cpu_policy *p, unsigned long u_leaves,
                     uint32_t *nr_leaves, unsigned long u_msrs,
                     uint32_t *nr_msrs)
{
    uint32_t room = *nr_leaves, n = 0;
    long err = 0;

    *nr_msrs = u_msrs ? 0 : MSRS_MAX;
    *nr_leaves = LEAVES_MAX;
    if (!u_leaves)
        return 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(form); i++) {
        uint32_t subs = form[i].subs;

        for (uint32_t l = form[i].first; l <= form[i].last && !err; l++)
            for (uint32_t s = 0; s < MAX(subs, 1U) && !err; s++)
                err = put_leaf(p, u_leaves, room, &n, l,
                               subs ? s : POLICY_NO_SUB);
    }
    *nr_leaves = n;

    return err;
}

long domctl_get_cpu_policy(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_cpu_policy *p = &c->u.cpu_policy;

    return policy_to_guest(&d->policy, (unsigned long)p->leaves.p,
                           &p->nr_leaves, (unsigned long)p->msrs.p,
                           &p->nr_msrs);
}

/* Registers of leaves that consist of features: more than ours cannot be. */
static const struct {
    uint32_t leaf, sub;
    uint8_t regs; /* bits 0-3: a to d */
} feature_leaves[] = {
    { 0x1, POLICY_NO_SUB, 0xc },
    { 0x7, 0, 0xe },
    { 0x7, 1, 0xf },
    { 0x7, 2, 0xf },
    { 0xd, 0, 0x9 },
    { 0xd, 1, 0xd },
    { 0x80000001, POLICY_NO_SUB, 0xc },
    { 0x80000007, POLICY_NO_SUB, 0x8 },
    { 0x80000008, POLICY_NO_SUB, 0x2 },
    { 0x80000021, POLICY_NO_SUB, 0x5 },
};

/* Take over one leaf; those that we do not know stay zero. */
static void merge_leaf(struct cpu_policy *p, struct cpu_leaf new)
{
    unsigned int own = find(p, new.leaf, new.sub);
    unsigned int host = find(&host_policy, new.leaf, new.sub);
    const struct cpu_leaf *max;

    if (own == p->nr || host == host_policy.nr)
        return;
    max = &host_policy.leaf[host];
    for (unsigned int i = 0; i < ARRAY_SIZE(feature_leaves); i++) {
        uint8_t regs = feature_leaves[i].regs;

        if (feature_leaves[i].leaf != new.leaf ||
            feature_leaves[i].sub != new.sub)
            continue;
        new.a &= regs & 1 ? max->a : ~0U;
        new.b &= regs & 2 ? max->b : ~0U;
        new.c &= regs & 4 ? max->c : ~0U;
        new.d &= regs & 8 ? max->d : ~0U;
    }
    p->leaf[own] = new;
}

long domctl_set_cpu_policy(struct domain *d, struct xen_domctl *c)
{
    struct xen_domctl_cpu_policy *p = &c->u.cpu_policy;
    unsigned long u = (unsigned long)p->leaves.p;

    if (p->nr_leaves > LEAVES_MAX || p->nr_msrs > LEAVES_MAX)
        return -EINVAL;

    p->err_leaf = p->err_subleaf = p->err_msr = ~0U;
    domain_pause(d);
    for (unsigned int i = 0; i < p->nr_leaves; i++) {
        struct cpu_leaf l;

        if (COPY_FROM_GUEST_IDX(&l, u, i)) {
            policy_index(&d->policy);
            domain_unpause(d);
            return -EFAULT;
        }
        merge_leaf(&d->policy, l);
    }
    policy_index(&d->policy);
    domain_unpause(d);

    return 0;
}
