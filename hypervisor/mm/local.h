/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of mm/ share: the hot paths of counting, and helpers. */
#pragma once

#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/mm.h>
#include <hv/track.h>

#include "pt_check.h"
#include "ptype.h"
#include "tlb.h"

/* Compare-and-swap; on failure *old is what was found. */
static inline bool cas64(uint64_t *p, uint64_t *old, uint64_t new)
{
    return __atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_RELAXED);
}

static inline uint64_t load64(const uint64_t *p)
{
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);
}

static inline domid_t ref_owner(uint64_t ref)
{
    return (domid_t)(ref >> REF_OWNER_SHIFT);
}

static inline uint64_t ref_make(domid_t owner, uint64_t flags)
{
    return REF_RAM | (uint64_t)owner << REF_OWNER_SHIFT | flags;
}

/* One check covers count 0 (free) and a full count. */
static inline bool ref_can_get(uint64_t ref, domid_t owner)
{
    return ref_owner(ref) == owner && (uint32_t)ref - 1 < REF_COUNT_MAX - 1;
}

/* frame_get() by the owner's id. */
static inline bool frame_get_id(mfn_t m, domid_t owner)
{
    struct frame *f = frame_of(m);
    uint64_t ref;

    if (unlikely(mfn_x(m) >= max_mfn))
        return false;

    ref = load64(&f->ref);
    do {
        if (unlikely(!ref_can_get(ref, owner)))
            return false;
    } while (unlikely(!cas64(&f->ref, &ref, ref + 1)));
    return true;
}

/* One more reference of a frame of which the caller holds one. */
static inline bool frame_get_again(struct frame *f)
{
    uint64_t ref = load64(&f->ref);

    return frame_get_id(frame_mfn(f), ref_owner(ref));
}

/* The count of @f has just become 0: give the page back. */
void frame_last_put(struct frame *f);

static inline void frame_put_fast(struct frame *f)
{
    uint64_t ref = __atomic_sub_fetch(&f->ref, 1, __ATOMIC_SEQ_CST);

    if (unlikely(!(uint32_t)ref))
        frame_last_put(f);
}

/* frame_type_get() of what is not in use in that way, or locked. */
int frame_type_make(struct frame *f, enum page_type want);

/* frame_get_type() without the look-up: mostly one use more of many. */
static inline int frame_type_get(struct frame *f, enum page_type want)
{
    uint64_t w = load64(&f->type);

    while (likely(tw_is_ready(w, want) && (w & TW_COUNT) < TW_COUNT_MAX))
        if (likely(cas64(&f->type, &w, w + 1)))
            return 0;
    return frame_type_make(f, want);
}

/* A writable use; false: it is in use as a table or descriptors. */
static inline bool frame_get_writable(struct frame *f)
{
    return frame_type_get(f, PT_WRITABLE) == 0;
}

/*
 * The stamp goes first: whoever sees count 0 must see it too.  A writable
 * type with a count is never locked, so no compare-and-swap is needed.
 */
static inline void frame_put_writable(struct frame *f)
{
    ASSERT(tw_type(f->type) == PT_WRITABLE && (f->type & TW_COUNT));
    tlb_note(f);
    __atomic_sub_fetch(&f->type, 1, __ATOMIC_SEQ_CST);
}

/*
 * table_lock - make L1 table @f ours alone; false: it is no valid L1 table
 *
 * While it is locked it stays valid and referenced.  Nothing may be done
 * meanwhile that waits for another table.
 */
static inline bool table_lock(struct frame *f)
{
    uint64_t w = load64(&f->type);

    for (;;) {
        if (unlikely(!tw_is_ready(w, PT_L1))) {
            if (tw_type(w) != PT_L1 || !(w & TW_LOCKED))
                return false;
            spin_relax();
            w = load64(&f->type);
            continue;
        }
        if (likely(cas64(&f->type, &w, w | TW_LOCKED)))
            return true;
    }
}

static inline void table_unlock(struct frame *f)
{
    __atomic_store_n(&f->type, f->type & ~TW_LOCKED, __ATOMIC_RELEASE);
}

/* The same for a table of @d: the locks of others' tables are left alone. */
static inline bool table_lock_own(struct frame *f, const struct domain *d)
{
    if (unlikely(ref_owner(load64(&f->ref)) != d->id) || !table_lock(f))
        return false;
    if (likely(ref_owner(load64(&f->ref)) == d->id))
        return true;
    table_unlock(f);
    return false;
}

/* l1_get_mmio - the rest of l1_entry_get() for what is no frame of @fd */
int l1_get_mmio(pte_t *pe, const struct domain *mapper, domid_t fd);

/**
 * l1_entry_get - check present L1 entry *@pe and take what it refers to
 * @mapper: domain in whose table it will stand
 * @fd:     owner of the frame, or DOMID_IO for device memory
 *
 * Returns: 0 with the entry adjusted; -EINVAL; -EPERM.
 */
static inline int l1_entry_get(pte_t *pe, const struct domain *mapper,
                               domid_t fd)
{
    pte_t e = pt_adjust_l1(*pe);
    struct frame *f = frame_of(pte_mfn(e));

    if (unlikely(e & l1_refused[mapper->hardware]))
        return -EINVAL;
    if (unlikely(!frame_get_id(pte_mfn(e), fd)))
        return l1_get_mmio(pe, mapper, fd);

    if ((e & PTE_RW) && unlikely(!frame_get_writable(f))) {
        frame_put_fast(f);
        return -EINVAL;
    }
    *pe = e;
    return 0;
}

/* Drop what an L1 entry held. */
static inline void l1_entry_put(pte_t e)
{
    struct frame *f = frame_of(pte_mfn(e));

    if (!(e & PTE_P))
        return;
    if (unlikely(mfn_x(pte_mfn(e)) >= max_mfn || !(f->ref & REF_RAM)))
        return; /* device memory is not counted */
    if (e & PTE_RW)
        frame_put_writable(f);
    frame_put_fast(f);
}

enum l1_write {
    L1_PLAIN,   /* whatever stands there is replaced */
    L1_KEEP_AD, /* the A and D bits that are set there stay */
    L1_EXACT    /* only the entry expected is replaced */
};

/**
 * l1_update - write slot @index of L1 table @table
 * @pt_dom: owner of the table
 * @fd:     owner of the frame that @new maps
 * @expect: with L1_EXACT, what must be there
 *
 * Returns: 0; -EINVAL, -EPERM refused or not an L1 table of @pt_dom;
 * -EAGAIN not what was expected.
 */
int l1_update(mfn_t table, unsigned int index, pte_t new,
              const struct domain *pt_dom, domid_t fd, enum l1_write how,
              pte_t expect);

/* One step of a walk: entry @i of table @m leads to a table of type @want. */
static inline bool pt_step(mfn_t m, unsigned int i, enum page_type want,
                           mfn_t *table)
{
    pte_t e = load64((pte_t *)mfn_to_virt(m) + i);

    *table = pte_mfn(e);
    return likely((e & PTE_P) && mfn_x(*table) < max_mfn &&
                  tw_type(frame_of(*table)->type) == want);
}

/**
 * pt_find_l1 - the L1 table for @va below L4 @l4; false: there is none
 *
 * Every step checks the type of the frame: with other CPUs changing tables
 * the walk may end at a wrong table of the domain, never elsewhere.
 */
static inline bool pt_find_l1(mfn_t l4, unsigned long va, mfn_t *table)
{
    return pt_step(l4, pt_index(va, 4), PT_L3, table) &&
           pt_step(*table, pt_index(va, 3), PT_L2, table) &&
           pt_step(*table, pt_index(va, 2), PT_L1, table);
}

/* Owners by id, for as long as they own frames (frame.c). */
struct domain *frame_owner_domain(domid_t id);

/* Lists of frames: circular, linked by next and prev, *@head the first. */
void frame_list_add(uint32_t *head, struct frame *f);
void frame_list_del(uint32_t *head, struct frame *f);

/* frame_assign - @n frames from @m become @d's; false: over its limit */
bool frames_assign(struct domain *d, mfn_t m, unsigned long n);

/**
 * frame_steal - take frame @m out of @d's hands, if nobody uses it
 *
 * It keeps counting in d->tot_pages until frame_unsteal() or frame_discard().
 */
bool frame_steal(mfn_t m, struct domain *d);
void frame_unsteal(mfn_t m, struct domain *d);

/*
 * Below the allocator's interface: a block without an owner (heap.c).  @d may
 * use up what it has claimed, and get what it left itself; it may be NULL.
 */
mfn_t heap_take(unsigned int order, unsigned int max_bits,
                const struct domain *d);
void heap_give(mfn_t m, unsigned int order, uint64_t left_by);

/* pt_drop_later, pt_drop_finish - a table's release that was preempted */
void pt_drop_later(struct vcpu *v, mfn_t m);
int pt_drop_finish(struct vcpu *v);

/* pt_base_cr3 - CR3 value for the base that @v has; 0: none */
unsigned long pt_base_cr3(struct vcpu *v, bool user);

/* pt_unpin - the reverse of pt_pin(): 0; -EINVAL; -ERESTART */
int pt_unpin(mfn_t m, const struct domain *owner);

/* drop_partial - finish what a preempted validation left; -ERESTART */
int frame_drop_partial(struct frame *f);

/* Whose frames and whose tables a call is about (mmu_update.c). */
struct mmu_target {
    struct domain *pt; /* owner of the tables */
    struct domain *fd; /* owner of the frames, NULL for DOMID_IO and _XEN */
    domid_t fd_id;
};

/**
 * mmu_target_get - resolve the last argument of mmu_update and mmuext_op
 * @foreign: low 16 bits: frame owner; high 16 bits: table owner + 1, or 0
 *
 * Returns: 0, with references; -ESRCH unknown domain, or the caller by its
 * number; -EPERM the caller may not.
 */
int mmu_target_get(struct mmu_target *t, struct domain *caller,
                   uint32_t foreign);
void mmu_target_put(const struct mmu_target *t, const struct domain *caller);

/**
 * vcpumask_to_cpus - CPUs that hold translations of the vCPUs in a bitmap
 * @u_mask: guest address of one bit per possible vCPU of @d
 *
 * Adds to *@cpus.  Returns: 0 or -EFAULT.
 */
int vcpumask_to_cpus(const struct domain *d, unsigned long u_mask,
                     struct cpumask *cpus);

/* A list of requests that can be stopped: mmu_update's and mmuext_op's. */
struct batch {
    unsigned long u_reqs, u_done; /* @u_done: where to say how many were done */
    uint32_t count, done;         /* to do; done before it was restarted */
    struct mmu_target t;
};

/* Restarting a batch: bit 31 of the count says that 32-63 hold "done". */
#define BATCH_RESTARTED 0x80000000UL

/* batch_begin - read the arguments of @h; on success batch_end() is due */
static inline long batch_begin(struct batch *b, const struct hcall *h,
                               uint32_t foreign)
{
    long err = pt_drop_finish(h->caller);

    b->u_reqs = h->arg[0];
    b->u_done = h->arg[2];
    b->count = h->arg[1] & (BATCH_RESTARTED - 1);
    b->done = h->arg[1] & BATCH_RESTARTED ? h->arg[1] >> 32 : 0;
    return err ? err : mmu_target_get(&b->t, h->caller->domain, foreign);
}

/* batch_end - the result after @n requests of @size bytes that ended with @err
 */
static inline long batch_end(const struct batch *b, struct hcall *h, uint32_t n,
                             size_t size, long err)
{
    mmu_target_put(&b->t, h->caller->domain);
    if (err == -ERESTART) {
        h->arg[0] = b->u_reqs + n * size;
        h->arg[1] =
            (b->count - n) | BATCH_RESTARTED | (uint64_t)(b->done + n) << 32;
        return err;
    }
    if (b->u_done && put_guest_u32(b->u_done, b->done + n))
        return -EFAULT;
    return err;
}
