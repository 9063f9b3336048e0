/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain's grant table: its frames, which the guest writes, what the
 * hypervisor keeps beside each entry, and the version of both.
 *
 * The version changes while nobody uses an entry but the reserved ones, which
 * the tools keep mapped.  During the change nobody begins to use one either:
 * grant_pin() looks at `switching' with the entry locked, and whoever has
 * locked it before is waited for.  So using an entry needs no lock of the
 * whole table.  Version 2 has half as many entries in a frame, and keeps its
 * marks in status pages, which stay when the guest goes back to version 1.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include <hv/string.h>
#include "local.h"

#define ACTIVE_ORDER 1
static_assert(sizeof(struct active) * GRANTS_PER_FRAME <= PAGE_SIZE
                                                              << ACTIVE_ORDER,
              "ACTIVE_ORDER");

int grant_domain_init(struct domain *d, unsigned int max_frames,
                      unsigned int max_maptrack, unsigned int max_version)
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
    t->version = 1;
    t->max_version = max_version;
    t->max_frames = max_frames;
    t->max_maps = MAX(max_maptrack, 1U);
    t->free_handle = HANDLE_NONE;
    t->shared = heap_alloc(heap_order(max_frames * sizeof(t->shared[0])));
    t->active = heap_alloc(heap_order(max_frames * sizeof(t->active[0])));
    t->maps = heap_alloc(heap_order(t->max_maps * sizeof(t->maps[0])));
    t->status =
        hv_alloc(grant_status_frames(max_frames) * sizeof(t->status[0]));
    d->grant = t;
    if (!t->shared || !t->active || !t->maps || !t->status) {
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
    for (unsigned int i = 0; i < t->nr_status; i++)
        heap_free(t->status[i], 0);
    for (unsigned int i = 0; i < t->nr_maps; i++)
        heap_free(t->maps[i], 0);
    if (t->shared)
        heap_free(t->shared, heap_order(t->max_frames * sizeof(t->shared[0])));
    if (t->active)
        heap_free(t->active, heap_order(t->max_frames * sizeof(t->active[0])));
    if (t->maps)
        heap_free(t->maps, heap_order(t->max_maps * sizeof(t->maps[0])));
    hv_free(t->status);
    hv_free(t);
    d->grant = NULL;
}

/* Pages of version 2's marks for one more frame.  Lock: the table's. */
static int grow_status_locked(struct domain *d, unsigned int nr_frames)
{
    struct grant_table *t = d->grant;

    while (t->nr_status < grant_status_frames(nr_frames)) {
        grant_status_t *page = heap_alloc(0);

        if (!page)
            return -ENOMEM;
        frame_share(virt_to_mfn(page), d, false);
        t->status[t->nr_status++] = page;
    }
    return 0;
}

/* Add one frame.  Lock: the table's. */
static int grow_locked(struct domain *d)
{
    struct grant_table *t = d->grant;
    struct active *active = NULL;
    void *shared;

    if (t->version == 2 && grow_status_locked(d, t->nr_frames + 1))
        return -ENOMEM;
    shared = heap_alloc(0);
    if (shared)
        active = heap_alloc(ACTIVE_ORDER);
    if (!active) {
        if (shared)
            heap_free(shared, 0);
        return -ENOMEM;
    }
    frame_share(virt_to_mfn(shared), d, false);
    t->shared[t->nr_frames] = shared;
    t->active[t->nr_frames] = active;
    __atomic_store_n(&t->nr_frames, t->nr_frames + 1, __ATOMIC_RELEASE);

    return 0;
}

/* Let the table have frame @idx.  Lock: the table's. */
static int reach_locked(struct domain *d, unsigned int idx)
{
    struct grant_table *t = d->grant;
    int err = 0;

    if (idx >= t->max_frames)
        return -EINVAL;
    if (idx >= t->nr_frames && d->life >= LIFE_DYING)
        return -EINVAL; /* nobody would take back what is shared now */
    while (!err && t->nr_frames <= idx)
        err = grow_locked(d);

    return err;
}

int grant_frame(struct domain *d, bool status, unsigned int idx, mfn_t *out)
{
    struct grant_table *t = d->grant;
    int err = -EINVAL;

    lock_take(&t->lock);
    if (!status)
        err = reach_locked(d, idx);
    else if (t->version == 2 && idx < grant_status_frames(t->max_frames))
        err = reach_locked(d, idx * FRAMES_PER_STATUS);
    if (!err)
        *out = virt_to_mfn(status ? t->status[nospec_index(idx, t->nr_status)]
                                  : t->shared[nospec_index(idx, t->nr_frames)]);
    lock_release(&t->lock);

    return err;
}

int grant_list_frames(struct domain *d, bool status, unsigned int first,
                      unsigned int nr, unsigned long u_list)
{
    for (unsigned int i = 0; i < nr; i++) {
        mfn_t m;
        int err = grant_frame(d, status, first + i, &m);

        if (err)
            return err;
        if (COPY_TO_GUEST_IDX(u_list, i, &m.v))
            return -EFAULT;
    }
    return 0;
}

unsigned int grant_max_frames(const struct domain *d, bool status)
{
    unsigned int nr = d->grant->max_frames;

    return status ? grant_status_frames(nr) : nr;
}

/* Is an entry in use that a change of version would hurt? */
static bool in_use(const struct grant_table *t)
{
    for (grant_ref_t r = GNTTAB_NR_RESERVED_ENTRIES;
         r < t->nr_frames * GRANTS_PER_FRAME; r++) {
        struct active *a = grant_active(t, r);
        bool used;

        /*
         * Whoever comes later finds `switching' set.  Who has just ended a use
         * holds the lock until its marks are gone, by the version as it is now.
         */
        active_lock(a);
        used = a->readers || a->writers;
        active_release(a);
        if (used)
            return true;
    }
    return false;
}

static uint16_t marks_of(const struct active *a)
{
    return (a->readers || a->writers ? GTF_reading : 0) |
           (a->writers ? GTF_writing : 0);
}

#define MARKS (GTF_reading | GTF_writing)

/* Entry @ref as version 2 has it; false: version 1 cannot say that. */
static bool entry_read(const struct grant_table *t, grant_ref_t ref,
                       union grant_entry_v2 *e)
{
    if (t->version == 1) {
        struct grant_entry_v1 v1 = *grant_v1(t, ref);

        *e = (union grant_entry_v2){ .full_page = {
                                         .hdr = { v1.flags & ~MARKS, v1.domid },
                                         .frame = v1.frame } };
        return true;
    }
    *e = *grant_v2(t, ref);

    return (e->hdr.flags & GTF_type_mask) != GTF_transitive &&
           !(e->hdr.flags & GTF_sub_page) && e->full_page.frame <= UINT32_MAX;
}

static void entry_write(const struct grant_table *t, grant_ref_t ref,
                        const union grant_entry_v2 *e)
{
    uint16_t marks = marks_of(grant_active(t, ref));

    if (t->version == 2) {
        *grant_v2(t, ref) = *e;
        *grant_status(t, ref) = marks;
    } else {
        *grant_v1(t, ref) =
            (struct grant_entry_v1){ (e->hdr.flags & ~MARKS) | marks,
                                     e->hdr.domid, e->full_page.frame };
    }
}

/*
 * Write the table anew: the reserved entries are kept, in use or not, and
 * all others are cleared.  Lock: the table's; nobody begins to use an entry.
 */
static int convert_locked(struct grant_table *t, unsigned int version)
{
    union grant_entry_v2 kept[GNTTAB_NR_RESERVED_ENTRIES];
    unsigned int nr = t->nr_frames ? GNTTAB_NR_RESERVED_ENTRIES : 0;
    int err = 0;

    for (unsigned int i = 0; i < nr; i++) {
        active_lock(grant_active(t, i));
        if (!entry_read(t, i, &kept[i]))
            err = -ERANGE;
    }
    if (!err) {
        for (unsigned int i = 0; i < t->nr_frames; i++)
            memset(t->shared[i], 0, PAGE_SIZE);
        for (unsigned int i = 0; i < t->nr_status; i++)
            memset(t->status[i], 0, PAGE_SIZE);
        t->version = version;
        for (unsigned int i = 0; i < nr; i++)
            entry_write(t, i, &kept[i]);
    }
    for (unsigned int i = 0; i < nr; i++)
        active_release(grant_active(t, i));

    return err;
}

int grant_set_version(struct domain *d, unsigned int version)
{
    struct grant_table *t = d->grant;
    int err = 0;

    if (version != 1 && version != 2)
        return -EINVAL;
    if (version > t->max_version)
        return -ENOSYS;

    lock_take(&t->lock);
    if (version == t->version)
        goto out;
    __atomic_store_n(&t->switching, true, __ATOMIC_SEQ_CST);
    if (in_use(t))
        err = -EBUSY;
    if (!err && version == 2)
        err = grow_status_locked(d, t->nr_frames);
    if (!err)
        err = convert_locked(t, version);
    __atomic_store_n(&t->switching, false, __ATOMIC_RELEASE);
out:
    lock_release(&t->lock);
    return err;
}

/* What a key asked for is printed whatever the threshold. */
void grant_dump(void)
{
    for_each_domain (d) {
        const struct grant_table *t = d->grant;

        if (!t)
            continue;
        log_err("d%u: %u of %u grant frames, version %u, %u mappings\n", d->id,
                t->nr_frames, t->max_frames, t->version, t->nr_mapped);
        for (grant_ref_t r = 0; r < t->nr_frames * GRANTS_PER_FRAME; r++) {
            const struct active *a = grant_active(t, r);

            if (a->readers || a->writers)
                log_err("  %5u mfn %x to d%u: %u ro, %u rw\n", r, a->mfn,
                        a->domid, a->readers, a->writers);
        }
    }
}

/* GR-1 */
void grant_audit(const struct domain *d, audit_count_fn *count)
{
    const struct grant_table *t = d->grant;

    for (grant_ref_t r = 0; t && r < t->nr_frames * GRANTS_PER_FRAME; r++) {
        const struct active *a = grant_active(t, r);

        if (a->readers || a->writers)
            count(mfn(a->mfn), a->writers);
    }
}
