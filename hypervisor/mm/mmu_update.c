/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changing live page tables, one entry at a time: mmu_update,
 * update_va_mapping, and the callers that bring one entry of their own (the
 * emulator of page-table writes, grant mappings).
 *
 * TOUR 4.4: every change has the same order: take what the new entry refers to,
 * write, drop what the old one referred to.  Refusal leaves everything as it
 * was.
 */
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/mm.h>
#include <hv/spec.h>
#include <x86/insn.h>

#include "local.h"

/*
 * The same frame stays mapped: its reference stays too, whoever owns it.
 * Taking write access back is always possible; asking for it is for the
 * owner named by @fd (a read-only grant must not become writable).
 */
static int l1_change_flags(pte_t *pe, pte_t old, const struct domain *pt_dom,
                           domid_t fd)
{
    pte_t e = pt_adjust_l1(*pe);
    struct frame *f = frame_of(pte_mfn(e));

    if (unlikely(e & l1_refused[pt_dom->hardware]))
        return -EINVAL;
    if (unlikely(!frame_valid(pte_mfn(e)))) {
        if (!mmio_permitted(pt_dom, pte_mfn(e)))
            return -EPERM;
        *pe = pt_adjust_mmio(e);
        return 0;
    }
    if ((e & ~old & PTE_RW) &&
        (ref_owner(load64(&f->ref)) != fd || !frame_get_writable(f)))
        return -EINVAL;

    *pe = e;
    return 0;
}

/* Put what l1_change_flags() leaves behind: write access given up. */
static void l1_drop_flags(pte_t old, pte_t new)
{
    if ((old & ~new &PTE_RW) && frame_valid(pte_mfn(old)))
        frame_put_writable(frame_of(pte_mfn(old)));
}

/*
 * Write @new over @old.  The processor may set A and D in between: that is
 * lost, kept, or (exact) a reason to fail.
 */
static bool l1_store(pte_t *slot, pte_t old, pte_t new, enum l1_write how)
{
    if (how == L1_PLAIN) {
        /* A full barrier, as the others are: tlb_note() needs it. */
        __atomic_exchange_n(slot, new, __ATOMIC_SEQ_CST);
        return true;
    }
    if (how == L1_EXACT)
        return cas64(slot, &old, new);

    while (!cas64(slot, &old, new | (old & (PTE_A | PTE_D))))
        ;
    return true;
}

int l1_update(mfn_t table, unsigned int index, pte_t new,
              const struct domain *pt_dom, domid_t fd, enum l1_write how,
              pte_t expect)
{
    struct frame *f = frame_of(table);
    pte_t *slot = (pte_t *)mfn_to_virt(table) + index, old, drop;
    bool same = false;
    int err = 0;

    if (unlikely(!table_lock_own(f, pt_dom)))
        return -EINVAL;
    old = load64(slot);
    if (how == L1_EXACT && expect != old)
        err = -EAGAIN;
    else if (unlikely(pt_l1tf_unsafe(new)))
        err = -EINVAL;
    else if (new &PTE_P) {
        same = (old & PTE_P) && !((old ^ new) & PTE_ADDR_MASK);
        err = same ? l1_change_flags(&new, old, pt_dom, fd)
                   : l1_entry_get(&new, pt_dom, fd);
    }

    /* From here on @drop is what no longer stands in the table. */
    drop = old;
    if (likely(!err) && unlikely(!l1_store(slot, old, new, how))) {
        drop = new;
        new = old;
        err = -EAGAIN;
    } else if (unlikely(err)) {
        drop = 0;
        same = false;
    } else {
        track_l1(f, index, new);
    }
    table_unlock(f);

    if (same)
        l1_drop_flags(drop, new);
    else
        l1_entry_put(drop);
    return err;
}

/*
 * An entry of an L2 to L4 table.  The caller holds a reference and a typed
 * use of the table, so that it stays valid while the new child is checked.
 */
static int upper_update(mfn_t table, enum page_type level, unsigned int index,
                        pte_t new, const struct domain *pt_dom, bool keep_ad)
{
    pte_t *slot = (pte_t *)mfn_to_virt(table) + index;
    pte_t old = load64(slot), put;
    int err;

    if (level == PT_L4 && pt_is_hv_slot(index))
        return -EINVAL;

    if (pt_l1tf_unsafe_upper(new))
        return -EINVAL;
    if (new &PTE_P) {
        if (new &table_refused)
            return -EINVAL;
        err = frame_get_with_type(pte_mfn(new), pt_dom, level - 1);
        if (err)
            return err;
        new |= PTE_US;
    }

    do
        put = keep_ad ? new | (old & (PTE_A | PTE_D)) : new;
    while (!cas64(slot, &old, put));

    track_table(frame_of(table), level, index);
    if (level == PT_L4)
        xpti_l4_changed();
    if (old & PTE_P)
        pt_drop_later(current_vcpu(), pte_mfn(old));
    return 0;
}

/* A store into a page that is no table: allowed where it may be writable. */
static int plain_update(struct frame *f, unsigned int index, pte_t val)
{
    if (!frame_get_writable(f))
        return -EINVAL;
    __atomic_store_n((pte_t *)mfn_to_virt(frame_mfn(f)) + index, val,
                     __ATOMIC_RELEASE);
    track_mark(frame_mfn(f));
    frame_put_writable(f);
    return 0;
}

/* A page-table update where the table is not a live L1. */
static int other_update(mfn_t table, unsigned int index, pte_t val,
                        const struct mmu_target *t, bool keep_ad)
{
    struct frame *f = frame_of(table);
    enum page_type type;
    uint64_t w;
    int err;

    if (!frame_get_id(table, t->pt->id))
        return -EINVAL;

    w = load64(&f->type);
    type = tw_type(w);
    if (!(w & TW_VALID) || !(w & TW_COUNT) || !ptype_is_table(type)) {
        /* Nobody uses it as a table now: PT-1 decides. */
        err = plain_update(f, index, val);
    } else {
        err = frame_type_get(f, type);
        if (!err) {
            err = type == PT_L1
                      ? l1_update(table, index, val, t->pt, t->fd_id,
                                  keep_ad ? L1_KEEP_AD : L1_PLAIN, 0)
                      : upper_update(table, type, index, val, t->pt, keep_ad);
            if (unlikely(frame_put_type(table, true))) {
                /* The last use, as others have dropped theirs. */
                pt_drop_later(current_vcpu(), table);
                return err;
            }
        }
    }
    frame_put(table);
    return err;
}

static int pt_update(const struct mmu_update *u, const struct mmu_target *t,
                     bool keep_ad)
{
    mfn_t table = mfn(u->ptr >> PAGE_SHIFT);
    unsigned int index = (u->ptr & ~PAGE_MASK) / sizeof(pte_t);

    if (unlikely(mfn_x(table) >= max_mfn))
        return -EINVAL;
    if (likely(tw_is_ready(load64(&frame_of(table)->type), PT_L1)))
        return l1_update(table, index, u->val, t->pt, t->fd_id,
                         keep_ad ? L1_KEEP_AD : L1_PLAIN, 0);
    return other_update(table, index, u->val, t, keep_ad);
}

static int machphys_update(const struct mmu_update *u,
                           const struct mmu_target *t)
{
    mfn_t m = mfn(u->ptr >> PAGE_SHIFT);

    if (!t->fd || !frame_get_id(m, t->fd_id))
        return -EINVAL;
    m2p_set(m, u->val);
    frame_put(m);
    return 0;
}

static int update_one(const struct mmu_update *u, const struct mmu_target *t)
{
    switch (u->ptr & 7) {
    case MMU_NORMAL_PT_UPDATE:
    case MMU_PT_UPDATE_NO_TRANSLATE:
        return pt_update(u, t, false);
    case MMU_PT_UPDATE_PRESERVE_AD:
        return pt_update(u, t, true);
    case MMU_MACHPHYS_UPDATE:
        return machphys_update(u, t);
    default:
        return -ENOSYS;
    }
}

static int target_domain(domid_t id, struct domain *caller, struct domain **d)
{
    if (likely(id == DOMID_SELF)) {
        *d = caller;
        return 0;
    }
    *d = id == caller->id ? NULL : domain_get_by_id(id);
    if (!*d)
        return -ESRCH;
    if (!caller->control) {
        domain_put(*d);
        return -EPERM;
    }
    return 0;
}

int mmu_target_get(struct mmu_target *t, struct domain *caller,
                   uint32_t foreign)
{
    domid_t fd = (domid_t)foreign;
    uint32_t pt = foreign >> 16;
    int err;

    t->pt = t->fd = caller;
    t->fd_id = caller->id;
    if (likely(foreign == DOMID_SELF))
        return 0;

    if (pt) {
        err = target_domain(pt - 1, caller, &t->pt);
        if (err)
            return err;
    }
    if (fd == DOMID_IO || (fd == DOMID_XEN && caller->control)) {
        t->fd = NULL;
        t->fd_id = fd;
        return 0;
    }
    err = fd == DOMID_XEN ? -EPERM : target_domain(fd, caller, &t->fd);
    if (err) {
        if (t->pt != caller)
            domain_put(t->pt);
        return err;
    }
    t->fd_id = t->fd->id;
    return 0;
}

void mmu_target_put(const struct mmu_target *t, const struct domain *caller)
{
    if (unlikely(t->pt != caller))
        domain_put(t->pt);
    if (unlikely(t->fd && t->fd != caller))
        domain_put(t->fd);
}

long hc_mmu_update(struct hcall *h)
{
    struct batch b;
    long err = batch_begin(&b, h, (uint32_t)h->arg[3]);
    uint32_t i;

    if (unlikely(err))
        return err;

    for (i = 0; i < b.count; i++) {
        struct mmu_update u;

        if (unlikely((i & 31) == 31) && preempt_needed()) {
            err = -ERESTART;
            break;
        }
        err = COPY_FROM_GUEST_IDX(&u, b.u_reqs, i);
        if (unlikely(err))
            break;
        err = update_one(&u, &b.t);
        if (unlikely(err))
            break;
        err = pt_drop_finish(h->caller);
        if (unlikely(err)) {
            i++; /* that one is done but for its old entry */
            break;
        }
    }
    return batch_end(&b, h, i, sizeof(struct mmu_update), err);
}

/*
 * What update_va_mapping's flags ask for; @u_flags: UVMF_*, or a pointer to
 * a bitmap of vCPUs instead of UVMF_ALL.
 */
static int uvm_flush(struct vcpu *v, unsigned long va, unsigned long u_flags)
{
    unsigned long how = u_flags & UVMF_FLUSHTYPE_MASK;
    unsigned long who = u_flags & ~UVMF_FLUSHTYPE_MASK;
    struct cpumask cpus = { 0 };

    if (who == UVMF_LOCAL) {
        if (how == UVMF_TLB_FLUSH)
            tlb_flush_local();
        else if (how == UVMF_INVLPG)
            invlpg(va);
        return 0;
    }
    if (who == UVMF_ALL) {
        if (how == UVMF_TLB_FLUSH)
            tlb_flush_domain(v->domain);
        else if (how == UVMF_INVLPG)
            tlb_flush_page_domain(v->domain, va);
        return 0;
    }
    cpumask_add(&cpus, this_cpu_id());
    if (vcpumask_to_cpus(v->domain, who, &cpus))
        return -EFAULT;
    if (how == UVMF_TLB_FLUSH)
        tlb_flush_cpus(&cpus);
    else if (how == UVMF_INVLPG)
        tlb_flush_page_cpus(&cpus, va);
    return 0;
}

static long update_va(struct vcpu *v, unsigned long va, pte_t val,
                      unsigned long flags, domid_t fd)
{
    mfn_t table;
    long err;

    if (unlikely(!va_canonical(va) || !pt_find_l1(v->guest_table, va, &table)))
        return -EINVAL;

    err = l1_update(table, pt_index(va, 1), val, v->domain, fd, L1_PLAIN, 0);
    if (unlikely(err))
        return err;
    return flags ? uvm_flush(v, va, flags) : 0;
}

long hc_update_va_mapping(struct hcall *h)
{
    struct vcpu *v = h->caller;

    return update_va(v, h->arg[0], h->arg[1], h->arg[2], v->domain->id);
}

long hc_update_va_mapping_otherdomain(struct hcall *h)
{
    struct vcpu *v = h->caller;
    struct mmu_target t;
    long err = mmu_target_get(&t, v->domain, (uint16_t)h->arg[3]);

    if (err)
        return err;
    err = update_va(v, h->arg[0], h->arg[1], h->arg[2], t.fd_id);
    mmu_target_put(&t, v->domain);
    return err;
}

int pt_write_l1(struct vcpu *v, mfn_t table, unsigned int index, pte_t old,
                pte_t new)
{
    if (mfn_x(table) >= max_mfn)
        return -EINVAL;
    return l1_update(table, index, new, v->domain, v->domain->id, L1_EXACT,
                     old);
}
