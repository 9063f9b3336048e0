/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracking mode from outside: on, off, the log, and how much memory it takes.
 *
 * The mode changes while the domain is paused (none of its tables is in a
 * CR3) and all other CPUs are held (no operation on its tables is half-way).
 * Nothing else needs to be careful about domain.track.
 */
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/irq.h>
#include <hv/spec.h>
#include <hv/string.h>
#include <xen/domctl.h>

#include "track.h"

/* For one instruction of one vCPU, however many pages it touches. */
#define PAGES_PER_VCPU 40

static void pause_all(struct domain *d)
{
    domain_pause(d);
    smp_hold_others();
}

static void unpause_all(struct domain *d)
{
    smp_release_others();
    domain_unpause(d);
}

/* ---- on and off ---- */

static void page_free(struct track *t, struct frame *f)
{
    tlb_note(f); /* cached walks may lead to it */
    heap_free(mfn_to_virt(frame_mfn(f)), 0);
    t->nr_pages--;
}

/* Give pages that nothing uses back, until there are at most @max. */
static void pool_shrink(struct track *t, uint32_t max)
{
    while (t->nr_pages > max && t->unused != FRAME_NONE) {
        struct frame *f = &frame_table[t->unused];

        frame_list_del(&t->unused, f);
        page_free(t, f);
    }
}

static void track_free(struct track *t)
{
    pool_shrink(t, 0);
    for (unsigned int i = 0; i < 2 * t->domain->max_vcpus; i++)
        if (mfn_x(t->root[i / 2][i % 2]))
            page_free(t, frame_of(t->root[i / 2][i % 2]));
    heap_free(t->log.now, t->log_order);
    heap_free(t->log.next, t->log_order);
    hv_free(t);
}

/*
 * As many frame numbers as the toolstack will ask for: what the guest says
 * that it has, within reason.
 */
static unsigned long log_bits(const struct domain *d)
{
    unsigned long most = 16UL * d->max_pages + (1UL << 16);
    unsigned long says = d->shared->arch.max_pfn;

    return ALIGN_UP(MAX(d->max_pages, MIN(says, most)), 64);
}

static uint32_t pages_wanted(const struct track *t)
{
    const struct domain *d = t->domain;
    /* Twice the L1 tables that map all of its memory once. */
    uint32_t by_default = t->min_pages + d->tot_pages / 256 + 256;

    return MAX(t->min_pages, d->track_limit ? d->track_limit : by_default);
}

static bool alloc_pages(struct track *t)
{
    size_t bytes = t->log.nr_bits / 8;

    t->log_order = heap_order(bytes);
    t->log.now = heap_alloc(t->log_order);
    t->log.next = heap_alloc(t->log_order);
    if (!t->log.now || !t->log.next)
        return false;
    for (unsigned int i = 0; i < 2 * t->domain->max_vcpus; i++) {
        pte_t *root = heap_alloc(0);

        if (!root)
            return false;
        hvmap_fill_l4(root);
        t->root[i / 2][i % 2] = virt_to_mfn(root);
        t->nr_pages++;
    }
    while (t->nr_pages < t->min_pages)
        if (!track_pool_grow(t))
            return false;
    return true;
}

static struct track *track_alloc(struct domain *d)
{
    struct track *t = hv_alloc(sizeof(*t) + d->max_vcpus * sizeof(t->root[0]));

    if (!t)
        return NULL;
    lock_init(&t->lock, LR_TRACK);
    t->domain = d;
    t->used = t->unused = FRAME_NONE;
    t->log.nr_bits = log_bits(d);
    t->min_pages = d->max_vcpus * (PAGES_PER_VCPU + 2);
    t->max_pages = pages_wanted(t);
    t->starting = true;
    if (alloc_pages(t))
        return t;
    track_free(t);
    return NULL;
}

/* CR3 values of the mode that @d is in now.  All is held. */
static void bases_set(struct domain *d)
{
    for_each_vcpu (v, d) {
        v->cr3[0] = pt_base_cr3(v, true);
        v->cr3[1] = pt_base_cr3(v, false);
    }
    xpti_l4_changed();
}

/*
 * Note what others can write of @t's domain: their mappings, found in their
 * tables.  Returns: true: to be called again.
 */
static bool track_scan(struct track *t,
                       void (*set)(struct dirty_log *l, unsigned long bit))
{
    while (t->scan_at < max_mfn) {
        mfn_t m = mfn(t->scan_at++);
        uint64_t w = frame_valid(m) ? load64(&frame_of(m)->type) : 0;

        for (unsigned int i = 0; tw_type(w) == PT_L1 && (w & TW_VALID) &&
                                 !track_owns(t->domain, m) && i < PT_ENTRIES;
             i++) {
            pte_t e = load64(table_of(m) + i);

            if ((e & (PTE_P | PTE_RW)) == (PTE_P | PTE_RW) &&
                track_owns(t->domain, pte_mfn(e)))
                set(&t->log, m2p_get(pte_mfn(e)));
        }
        if (t->scan_at % 64 == 0 && preempt_needed())
            return true;
    }
    t->scan_at = 0;
    return false;
}

static bool may_track(const struct domain *d)
{
    if (d->hardware || d == current_vcpu()->domain || !d->max_vcpus)
        return false;
    for (unsigned int i = 0; i < d->max_vcpus; i++)
        if (!d->vcpu[i])
            return false;
    return true;
}

static int switch_on(struct domain *d)
{
    struct track *t = may_track(d) ? track_alloc(d) : NULL;
    bool ok = false;

    if (!t)
        return may_track(d) ? -ENOMEM : -EINVAL;

    pause_all(d);
    if (!d->track && d->life < LIFE_DYING) {
        d->track = t;
        nr_tracked++;
        bases_set(d);
        ok = true;
    }
    unpause_all(d);

    if (!ok)
        track_free(t);
    return ok ? 0 : -EINVAL;
}

int track_enable(struct domain *d)
{
    int err = d->track ? 0 : switch_on(d);

    if (err || !d->track->starting)
        return err ? err : -EINVAL;
    if (track_scan(d->track, dirty_log_set))
        return -ERESTART;
    d->track->starting = false;
    return 0;
}

int track_disable(struct domain *d)
{
    struct track *t;

    if (!d->track || d == current_vcpu()->domain)
        return -EINVAL;

    pause_all(d);
    t = d->track;
    if (t) {
        track_drop_all(t);
        d->track = NULL;
        nr_tracked--;
        bases_set(d);
    }
    unpause_all(d);

    if (t)
        track_free(t);
    return t ? 0 : -EINVAL;
}

int track_destroy(struct domain *d)
{
    track_disable(d);
    return 0;
}

uint32_t track_limit(const struct domain *d)
{
    return d->track ? d->track->max_pages : d->track_limit;
}

void track_set_limit(struct domain *d, uint32_t pages)
{
    d->track_limit = pages;
    if (!d->track || d == current_vcpu()->domain)
        return;

    pause_all(d);
    if (d->track) {
        d->track->max_pages = pages_wanted(d->track);
        if (d->track->nr_pages > d->track->max_pages)
            track_drop_all(d->track);
        pool_shrink(d->track, d->track->max_pages);
    }
    unpause_all(d);
}

/* ---- the log ---- */

static void mark_counted(mfn_t m, bool typed)
{
    (void)typed;
    track_mark_frame(m);
}

/* Pages that we write ourselves, or the processor in our windows, unseen. */
static void mark_ours(const struct domain *d)
{
    for_each_vcpu (v, d) {
        track_mark_frame(v->info_mfn);
        for (unsigned int n = 0; n < DIV_UP(v->gdt_ents, 512); n++)
            track_mark_frame(v->gdt_frames[n]);
        for (unsigned int n = 0; n < LDT_PAGES; n++)
            if (v->ldt_mapped & (1U << n))
                track_mark_frame(v->ldt_frames[n]);
    }
    evtchn_audit(d, mark_counted);
    pirq_audit(d, mark_counted);
}

/*
 * Copy the log out, and with @clean begin the next round.  If that fails the
 * caller does not know what was in it: everything, then.
 */
static int log_copy(struct track *t, struct xen_domctl_shadow_op *op,
                    bool clean)
{
    unsigned long u = (unsigned long)op->dirty_bitmap.p;
    unsigned long bytes = DIV_UP(op->pages, 8), nr = t->log.nr_bits / 64;
    uint64_t words[64];

    for (unsigned long i = 0; i < nr; i += ARRAY_SIZE(words)) {
        unsigned long n = MIN(nr - i, ARRAY_SIZE(words));

        for (unsigned long k = 0; k < n; k++)
            words[k] =
                clean ? dirty_log_take(&t->log, i + k) : t->log.now[i + k];
        if (!u || i * 8 >= bytes)
            continue;
        if (copy_to_guest(u + i * 8, words, MIN(n * 8, bytes - i * 8))) {
            if (clean)
                memset(t->log.now, 0xff, nr * 8);
            return -EFAULT;
        }
    }
    return 0;
}

int track_log(struct domain *d, struct xen_domctl_shadow_op *op, bool clean)
{
    struct track *t = d->track;
    int err;

    if (!t || t->starting || d == current_vcpu()->domain)
        return -EINVAL;
    if (clean && track_scan(t, dirty_log_set_next))
        return -ERESTART;

    domain_pause(d);
    t = d->track; /* it may have been switched off while we waited */
    if (!t) {
        domain_unpause(d);
        return -EINVAL;
    }
    mark_ours(d);
    op->pages = MIN(op->pages, t->log.nr_bits);
    op->stats.fault_count = t->nr_faults;
    op->stats.dirty_count = t->log.nr_dirty;
    if (clean) {
        lock_take(&t->lock);
        t->nr_faults = t->log.nr_dirty = 0;
        track_drop_all(t);
        lock_release(&t->lock);
    }
    err = log_copy(t, op, clean);
    domain_unpause(d);

    return err;
}

/* ---- the auditor ---- */

static bool entry_right(const struct track *t, enum page_type level, pte_t e,
                        pte_t s)
{
    mfn_t m = pte_mfn(e);

    if (!(s & PTE_P))
        return true;
    if (!(e & PTE_P) || !(e & PTE_A) ||
        (pte_flags(s) & ~PTE_RW) != (pte_flags(e) & ~PTE_RW) ||
        (s & ~e & PTE_RW))
        return false;
    if (level == PT_L1)
        return mfn_eq(pte_mfn(s), m) &&
               (!(s & PTE_RW) || ((e & PTE_D) && track_known_dirty(t, m)));
    return mfn_eq(pte_mfn(s), shadow_of(frame_of(m)));
}

void track_audit(const struct domain *d,
                 void (*report)(const char *what, unsigned long m, uint64_t has,
                                uint64_t want))
{
    const struct track *t = d->track;
    uint32_t i = t ? t->used : FRAME_NONE;

    while (i != FRAME_NONE) {
        const struct frame *s = &frame_table[i], *g = &frame_table[s->aux];

        if (g->aux != i || !(g->type & TW_VALID) ||
            !ptype_is_table(tw_type(g->type)))
            report("shadow of what is no table", s->aux, g->aux, i);
        for (unsigned int n = 0; n < PT_ENTRIES; n++) {
            pte_t ge = table_of(mfn(s->aux))[n], se = table_of(mfn(i))[n];

            if (!entry_right(t, tw_type(g->type), ge, se))
                report("shadow entry", s->aux, se, ge);
        }
        i = s->next == t->used ? FRAME_NONE : s->next;
    }
}
