/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to ctl/: the toolstack's operations and what they share. */
#pragma once

#include <hv/domain.h>
#include <hv/hcall.h>
#include <hv/types.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

/*
 * One operation on domain @d, which is NULL where the row of the table says
 * so.  Results are left in *@c; the table says whether they are copied back.
 */
typedef long domctl_fn(struct domain *d, struct xen_domctl *c);

/* vcpu_of - vCPU @id of @d; NULL: there is none */
static inline struct vcpu *vcpu_of(const struct domain *d, uint32_t id)
{
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/* domctl_vcpu.c */
domctl_fn domctl_max_vcpus, domctl_setvcpucontext, domctl_getvcpucontext;
domctl_fn domctl_getvcpuinfo, domctl_setvcpuaffinity, domctl_getvcpuaffinity;
domctl_fn domctl_scheduler_op, domctl_settscinfo, domctl_gettscinfo;
domctl_fn domctl_get_cpu_policy, domctl_set_cpu_policy;
domctl_fn domctl_set_ext_vcpucontext, domctl_get_ext_vcpucontext;

/* domctl_state.c */
domctl_fn domctl_setvcpuextstate, domctl_getvcpuextstate;
domctl_fn domctl_set_vcpu_msrs, domctl_get_vcpu_msrs;

/* domctl_mem.c */
domctl_fn domctl_max_mem, domctl_getpageframeinfo3, domctl_shadow_op;
domctl_fn domctl_hypercall_init, domctl_setnodeaffinity;
domctl_fn domctl_getnodeaffinity;

/* domctl_dev.c */
domctl_fn domctl_irq_permission, domctl_iomem_permission;
domctl_fn domctl_ioport_permission;

/* domain_info - what getdomaininfo says about @d */
void domain_info(const struct domain *d, struct xen_domctl_getdomaininfo *i);

/**
 * bitmap_to_guest - write @bits bits from @map, cut or padded with zeros
 * Returns: 0; -EFAULT.
 */
int bitmap_to_guest(const struct xenctl_bitmap *to, const uint8_t *map,
                    unsigned int bits);

/* bitmap_from_guest - the reverse; bits that the guest has not are zero */
int bitmap_from_guest(uint8_t *map, unsigned int bits,
                      const struct xenctl_bitmap *from);

/* cpus_online - a bitmap of NR_CPUS bits */
void cpus_online(uint8_t *map);

/* cpu_place - where CPU @id is; one that is offline is nowhere */
struct xen_sysctl_cputopo cpu_place(unsigned int id);

/* pcpu_changed - @err of cpu_up() or cpu_down(); dom0 hears of a success */
long pcpu_changed(long err);

struct cpu_policy;

/**
 * policy_to_guest - serialise @p's CPUID leaves
 * @u_leaves: array of xen_cpuid_leaf_t, or 0: only the maximum is returned
 * @nr_leaves: room in, written out; @nr_msrs: the same for registers
 *
 * Returns: 0; -ENOBUFS too small; -EFAULT.
 */
long policy_to_guest(const struct cpu_policy *p, unsigned long u_leaves,
                     uint32_t *nr_leaves, unsigned long u_msrs,
                     uint32_t *nr_msrs);
