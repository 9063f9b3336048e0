/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmuext_op: pins, bases, flushes, the LDT; a batch of sub-operations. */
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <x86/insn.h>

#include "local.h"

int vcpumask_to_cpus(const struct domain *d, unsigned long u_mask,
                     struct cpumask *cpus)
{
    for (unsigned int base = 0; base < d->max_vcpus; base += 8) {
        uint8_t bits;

        /* By bytes: the guest's bitmap may end with the last vCPU's. */
        if (copy_from_guest(&bits, u_mask + base / 8, 1))
            return -EFAULT;
        for (unsigned int i = 0; i < 8 && base + i < d->max_vcpus; i++) {
            const struct vcpu *v = d->vcpu[base + i];
            int cpu = v && (bits & 1U << i) ? vcpu_loaded_cpu(v) : -1;

            if (cpu >= 0)
                cpumask_add(cpus, cpu);
        }
    }
    return 0;
}

static int op_pin(struct vcpu *v, const struct mmuext_op *op,
                  const struct mmu_target *t)
{
    (void)v;
    return pt_pin(mfn(op->arg1.mfn), t->fd,
                  PT_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));
}

static int op_unpin(struct vcpu *v, const struct mmuext_op *op,
                    const struct mmu_target *t)
{
    (void)v;
    return pt_unpin(mfn(op->arg1.mfn), t->fd);
}

/* A frame number that pt_set_base() would take for "none". */
static bool names_none(const struct mmuext_op *op)
{
    return mfn_eq(mfn(op->arg1.mfn), MFN_INVALID);
}

static int op_new_baseptr(struct vcpu *v, const struct mmuext_op *op,
                          const struct mmu_target *t)
{
    (void)t;
    return names_none(op) ? -EINVAL : pt_set_base(v, mfn(op->arg1.mfn), false);
}

static int op_new_user_baseptr(struct vcpu *v, const struct mmuext_op *op,
                               const struct mmu_target *t)
{
    (void)t;
    if (names_none(op))
        return -EINVAL;
    return pt_set_base(v, op->arg1.mfn ? mfn(op->arg1.mfn) : MFN_INVALID, true);
}

static int op_flush_local(struct vcpu *v, const struct mmuext_op *op,
                          const struct mmu_target *t)
{
    (void)v, (void)op, (void)t;
    tlb_flush_local();
    return 0;
}

static int op_invlpg_local(struct vcpu *v, const struct mmuext_op *op,
                           const struct mmu_target *t)
{
    (void)v, (void)t;
    invlpg(op->arg1.linear_addr);
    return 0;
}

static int op_flush_multi(struct vcpu *v, const struct mmuext_op *op,
                          const struct mmu_target *t)
{
    struct cpumask cpus = { 0 };

    (void)t;
    if (vcpumask_to_cpus(v->domain, (unsigned long)op->arg2.vcpumask.p, &cpus))
        return -EINVAL;
    if (op->cmd == MMUEXT_TLB_FLUSH_MULTI)
        tlb_flush_cpus(&cpus);
    else
        tlb_flush_page_cpus(&cpus, op->arg1.linear_addr);
    return 0;
}

static int op_flush_all(struct vcpu *v, const struct mmuext_op *op,
                        const struct mmu_target *t)
{
    (void)op, (void)t;
    tlb_flush_domain(v->domain);
    return 0;
}

static int op_invlpg_all(struct vcpu *v, const struct mmuext_op *op,
                         const struct mmu_target *t)
{
    (void)t;
    tlb_flush_page_domain(v->domain, op->arg1.linear_addr);
    return 0;
}

static int op_flush_cache(struct vcpu *v, const struct mmuext_op *op,
                          const struct mmu_target *t)
{
    (void)op, (void)t;
    if (!v->domain->hardware)
        return -EACCES;
    wbinvd();
    return 0;
}

static int op_set_ldt(struct vcpu *v, const struct mmuext_op *op,
                      const struct mmu_target *t)
{
    (void)t;
    return ldt_set(v, op->arg1.linear_addr, op->arg2.nr_ents);
}

static int op_clear_page(struct vcpu *v, const struct mmuext_op *op,
                         const struct mmu_target *t)
{
    mfn_t m = mfn(op->arg1.mfn);

    (void)v;
    if (frame_get_with_type(m, t->fd, PT_WRITABLE))
        return -EINVAL;
    clear_page(mfn_to_virt(m));
    frame_put_with_type(m);
    return 0;
}

static int op_copy_page(struct vcpu *v, const struct mmuext_op *op,
                        const struct mmu_target *t)
{
    mfn_t to = mfn(op->arg1.mfn), from = mfn(op->arg2.src_mfn);
    int err = -EINVAL;

    (void)v;
    if (!frame_get(from, t->fd))
        return -EINVAL;
    if (!frame_get_with_type(to, t->fd, PT_WRITABLE)) {
        copy_page(mfn_to_virt(to), mfn_to_virt(from));
        frame_put_with_type(to);
        err = 0;
    }
    frame_put(from);
    return err;
}

static int op_super(struct vcpu *v, const struct mmuext_op *op,
                    const struct mmu_target *t)
{
    (void)v, (void)op, (void)t;
    return -EOPNOTSUPP; /* no large pages for guests */
}

/* @foreign: the operation may concern another domain's frames. */
static const struct {
    int (*fn)(struct vcpu *v, const struct mmuext_op *op,
              const struct mmu_target *t);
    bool foreign;
} mmuext_ops[] = {
    // clang-format off
    [MMUEXT_PIN_L1_TABLE]       = { op_pin,              true },
    [MMUEXT_PIN_L2_TABLE]       = { op_pin,              true },
    [MMUEXT_PIN_L3_TABLE]       = { op_pin,              true },
    [MMUEXT_PIN_L4_TABLE]       = { op_pin,              true },
    [MMUEXT_UNPIN_TABLE]        = { op_unpin,            true },
    [MMUEXT_NEW_BASEPTR]        = { op_new_baseptr,      false },
    [MMUEXT_NEW_USER_BASEPTR]   = { op_new_user_baseptr, false },
    [MMUEXT_TLB_FLUSH_LOCAL]    = { op_flush_local,      false },
    [MMUEXT_INVLPG_LOCAL]       = { op_invlpg_local,     false },
    [MMUEXT_TLB_FLUSH_MULTI]    = { op_flush_multi,      false },
    [MMUEXT_INVLPG_MULTI]       = { op_flush_multi,      false },
    [MMUEXT_TLB_FLUSH_ALL]      = { op_flush_all,        false },
    [MMUEXT_INVLPG_ALL]         = { op_invlpg_all,       false },
    [MMUEXT_FLUSH_CACHE]        = { op_flush_cache,      false },
    [MMUEXT_FLUSH_CACHE_GLOBAL] = { op_flush_cache,      false },
    [MMUEXT_SET_LDT]            = { op_set_ldt,          false },
    [MMUEXT_CLEAR_PAGE]         = { op_clear_page,       true },
    [MMUEXT_COPY_PAGE]          = { op_copy_page,        true },
    [MMUEXT_MARK_SUPER]         = { op_super,            true },
    [MMUEXT_UNMARK_SUPER]       = { op_super,            true },
    // clang-format on
};

static int do_one(struct vcpu *v, const struct mmuext_op *op,
                  const struct mmu_target *t)
{
    if (op->cmd >= ARRAY_SIZE(mmuext_ops) || !mmuext_ops[op->cmd].fn)
        return -ENOSYS;
    if (t->fd != v->domain && (!mmuext_ops[op->cmd].foreign || !t->fd))
        return -EPERM;
    return mmuext_ops[op->cmd].fn(v, op, t);
}

long hc_mmuext_op(struct hcall *h)
{
    struct batch b;
    long err = batch_begin(&b, h, (uint16_t)h->arg[3]);
    uint32_t i;

    if (unlikely(err))
        return err;

    for (i = 0; i < b.count; i++) {
        struct mmuext_op op;

        if (i && preempt_needed()) {
            err = -ERESTART;
            break;
        }
        err = COPY_FROM_GUEST_IDX(&op, b.u_reqs, i);
        if (unlikely(err))
            break;
        err = do_one(h->caller, &op, &b.t);
        if (unlikely(err))
            break;
    }
    return batch_end(&b, h, i, sizeof(struct mmuext_op), err);
}
