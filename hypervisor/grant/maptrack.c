/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Handles: what a domain has mapped of others' grants. */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/heap.h>
#include "local.h"

static_assert(sizeof(struct maptrack) == 16, "256 to the page");

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

    if (!t->release_next) {
        /* Who grows the table now has not seen that @d is dying. */
        lock_take(&t->lock);
        lock_release(&t->lock);
    }
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
