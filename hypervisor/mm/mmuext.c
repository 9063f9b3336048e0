/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmuext_op: pins, bases, flushes, the LDT; a batch of sub-operations. */
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/mm.h>
#include <hv/nospec.h>
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

/* One operation of a list, and what holds for all of them. */
struct ext_call {
    struct vcpu *v;
    struct batch b;
    struct mmuext_op op;
};

static int op_pin(const struct ext_call *e)
{
    return pt_pin(mfn(e->op.arg1.mfn), e->b.t.fd,
                  PT_L1 + (e->op.cmd - MMUEXT_PIN_L1_TABLE));
}

static int op_unpin(const struct ext_call *e)
{
    return pt_unpin(mfn(e->op.arg1.mfn), e->b.t.fd);
}

/* A frame number that pt_set_base() would take for "none". */
static bool names_none(const struct ext_call *e)
{
    return mfn_eq(mfn(e->op.arg1.mfn), MFN_INVALID);
}

static int op_new_baseptr(const struct ext_call *e)
{
    return names_none(e) ? -EINVAL
                         : pt_set_base(e->v, mfn(e->op.arg1.mfn), false);
}

static int op_new_user_baseptr(const struct ext_call *e)
{
    if (names_none(e))
        return -EINVAL;
    return pt_set_base(e->v, e->op.arg1.mfn ? mfn(e->op.arg1.mfn) : MFN_INVALID,
                       true);
}

static int op_flush_local(const struct ext_call *e)
{
    (void)e;
    tlb_flush_local();
    return 0;
}

static int op_invlpg_local(const struct ext_call *e)
{
    invlpg(e->op.arg1.linear_addr);
    return 0;
}

static int op_flush_multi(const struct ext_call *e)
{
    struct cpumask cpus = { 0 };

    if (vcpumask_to_cpus(e->v->domain, (unsigned long)e->op.arg2.vcpumask.p,
                         &cpus))
        return -EINVAL;
    if (e->op.cmd == MMUEXT_TLB_FLUSH_MULTI)
        tlb_flush_cpus(&cpus);
    else
        tlb_flush_page_cpus(&cpus, e->op.arg1.linear_addr);
    return 0;
}

static int op_flush_all(const struct ext_call *e)
{
    tlb_flush_domain(e->v->domain);
    return 0;
}

static int op_invlpg_all(const struct ext_call *e)
{
    tlb_flush_page_domain(e->v->domain, e->op.arg1.linear_addr);
    return 0;
}

static int op_flush_cache(const struct ext_call *e)
{
    if (!e->v->domain->hardware)
        return -EACCES;
    wbinvd();
    return 0;
}

static int op_set_ldt(const struct ext_call *e)
{
    return ldt_set(e->v, e->op.arg1.linear_addr, e->op.arg2.nr_ents);
}

static int op_clear_page(const struct ext_call *e)
{
    mfn_t m = mfn(e->op.arg1.mfn);

    if (frame_get_with_type(m, e->b.t.fd, PT_WRITABLE))
        return -EINVAL;
    clear_page(mfn_to_virt(m));
    track_mark(m);
    frame_put_with_type(m);
    return 0;
}

static int op_copy_page(const struct ext_call *e)
{
    mfn_t to = mfn(e->op.arg1.mfn), from = mfn(e->op.arg2.src_mfn);
    int err = -EINVAL;

    if (!frame_get(from, e->b.t.fd))
        return -EINVAL;
    if (!frame_get_with_type(to, e->b.t.fd, PT_WRITABLE)) {
        copy_page(mfn_to_virt(to), mfn_to_virt(from));
        track_mark(to);
        frame_put_with_type(to);
        err = 0;
    }
    frame_put(from);
    return err;
}

static int op_super(const struct ext_call *e)
{
    (void)e;
    return -EOPNOTSUPP; /* no large pages for guests */
}

/* @foreign: the operation may concern another domain's frames. */
static const struct {
    int (*fn)(const struct ext_call *e);
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

static int do_one(const struct ext_call *e)
{
    unsigned int cmd = nospec_index(e->op.cmd, ARRAY_SIZE(mmuext_ops));

    if (e->op.cmd >= ARRAY_SIZE(mmuext_ops) || !mmuext_ops[cmd].fn)
        return -ENOSYS;
    if (e->b.t.fd != e->v->domain && (!mmuext_ops[cmd].foreign || !e->b.t.fd))
        return -EPERM;
    return mmuext_ops[cmd].fn(e);
}

long hc_mmuext_op(struct hcall *h)
{
    struct ext_call e;
    long err = batch_begin(&e.b, h, (uint16_t)h->arg[3]);
    uint32_t i;

    if (unlikely(err))
        return err;

    e.v = h->caller;
    for (i = 0; i < e.b.count; i++) {
        if (i && preempt_needed()) {
            err = -ERESTART;
            break;
        }
        err = COPY_FROM_GUEST_IDX(&e.op, e.b.u_reqs, i);
        if (unlikely(err))
            break;
        err = do_one(&e);
        if (unlikely(err))
            break;
    }
    return batch_end(&e.b, h, i, sizeof(struct mmuext_op), err);
}
