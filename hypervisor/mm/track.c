/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shadow tables.  The processor walks them instead of the guest's own tables,
 * which stay what counts, and stay checked by everything else in mm/.
 *
 * TOUR 4.7: each table of a tracked domain may have a shadow, whose frame
 * number stands in frame.aux; each vCPU has two roots of its own, which never
 * change.  All are empty at first and filled by page faults, entry by entry.
 * The shadow of an L1 entry allows writing only to a page that is in the log.
 *
 * INVARIANT TRK-1: a shadow entry allows no more than the guest's entry, and
 * refers to the same frame, or to the shadow of the same table.  Whoever
 * writes a guest's entry clears the shadow's slot afterwards, before he drops
 * what the old entry held.
 *
 * INVARIANT TRK-2: a guest's entry has A, and D, before its shadow allows the
 * access; and so has the log the page.
 *
 * Locks: L1 slots are guarded by their table's lock, all other things by
 * track.lock.  The lock of a table may be held when track.lock is taken; so
 * with that held tables are only tried to lock, and who fails lets the guest
 * fault again.  While track.lock is held, a table that the guest's entries lead
 * to stays valid: to drop it, its entry's shadow would have to be cleared.
 *
 * A zero that is written late to a shadow that has another use by now is
 * harmless.  So pages of shadows leave the pool, and become roots, only while
 * all other CPUs are held.
 */
#include <hv/cpu.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/spec.h>
#include <hv/string.h>
#include <x86/insn.h>
#include <x86/regs.h>

#include "track.h"

unsigned int nr_tracked;

enum outcome {
    FILLED, /* the shadows allow the access */
    AGAIN,  /* others were faster, or everything was dropped */
    ABSENT, /* the guest has no entry */
    DENIED, /* it has one that forbids the access */
};

struct walk {
    unsigned long va;
    uint32_t ec;
    struct vcpu *v;
    bool kernel; /* in the tables of kernel mode */
    /* By level, 1 to 4: */
    mfn_t table[5];
    unsigned int index[5];
    pte_t e[5];
};

static struct track *track_of(const struct frame *f)
{
    struct domain *d = frame_owner_domain(ref_owner(load64(&f->ref)));

    return d ? d->track : NULL;
}

void track_mark_frame(mfn_t m)
{
    struct track *t = frame_valid(m) ? track_of(frame_of(m)) : NULL;

    if (t)
        dirty_log_set(&t->log, m2p_get(m));
}

/* ---- the pool ---- */

static void shadow_free(struct track *t, struct frame *s)
{
    frame_table[s->aux].aux = 0;
    tlb_note(s);
    frame_list_del(&t->used, s);
    frame_list_add(&t->unused, s);
}

void track_drop_all(struct track *t)
{
    for (unsigned int i = 0; i < t->domain->max_vcpus; i++)
        for (unsigned int k = 0; k < 2; k++)
            track_root_clear(t->root[i][k]);
    xpti_l4_changed();
    while (t->used != FRAME_NONE)
        shadow_free(t, &frame_table[t->used]);
}

bool track_pool_grow(struct track *t)
{
    void *p = t->nr_pages < t->max_pages ? heap_alloc(0) : NULL;

    if (!p)
        return false;
    frame_list_add(&t->unused, frame_of(virt_to_mfn(p)));
    t->nr_pages++;
    return true;
}

/* The shadow of @table; false: all were dropped to make room. */
static bool shadow_get(struct track *t, struct frame *table)
{
    struct frame *s;

    if (table->aux)
        return true;
    if (t->unused == FRAME_NONE && !track_pool_grow(t)) {
        track_drop_all(t);
        return false;
    }
    s = &frame_table[t->unused];
    frame_list_del(&t->unused, s);
    tlb_flush_stale(s->tlb_stamp, t->domain);
    clear_page(mfn_to_virt(frame_mfn(s)));
    s->aux = (uint32_t)mfn_x(frame_mfn(table));
    frame_list_add(&t->used, s);
    __atomic_store_n(&table->aux, (uint32_t)mfn_x(frame_mfn(s)),
                     __ATOMIC_RELEASE);
    return true;
}

/* ---- changes of the guest's tables ---- */

/* A writable mapping of @owner's frame in a table of somebody else. */
static void mapped_by_other(const struct frame *table, pte_t e)
{
    mfn_t m = pte_mfn(e);
    struct track *t;

    if ((e & (PTE_P | PTE_RW)) != (PTE_P | PTE_RW) || !frame_valid(m))
        return;
    t = track_of(frame_of(m));
    if (t && ref_owner(table->ref) != t->domain->id)
        dirty_log_set_twice(&t->log, m2p_get(m));
}

void track_l1_changed(struct frame *table, unsigned int index, pte_t new)
{
    struct track *t = track_of(table);
    mfn_t s = shadow_of(table);

    if (t) {
        dirty_log_set(&t->log, m2p_get(frame_mfn(table)));
        if (mfn_x(s))
            __atomic_exchange_n(table_of(s) + index, 0, __ATOMIC_SEQ_CST);
    }
    mapped_by_other(table, new);
}

void track_table_changed(struct frame *table, enum page_type level,
                         unsigned int index)
{
    struct track *t = track_of(table);

    if (!t)
        return;

    lock_take(&t->lock);
    dirty_log_set(&t->log, m2p_get(frame_mfn(table)));
    if (level != PT_L4 && table->aux)
        table_of(mfn(table->aux))[index] = 0;
    for (unsigned int i = 0; level == PT_L4 && i < t->domain->max_vcpus; i++)
        table_of(t->root[i][0])[index] = table_of(t->root[i][1])[index] = 0;
    lock_release(&t->lock);
}

void track_table_dropped(struct frame *table)
{
    struct track *t = track_of(table);

    if (!t)
        return;
    lock_take(&t->lock);
    if (table->aux)
        shadow_free(t, &frame_table[table->aux]);
    lock_release(&t->lock);
}

/* ---- filling ---- */

/* The shadow of upper entry @e, whose child has one. */
static pte_t upper_value(pte_t e)
{
    return pte_make(shadow_of(frame_of(pte_mfn(e))), pte_flags(e) | PTE_A);
}

static pte_t l1_value(const struct track *t, pte_t e)
{
    /* TRK-2, and the processor must have nothing to set. */
    if ((e & PTE_RW) && (!(e & PTE_D) || !track_known_dirty(t, pte_mfn(e))))
        e &= ~PTE_RW;
    return e;
}

/* What the guest has used lately it will use again: saves a fault for each. */
static void l1_prefill(const struct track *t, const struct frame *table)
{
    const pte_t *from = table_of(frame_mfn(table));
    pte_t *to = table_of(shadow_of(table));

    for (unsigned int i = 0; i < PT_ENTRIES; i++)
        if ((from[i] & (PTE_P | PTE_A)) == (PTE_P | PTE_A))
            to[i] = l1_value(t, from[i]);
}

/* What the processor would do to the guest's entry @e at @slot. */
static bool use_entry(struct track *t, mfn_t table, pte_t *slot, pte_t e,
                      uint64_t bits)
{
    pte_t old = e;

    if (!cas64(slot, &old, e | bits))
        return false;
    if (bits & ~e)
        dirty_log_set(&t->log, m2p_get(table));
    return true;
}

static enum outcome fill_l1(struct track *t, const struct walk *w)
{
    struct frame *table = frame_of(w->table[1]);
    pte_t *slot = table_of(w->table[1]) + w->index[1];
    pte_t e = w->e[1] | PTE_A | (w->ec & PFEC_W ? PTE_D : 0);
    enum outcome r = AGAIN;
    bool fresh = !table->aux;
    uint64_t word;

    /* First: it may wait for a flush, and others for the table's lock. */
    if (!shadow_get(t, table))
        return AGAIN;
    word = load64(&table->type);
    if (!tw_is_ready(word, PT_L1) ||
        !cas64(&table->type, &word, word | TW_LOCKED))
        return AGAIN;
    if (fresh)
        l1_prefill(t, table);
    if (use_entry(t, w->table[1], slot, w->e[1], e & (PTE_A | PTE_D))) {
        if ((w->ec & PFEC_W) && track_owns(t->domain, pte_mfn(e)))
            dirty_log_set(&t->log, m2p_get(pte_mfn(e)));
        table_of(shadow_of(table))[w->index[1]] = l1_value(t, e);
        r = FILLED;
    }
    table_unlock(table);
    return r;
}

/* Make the entry of level @level lead to the shadow of the next table. */
static enum outcome link(struct track *t, const struct walk *w,
                         unsigned int level)
{
    mfn_t m = w->table[level];
    pte_t *to = table_of(level == 4 ? t->root[w->v->id][w->kernel]
                                    : shadow_of(frame_of(m))) +
                w->index[level];
    pte_t e = w->e[level], value = upper_value(e);

    if (!use_entry(t, m, table_of(m) + w->index[level], e, PTE_A))
        return AGAIN;
    if (*to == value)
        return FILLED;
    *to = value;
    if (level == 4)
        xpti_l4_changed();
    return FILLED;
}

/* Read the guest's entries for the address, and judge as the processor does. */
static enum outcome walk_guest(struct walk *w)
{
    uint64_t all = ~0UL, any = 0;
    mfn_t m = w->kernel ? w->v->guest_table : w->v->guest_table_user;

    for (unsigned int level = 4; level; level--) {
        if (mfn_x(m) >= max_mfn || tw_type(frame_of(m)->type) != level)
            return AGAIN;
        w->table[level] = m;
        w->index[level] = pt_index(w->va, level);
        w->e[level] = load64(table_of(m) + w->index[level]);
        if (!(w->e[level] & PTE_P))
            return ABSENT;
        all &= w->e[level];
        any |= w->e[level];
        m = pte_mfn(w->e[level]);
    }
    if (!(all & PTE_US) || ((w->ec & PFEC_W) && !(all & PTE_RW)) ||
        ((w->ec & PFEC_I) && (any & PTE_NX)))
        return DENIED;
    return FILLED;
}

static enum outcome fill(struct track *t, struct walk *w)
{
    enum outcome r = walk_guest(w);

    for (unsigned int level = 3; level > 1 && r == FILLED; level--)
        r = shadow_get(t, frame_of(w->table[level])) ? FILLED : AGAIN;
    if (r == FILLED)
        r = fill_l1(t, w);
    for (unsigned int level = 4; level > 1 && r == FILLED; level--)
        r = link(t, w, level);
    return r;
}

bool track_fault(unsigned long va, uint32_t *pec)
{
    struct vcpu *v = current_vcpu();
    struct track *t = v->domain->track;
    struct walk w = { .va = va, .ec = *pec, .v = v };
    enum outcome r;

    /*
     * A shadow never forbids to read what is there.  Our copy of a slot of
     * ours that changed under us is nothing that could be filled.
     */
    if ((w.ec & PFEC_RSVD) || !va_canonical(va) ||
        (va >= HV_VIRT_START && va < HV_VIRT_END) ||
        ((w.ec & PFEC_P) && !(w.ec & (PFEC_W | PFEC_I))))
        return false;

    /* Not always the mode's: guest_time.c borrows the kernel's tables. */
    w.kernel = (read_cr3() & PTE_ADDR_MASK) == v->cr3[1];
    lock_take(&t->lock);
    r = fill(t, &w);
    t->nr_faults += r == FILLED;
    lock_release(&t->lock);

    if (r == AGAIN)
        spin_relax(); /* who is in the way may wait for this CPU's flush */
    if (r == FILLED || r == AGAIN)
        return true;
    *pec = r == DENIED ? w.ec | PFEC_P : w.ec & ~PFEC_P;
    return false;
}

unsigned long track_base(struct vcpu *v, bool user)
{
    struct track *t = v->domain->track;
    mfn_t base = user ? v->guest_table_user : v->guest_table;
    mfn_t root = t->root[v->id][!user];

    lock_take(&t->lock);
    track_root_clear(root);
    for (unsigned int i = 0; !mfn_eq(base, MFN_INVALID) && i < PT_ENTRIES;
         i++) {
        pte_t e = load64(table_of(base) + i);

        /* Those that were used, as l1_prefill() does. */
        if (!pt_is_hv_slot(i) && (e & PTE_P) && (e & PTE_A) &&
            mfn_x(shadow_of(frame_of(pte_mfn(e)))))
            table_of(root)[i] = upper_value(e);
    }
    lock_release(&t->lock);
    xpti_l4_changed();
    return mfn_eq(base, MFN_INVALID) ? 0 : mfn_x(root) << PAGE_SHIFT;
}
