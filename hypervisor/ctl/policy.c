/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a domain sees of the processor, as the toolstack reads and sets it:
 * arrays of CPUID leaves.  Registers are not part of it; the arrays of them
 * are always empty.
 */
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/policy.h>
#include <hv/string.h>
#include "local.h"

/*
 * What tools make room for.  libxc also writes leaves and sub-leaves that it
 * was not told of, as zeros: more than a hundred.
 */
#define MSRS_MAX 2
#define LEAVES_MAX 256

static_assert(sizeof(struct cpu_leaf) == sizeof(xen_cpuid_leaf_t) &&
                  offsetof(struct cpu_leaf, a) == offsetof(xen_cpuid_leaf_t, a),
              "a leaf is copied as it is");

/* Tools refuse a whole policy for one leaf that is beyond these. */
#define BASIC_LAST 0xdU
#define EXTENDED_FIRST 0x80000000U
#define EXTENDED_LAST 0x80000021U

static bool tools_know(uint32_t leaf)
{
    return leaf <= BASIC_LAST ||
           (leaf >= EXTENDED_FIRST && leaf <= EXTENDED_LAST);
}

long policy_to_guest(const struct cpu_policy *p, unsigned long u_leaves,
                     uint32_t *nr_leaves, unsigned long u_msrs,
                     uint32_t *nr_msrs)
{
    uint32_t n = 0;

    *nr_msrs = u_msrs ? 0 : MSRS_MAX;
    if (!u_leaves) {
        *nr_leaves = LEAVES_MAX;
        return 0;
    }
    for (unsigned int i = 0; i < p->nr; i++) {
        if (!tools_know(p->leaf[i].leaf))
            continue;
        if (n == *nr_leaves)
            return -ENOBUFS;
        if (COPY_TO_GUEST_IDX(u_leaves, n, &p->leaf[i]))
            return -EFAULT;
        n++;
    }
    *nr_leaves = n;

    return 0;
}

long domctl_get_cpu_policy(struct hcall *h, struct domain *d,
                           struct xen_domctl *c)
{
    struct xen_domctl_cpu_policy *p = &c->u.cpu_policy;

    (void)h;
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

static struct cpu_leaf *find(struct cpu_policy *p, uint32_t leaf, uint32_t sub)
{
    for (unsigned int i = 0; i < p->nr; i++)
        if (p->leaf[i].leaf == leaf && p->leaf[i].sub == sub)
            return &p->leaf[i];
    return NULL;
}

/* Take over one leaf; those that we do not know stay zero. */
static void merge_leaf(struct cpu_policy *p, struct cpu_leaf new)
{
    struct cpu_leaf *own = find(p, new.leaf, new.sub);
    struct cpu_leaf *max = find(&host_policy, new.leaf, new.sub);

    if (!own || !max)
        return;
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
    *own = new;
}

long domctl_set_cpu_policy(struct hcall *h, struct domain *d,
                           struct xen_domctl *c)
{
    struct xen_domctl_cpu_policy *p = &c->u.cpu_policy;
    unsigned long u = (unsigned long)p->leaves.p;

    if (d == h->caller->domain || p->nr_leaves > LEAVES_MAX ||
        p->nr_msrs > LEAVES_MAX)
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
