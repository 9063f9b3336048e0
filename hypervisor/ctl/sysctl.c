/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl: the control domain's operations on the machine as a whole. */
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include <hv/list.h>
#include <hv/policy.h>
#include <hv/sched.h>
#include <hv/string.h>
#include <x86/insn.h>
#include "local.h"

#define DEBUG_KEYS_MAX 64
/* The scheduler decides at once; tools want a figure. */
#define RATELIMIT_US 0

typedef long sysctl_fn(struct xen_sysctl *s);

static long op_readconsole(struct xen_sysctl *s)
{
    struct xen_sysctl_readconsole *r = &s->u.readconsole;
    long n = console_ring_read((unsigned long)r->buffer.p, r->count, &r->index,
                               r->incremental, r->clear);

    if (n < 0)
        return n;
    r->count = n;
    return 0;
}

/* Words of the processor's features, in the order of cpufeatureset.h. */
static const struct {
    uint32_t leaf, sub;
    uint8_t reg; /* 0-3: a to d */
} feature_words[] = {
    { 0x1, 0, 3 },        { 0x1, 0, 2 },        { 0x80000001, 0, 3 },
    { 0x80000001, 0, 2 }, { 0xd, 1, 0 },        { 0x7, 0, 1 },
    { 0x7, 0, 2 },        { 0x80000007, 0, 3 }, { 0x80000008, 0, 1 },
    { 0x7, 0, 3 },        { 0x7, 1, 0 },        { 0x80000021, 0, 0 },
    { 0x7, 1, 1 },        { 0x7, 2, 3 },        { 0x7, 1, 2 },
    { 0x7, 1, 3 },
};

/* One word of the machine itself. */
static uint32_t raw_features(unsigned int i)
{
    uint32_t leaf = feature_words[i].leaf, r[4];

    cpuid(leaf & 0x80000000, 0, r);
    if (r[0] < leaf)
        return 0;
    cpuid(leaf, feature_words[i].sub, r);
    return r[feature_words[i].reg];
}

/* The same of what a guest may have. */
static uint32_t guest_features(unsigned int i)
{
    for (unsigned int n = 0; n < host_policy.nr; n++) {
        const struct cpu_leaf *l = &host_policy.leaf[n];
        const uint32_t regs[4] = { l->a, l->b, l->c, l->d };

        if (l->leaf == feature_words[i].leaf &&
            (l->sub == feature_words[i].sub || l->sub == POLICY_NO_SUB))
            return regs[feature_words[i].reg];
    }
    return 0;
}

/* How many CPUs share the first one's core and socket. */
static void count_siblings(struct xen_sysctl_physinfo *p)
{
    const struct xen_sysctl_cputopo first = cpu_place(0);
    unsigned int threads = 0, in_socket = 0;

    for (unsigned int i = 0; i < nr_cpus; i++) {
        const struct xen_sysctl_cputopo t = cpu_place(i);

        if (t.socket != first.socket)
            continue;
        in_socket++;
        threads += t.core == first.core;
    }
    p->threads_per_core = threads;
    p->cores_per_socket = in_socket / threads;
}

static long op_physinfo(struct xen_sysctl *s)
{
    struct xen_sysctl_physinfo *p = &s->u.physinfo;

    memset(p, 0, sizeof(*p));
    count_siblings(p);
    p->nr_cpus = nr_cpus_online;
    p->max_cpu_id = nr_cpus - 1;
    p->nr_nodes = 1;
    p->cpu_khz = tsc_khz;
    p->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_gnttab_v1 |
                      XEN_SYSCTL_PHYSCAP_gnttab_v2;
    p->total_pages = heap_total_pages();
    p->free_pages = heap_free_pages();
    p->outstanding_pages = heap_claimed_pages();
    p->max_mfn = max_mfn - 1;
    for (unsigned int i = 0; i < ARRAY_SIZE(p->hw_cap); i++)
        p->hw_cap[i] = raw_features(i);

    return 0;
}

static long op_sched_id(struct xen_sysctl *s)
{
    s->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
    return 0;
}

static long op_getdomaininfolist(struct xen_sysctl *s)
{
    struct xen_sysctl_getdomaininfolist *g = &s->u.getdomaininfolist;
    unsigned long u = (unsigned long)g->buffer.p;
    struct xen_domctl_getdomaininfo info;
    long err = 0;

    g->num_domains = 0;
    lock_take(&domain_list_lock);
    for_each_domain (d) {
        if (d->id < g->first_domain)
            continue;
        if (g->num_domains == g->max_domains)
            break;
        domain_info(d, &info);
        if (COPY_TO_GUEST_IDX(u, g->num_domains, &info)) {
            err = -EFAULT;
            break;
        }
        g->num_domains++;
    }
    lock_release(&domain_list_lock);

    return err;
}

static long op_debug_keys(struct xen_sysctl *s)
{
    char keys[DEBUG_KEYS_MAX];
    uint32_t n = s->u.debug_keys.nr_keys;

    if (n > sizeof(keys))
        return -E2BIG;
    if (copy_from_guest(keys, (unsigned long)s->u.debug_keys.keys.p, n))
        return -EFAULT;
    for (uint32_t i = 0; i < n; i++)
        console_key(keys[i]);

    return 0;
}

static long op_getcpuinfo(struct xen_sysctl *s)
{
    struct xen_sysctl_getcpuinfo *g = &s->u.getcpuinfo;
    uint32_t n = MIN(g->max_cpus, nr_cpus);

    for (uint32_t i = 0; i < n; i++) {
        struct xen_sysctl_cpuinfo info = { .idletime = sched_idle_ns(i) };

        if (COPY_TO_GUEST_IDX(g->info.p, i, &info))
            return -EFAULT;
    }
    g->nr_cpus = n;

    return 0;
}

static long op_availheap(struct xen_sysctl *s)
{
    s->u.availheap.avail_bytes = heap_free_pages() << PAGE_SHIFT;
    return 0;
}

/* Without an array only the number is asked for. */
static long op_cputopoinfo(struct xen_sysctl *s)
{
    struct xen_sysctl_cputopoinfo *t = &s->u.cputopoinfo;
    unsigned long u = (unsigned long)t->cputopo.p;
    uint32_t n = MIN(t->num_cpus, nr_cpus);

    for (uint32_t i = 0; u && i < n; i++) {
        const struct xen_sysctl_cputopo topo = cpu_place(i);

        if (COPY_TO_GUEST_IDX(u, i, &topo))
            return -EFAULT;
    }
    t->num_cpus = u ? n : nr_cpus;

    return 0;
}

static long op_numainfo(struct xen_sysctl *s)
{
    struct xen_sysctl_numainfo *n = &s->u.numainfo;
    unsigned long u_mem = (unsigned long)n->meminfo.p;
    unsigned long u_distance = (unsigned long)n->distance.p;
    struct xen_sysctl_meminfo mem = {
        .memsize = heap_total_pages() << PAGE_SHIFT,
        .memfree = heap_free_pages() << PAGE_SHIFT,
    };
    const uint32_t distance = 10; /* a node to itself, as ACPI's SLIT says */
    bool room = n->num_nodes > 0;

    n->num_nodes = 1;
    if (u_mem && room && copy_to_guest(u_mem, &mem, sizeof(mem)))
        return -EFAULT;
    if (u_distance && room &&
        copy_to_guest(u_distance, &distance, sizeof(distance)))
        return -EFAULT;

    return 0;
}

/* There is one pool, 0, with all CPUs and all domains. */
static long op_cpupool(struct xen_sysctl *s)
{
    struct xen_sysctl_cpupool_op *p = &s->u.cpupool_op;
    uint8_t map[NR_CPUS / 8];

    switch (p->op) {
    case XEN_SYSCTL_CPUPOOL_OP_INFO:
        if (p->cpupool_id)
            return -ENOENT;
        p->sched_id = XEN_SCHEDULER_CREDIT2;
        p->n_dom = 0;
        lock_take(&domain_list_lock);
        for_each_domain (d)
            p->n_dom++;
        lock_release(&domain_list_lock);
        cpus_online(map);
        return bitmap_to_guest(&p->cpumap, map, nr_cpus);
    case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
        memset(map, 0, sizeof(map));
        return bitmap_to_guest(&p->cpumap, map, nr_cpus);
    case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
        return p->cpupool_id ? -ENOENT : 0;
    default:
        return -EOPNOTSUPP;
    }
}

static long op_scheduler(struct xen_sysctl *s)
{
    struct xen_sysctl_scheduler_op *op = &s->u.scheduler_op;

    if (op->cpupool_id)
        return -ESRCH;
    if (op->sched_id != XEN_SCHEDULER_CREDIT2)
        return -EINVAL;
    switch (op->cmd) {
    case XEN_SYSCTL_SCHEDOP_getinfo:
        op->u.sched_credit2.ratelimit_us = RATELIMIT_US;
        return 0;
    case XEN_SYSCTL_SCHEDOP_putinfo:
        return op->u.sched_credit2.ratelimit_us == RATELIMIT_US ? 0
                                                                : -EOPNOTSUPP;
    default:
        return -EINVAL;
    }
}

/* No masking of CPUID in the hardware. */
static long op_levelling_caps(struct xen_sysctl *s)
{
    s->u.cpu_levelling_caps.caps = 0;
    return 0;
}

static long op_featureset(struct xen_sysctl *s)
{
    struct xen_sysctl_cpu_featureset *f = &s->u.cpu_featureset;
    unsigned long u = (unsigned long)f->features.p;
    bool raw = f->index <= XEN_SYSCTL_cpu_featureset_host;
    uint32_t n = MIN(f->nr_features, ARRAY_SIZE(feature_words));

    if (f->index > XEN_SYSCTL_cpu_featureset_hvm_max)
        return -EINVAL;
    if (f->index == XEN_SYSCTL_cpu_featureset_hvm ||
        f->index == XEN_SYSCTL_cpu_featureset_hvm_max)
        return -EOPNOTSUPP;
    if (!u) {
        f->nr_features = ARRAY_SIZE(feature_words);
        return 0;
    }

    for (uint32_t i = 0; i < n; i++) {
        uint32_t w = raw ? raw_features(i) : guest_features(i);

        if (COPY_TO_GUEST_IDX(u, i, &w))
            return -EFAULT;
    }
    /* A shorter list than there is room for is no error, a longer one is. */
    if (n < ARRAY_SIZE(feature_words))
        return -ENOBUFS;
    f->nr_features = n;

    return 0;
}

static long op_cpu_policy(struct xen_sysctl *s)
{
    struct xen_sysctl_cpu_policy *p = &s->u.cpu_policy;

    if (p->_rsvd || p->index > XEN_SYSCTL_cpu_policy_hvm_default)
        return -EINVAL;
    if (p->index == XEN_SYSCTL_cpu_policy_hvm_max ||
        p->index == XEN_SYSCTL_cpu_policy_hvm_default)
        return -EOPNOTSUPP;
    return policy_to_guest(&host_policy, (unsigned long)p->leaves.p,
                           &p->nr_leaves, (unsigned long)p->msrs.p,
                           &p->nr_msrs);
}

static long op_cpu_hotplug(struct xen_sysctl *s)
{
    unsigned int cpu = s->u.cpu_hotplug.cpu;

    if (s->u.cpu_hotplug.op == XEN_SYSCTL_CPU_HOTPLUG_ONLINE)
        return pcpu_changed(cpu_up(cpu));
    if (s->u.cpu_hotplug.op == XEN_SYSCTL_CPU_HOTPLUG_OFFLINE)
        return pcpu_changed(cpu_down(cpu));
    return s->u.cpu_hotplug.op <= XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE
               ? -EOPNOTSUPP
               : -EINVAL;
}

/* tbuf_op, perfc_op, power management, live patches: -ENOSYS. */
// clang-format off
static sysctl_fn *const ops[] = {
    [XEN_SYSCTL_readconsole]            = op_readconsole,
    [XEN_SYSCTL_physinfo]               = op_physinfo,
    [XEN_SYSCTL_sched_id]               = op_sched_id,
    [XEN_SYSCTL_getdomaininfolist]      = op_getdomaininfolist,
    [XEN_SYSCTL_debug_keys]             = op_debug_keys,
    [XEN_SYSCTL_getcpuinfo]             = op_getcpuinfo,
    [XEN_SYSCTL_availheap]              = op_availheap,
    [XEN_SYSCTL_cpu_hotplug]            = op_cpu_hotplug,
    [XEN_SYSCTL_cputopoinfo]            = op_cputopoinfo,
    [XEN_SYSCTL_numainfo]               = op_numainfo,
    [XEN_SYSCTL_cpupool_op]             = op_cpupool,
    [XEN_SYSCTL_scheduler_op]           = op_scheduler,
    [XEN_SYSCTL_get_cpu_levelling_caps] = op_levelling_caps,
    [XEN_SYSCTL_get_cpu_featureset]     = op_featureset,
    [XEN_SYSCTL_get_cpu_policy]         = op_cpu_policy,
};
// clang-format on

/**
 * hc_sysctl - sysctl(struct xen_sysctl *), control domain only
 *
 * Returns: what the operation says; -EACCES interface version; -EFAULT;
 * -ENOSYS unknown or not there; -EOPNOTSUPP a part that is not offered.
 */
long hc_sysctl(struct hcall *h)
{
    unsigned long u = h->arg[0];
    struct xen_sysctl s;
    long err;

    if (copy_from_guest(&s, u, sizeof(s)))
        return -EFAULT;
    if (s.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
        return -EACCES;
    if (s.cmd >= ARRAY_SIZE(ops) || !ops[s.cmd])
        return -ENOSYS;

    err = ops[s.cmd](&s);

    if (!err && copy_to_guest(u, &s, sizeof(s)))
        err = -EFAULT;
    return err;
}
