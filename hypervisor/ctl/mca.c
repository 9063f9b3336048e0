/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mca: the control domain's driver asks which processors there are, and for
 * machine checks that were survived.  A machine check is fatal here, so that
 * there never are any to fetch.
 */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/string.h>
#include <x86/insn.h>
#include <xen/xen.h>
#include <xen/arch-x86/xen-mca.h>

#define MSR_MCG_CAP 0x179

static int op_fetch(struct xen_mc *op)
{
    op->u.mc_fetch.flags = XEN_MC_NODATA;
    op->u.mc_fetch.fetch_id = 0;
    return 0;
}

static void describe(unsigned int nr, struct mcinfo_logical_cpu *c)
{
    uint32_t r[4], family, model;

    memset(c, 0, sizeof(*c));
    c->mc_cpunr = nr;
    c->mc_apicid = cpus[nr].apic_id;
    c->mc_ncores = c->mc_ncores_active = c->mc_nthreads = 1;
    c->mc_nmsrvals = 1;
    c->mc_msrvalues[0].reg = MSR_MCG_CAP;

    cpuid(0, 0, r);
    c->mc_cpuid_level = r[0];
    memcpy(c->mc_vendorid, &r[1], 4);
    memcpy(c->mc_vendorid + 4, &r[3], 4);
    memcpy(c->mc_vendorid + 8, &r[2], 4);
    cpuid(1, 0, r);
    family = r[0] >> 8 & 0xf;
    model = r[0] >> 4 & 0xf;
    if (family == 0xf || family == 6)
        model |= r[0] >> 12 & 0xf0;
    if (family == 0xf)
        family += r[0] >> 20 & 0xff;
    c->mc_family = family;
    c->mc_model = model;
    c->mc_step = r[0] & 0xf;
    c->mc_cache_size = -1;
}

/* Without an array only the number of processors is told. */
static int op_physcpuinfo(struct xen_mc *op)
{
    struct xen_mc_physcpuinfo *p = &op->u.mc_physcpuinfo;
    unsigned int n = nr_cpus_online;
    struct mcinfo_logical_cpu c;

    if (p->info.p) {
        n = MIN(n, p->ncpus);
        for (unsigned int i = 0; i < n; i++) {
            describe(i, &c);
            if (COPY_TO_GUEST_IDX(p->info.p, i, &c))
                return -EFAULT;
        }
    }
    p->ncpus = n;
    return 0;
}

static int (*const ops[])(struct xen_mc *op) = {
    [XEN_MC_fetch] = op_fetch,
    [XEN_MC_physcpuinfo] = op_physcpuinfo,
};

/*
 * hc_mca - (structure); -EACCES another interface version, -ENOSYS unknown
 * or injection of errors, -EFAULT.  Source: <xen/arch-x86/xen-mca.h>.
 */
long hc_mca(struct hcall *h)
{
    struct xen_mc op;
    int err;

    if (copy_from_guest(&op, h->arg[0], sizeof(op)))
        return -EFAULT;
    if (op.interface_version != XEN_MCA_INTERFACE_VERSION)
        return -EACCES;
    if (op.cmd >= ARRAY_SIZE(ops) || !ops[op.cmd])
        return -ENOSYS;

    err = ops[op.cmd](&op);

    if (!err && copy_to_guest(h->arg[0], &op, sizeof(op)))
        return -EFAULT;
    return err;
}
