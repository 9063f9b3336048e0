/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's grant table: its frames, which the guest writes, what the
 * hypervisor keeps beside each entry, and the handles of what the domain has
 * mapped from others.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include "local.h"

#define ACTIVE_ORDER 1
static_assert(sizeof(struct active) * GRANTS_PER_FRAME <= PAGE_SIZE
                                                              << ACTIVE_ORDER,
              "ACTIVE_ORDER");
static_assert(sizeof(struct maptrack) == 16, "256 to the page");

/* A few attempts: a guest that keeps changing its entry loses. */
#define CMPXCHG_TRIES 8

int grant_domain_init(struct domain *d, unsigned int max_frames,
                      unsigned int max_maptrack)
{
    struct grant_table *t;

    if (!max_frames || max_frames > GRANT_MAX_FRAMES ||
        max_maptrack > MAPTRACK_MAX_PAGES)
        return -EINVAL;

    t = hv_alloc(sizeof(*t));
    if (!t)
        return -ENOMEM;
    lock_init(&t->lock, LR_GRANT);
    /* Arrays of pointers are made for the limit at once. */
    t->max_frames = max_frames;
    t->max_maps = MAX(max_maptrack, 1U);
    t->free_handle = HANDLE_NONE;
    t->shared = heap_alloc(heap_order(max_frames * sizeof(t->shared[0])));
    t->active = heap_alloc(heap_order(max_frames * sizeof(t->active[0])));
    t->maps = heap_alloc(heap_order(t->max_maps * sizeof(t->maps[0])));
    d->grant = t;
    if (!t->shared || !t->active || !t->maps) {
        grant_domain_destroy(d);
        return -ENOMEM;
    }
    return 0;
}

void grant_domain_destroy(struct domain *d)
{
    struct grant_table *t = d->grant;

    if (!t)
        return;
    ASSERT(!t->nr_mapped);
    for (unsigned int i = 0; i < t->nr_frames; i++) {
        heap_free(t->shared[i], 0);
        heap_free(t->active[i], ACTIVE_ORDER);
    }
    for (unsigned int i = 0; i < t->nr_maps; i++)
        heap_free(t->maps[i], 0);
    if (t->shared)
        heap_free(t->shared, heap_order(t->max_frames * sizeof(t->shared[0])));
    if (t->active)
        heap_free(t->active, heap_order(t->max_frames * sizeof(t->active[0])));
    if (t->maps)
        heap_free(t->maps, heap_order(t->max_maps * sizeof(t->maps[0])));
    hv_free(t);
    d->grant = NULL;
}

/* Add one frame.  Lock: the table's. */
static int grow_locked(struct domain *d)
{
    struct grant_table *t = d->grant;
    struct grant_entry_v1 *shared = heap_alloc(0);
    struct active *active = heap_alloc(ACTIVE_ORDER);

    if (!shared || !active) {
        if (shared)
            heap_free(shared, 0);
        if (active)
            heap_free(active, ACTIVE_ORDER);
        return -ENOMEM;
    }
    frame_share(virt_to_mfn(shared), d, false);
    t->shared[t->nr_frames] = shared;
    t->active[t->nr_frames] = active;
    __atomic_store_n(&t->nr_frames, t->nr_frames + 1, __ATOMIC_RELEASE);

    return 0;
}

int grant_frame(struct domain *d, unsigned int idx, mfn_t *out)
{
    struct grant_table *t = d->grant;
    int err = 0;

    if (idx >= t->max_frames)
        return -EINVAL;
    if (idx >= t->nr_frames && d->life >= LIFE_DYING)
        return -EINVAL; /* nobody would take back what is shared now */

    lock_take(&t->lock);
    while (!err && t->nr_frames <= idx)
        err = grow_locked(d);
    if (!err)
        *out = virt_to_mfn(t->shared[idx]);
    lock_release(&t->lock);

    return err;
}

static void active_lock(struct active *a)
{
    while (__atomic_exchange_n(&a->held, 1, __ATOMIC_ACQUIRE))
        spin_relax();
}

static void active_release(struct active *a)
{
    __atomic_store_n(&a->held, 0, __ATOMIC_RELEASE);
}

/*
 * Flags and domain of a guest's entry are one 32-bit word: check both and
 * set the marks in one compare-and-swap, or the guest could change one
 * between.
 */
static int mark(struct grant_entry_v1 *e, domid_t user, bool read_only)
{
    uint32_t *word = (uint32_t *)e;
    uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);

    for (unsigned int i = 0; i < CMPXCHG_TRIES; i++) {
        if ((old & GTF_type_mask) != GTF_permit_access || old >> 16 != user ||
            (old & GTF_sub_page) || (!read_only && (old & GTF_readonly)))
            return GNTST_general_error;
        if (__atomic_compare_exchange_n(
                word, &old, old | GTF_reading | (read_only ? 0 : GTF_writing),
                false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
            return GNTST_okay;
    }
    return GNTST_general_error;
}

static void unmark(struct grant_entry_v1 *e, uint16_t flags)
{
    __atomic_fetch_and(&e->flags, (uint16_t)~flags, __ATOMIC_SEQ_CST);
}

/* Take what GR-1 demands before the counts may rise.  Lock: the entry's. */
static int hold_locked(struct domain *owner, struct active *a,
                       struct grant_entry_v1 *e, domid_t user, bool read_only)
{
    bool first = !a->readers && !a->writers;
    uint16_t marks = (first ? GTF_reading : 0) | (read_only ? 0 : GTF_writing);
    mfn_t m;

    if (mark(e, user, read_only) != GNTST_okay)
        return GNTST_general_error;

    /* Read once: the guest may write it at any time. */
    m = mfn(first ? __atomic_load_n(&e->frame, __ATOMIC_RELAXED) : a->mfn);
    if (first && !frame_get(m, owner))
        goto undo;
    if (!read_only && frame_get_type(m, PT_WRITABLE)) {
        if (first)
            frame_put(m);
        goto undo;
    }
    a->mfn = mfn_x(m);
    a->domid = user;

    return GNTST_okay;
undo:
    unmark(e, marks);
    return GNTST_general_error;
}

int grant_pin(struct domain *owner, grant_ref_t ref, domid_t user,
              bool read_only, mfn_t *out)
{
    struct grant_table *t = owner->grant;
    struct active *a;
    int status = GNTST_okay;

    if (ref / GRANTS_PER_FRAME >=
        __atomic_load_n(&t->nr_frames, __ATOMIC_ACQUIRE))
        return GNTST_bad_gntref;

    a = grant_active(t, ref);
    active_lock(a);
    if ((a->readers || a->writers) && a->domid != user)
        status = GNTST_general_error;
    else if (a->readers == UINT16_MAX || a->writers == UINT16_MAX)
        status = GNTST_no_space;
    else if ((!a->readers && !a->writers) || (!read_only && !a->writers))
        status = hold_locked(owner, a, grant_shared(t, ref), user, read_only);
    if (status == GNTST_okay) {
        if (read_only)
            a->readers++;
        else
            a->writers++;
        *out = mfn(a->mfn);
    }
    active_release(a);

    return status;
}

void grant_unpin(struct domain *owner, grant_ref_t ref, bool read_only)
{
    struct grant_table *t = owner->grant;
    struct active *a = grant_active(t, ref);
    uint16_t marks = 0;

    active_lock(a);
    ASSERT(read_only ? a->readers : a->writers);
    if (read_only) {
        a->readers--;
    } else if (!--a->writers) {
        frame_put_type(mfn(a->mfn), false);
        marks = GTF_writing;
    }
    if (!a->readers && !a->writers) {
        frame_put(mfn(a->mfn));
        marks |= GTF_reading;
    }
    if (marks)
        unmark(grant_shared(t, ref), marks);
    active_release(a);
}

/* Add a page of handles.  Lock: the table's. */
static bool grow_maps_locked(struct grant_table *t)
{
    struct maptrack *page;
    uint32_t first = t->nr_maps * MAPS_PER_PAGE;

    if (t->nr_maps == t->max_maps)
        return false;
    page = heap_alloc(0);
    if (!page)
        return false;
    for (unsigned int i = 0; i < MAPS_PER_PAGE; i++)
        page[i].ref = first + i + 1;
    page[MAPS_PER_PAGE - 1].ref = t->free_handle;
    t->free_handle = first;
    t->maps[t->nr_maps] = page;
    __atomic_store_n(&t->nr_maps, t->nr_maps + 1, __ATOMIC_RELEASE);

    return true;
}

uint32_t maptrack_alloc(struct domain *d)
{
    struct grant_table *t = d->grant;
    uint32_t h = HANDLE_NONE;

    lock_take(&t->lock);
    if (t->free_handle != HANDLE_NONE || grow_maps_locked(t)) {
        h = t->free_handle;
        t->free_handle = maptrack_of(t, h)->ref;
        t->nr_mapped++;
    }
    lock_release(&t->lock);

    return h;
}

void maptrack_free(struct domain *d, uint32_t handle)
{
    struct grant_table *t = d->grant;
    struct maptrack *m = maptrack_of(t, handle);

    lock_take(&t->lock);
    ASSERT(t->nr_mapped);
    m->owner = NULL;
    m->flags = 0;
    m->ref = t->free_handle;
    t->free_handle = handle;
    t->nr_mapped--;
    lock_release(&t->lock);
}

int grant_domain_release_maps(struct domain *d)
{
    struct grant_table *t = d->grant;

    while (t->release_next < t->nr_maps * MAPS_PER_PAGE) {
        uint32_t handle = t->release_next++;
        struct maptrack *m = maptrack_of(t, handle);
        struct domain *owner = m->owner;

        if (owner) {
            grant_unpin(owner, m->ref, m->flags & GNTMAP_readonly);
            maptrack_free(d, handle);
            domain_put(owner);
        }
        if (handle % 64 == 63 && preempt_needed())
            return -ERESTART;
    }
    return 0;
}

/* What a key asked for is printed whatever the threshold. */
void grant_dump(void)
{
    list_for_each(l, &domain_list)
    {
        const struct domain *d = list_entry(l, struct domain, link);
        const struct grant_table *t = d->grant;

        if (!t)
            continue;
        log_err("d%u: %u of %u grant frames, %u mappings\n", d->id,
                t->nr_frames, t->max_frames, t->nr_mapped);
        for (grant_ref_t r = 0; r < t->nr_frames * GRANTS_PER_FRAME; r++) {
            const struct active *a = grant_active(t, r);

            if (a->readers || a->writers)
                log_err("  %5u mfn %x to d%u: %u ro, %u rw\n", r, a->mfn,
                        a->domid, a->readers, a->writers);
        }
    }
}
