/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The frame table; who owns a frame, and what happens when the last
 * reference goes.
 *
 * TOUR 2.2: a domain's page starts with one reference, its allocation
 * (REF_ALLOC). Whoever uses the page takes another: entries of page tables,
 * pins, grants. The page goes back to the heap with the last one, whoever drops
 * it, and the domain's structure lives as long as it owns a frame: its id,
 * which the reference word holds, cannot be given to somebody else before.
 */
#include <hv/boot.h>
#include <hv/domain.h>
#include <hv/features.h>
#include <hv/hvmap.h>
#include <hv/mm.h>
#include <hv/spec.h>

#include "local.h"
#include "m2p.h"

_Static_assert(sizeof(struct frame) == 32, "frame table is 32 bytes a frame");

unsigned long max_mfn;

/* Domains that own frames, by id: set and cleared under their page_lock. */
static struct domain *owners[DOMID_FIRST_RESERVED];

#define FRAMES_PER_CHUNK (LARGE_PAGE_SIZE / sizeof(struct frame))

struct domain *frame_owner_domain(domid_t id)
{
    return id < DOMID_FIRST_RESERVED ? owners[id] : NULL;
}

bool frame_get(mfn_t m, const struct domain *d)
{
    return frame_get_id(m, d->id);
}

void frame_put(mfn_t m) { frame_put_fast(frame_of(m)); }

domid_t frame_owner(mfn_t m)
{
    return frame_valid(m) ? ref_owner(load64(&frame_of(m)->ref)) : OWNER_FREE;
}

bool frame_info(mfn_t m, domid_t owner, enum page_type *type, bool *pinned)
{
    uint64_t w;

    if (!frame_valid(m) || frame_owner(m) != owner)
        return false;

    w = load64(&frame_of(m)->type);
    *type = w & TW_COUNT ? tw_type(w) : PT_NONE;
    *pinned = w & TW_PINNED;
    return true;
}

void frame_list_add(uint32_t *head, struct frame *f)
{
    uint32_t i = (uint32_t)mfn_x(frame_mfn(f));
    struct frame *first;

    if (*head == FRAME_NONE) {
        f->next = f->prev = i;
        *head = i;
        return;
    }
    first = &frame_table[*head];
    f->next = *head;
    f->prev = first->prev;
    frame_table[first->prev].next = i;
    first->prev = i;
}

inline void frame_list_del(uint32_t *head, struct frame *f)
{
    uint32_t i = (uint32_t)mfn_x(frame_mfn(f));

    if (f->next == i) {
        ASSERT(*head == i);
        *head = FRAME_NONE;
    } else {
        frame_table[f->prev].next = f->next;
        frame_table[f->next].prev = f->prev;
        if (*head == i)
            *head = f->next;
    }
    f->next = f->prev = FRAME_NONE;
}

/* Account @n frames to @d; the first one keeps the domain. */
static void hold_add(struct domain *d, uint32_t n)
{
    if (!d->nr_frames_held) {
        /* A domain's structure starts zeroed: these are no list heads yet. */
        d->pages_head = d->shared_pages_head = FRAME_NONE;
        d->zombie_pages_head = FRAME_NONE;
        owners[d->id] = d;
        domain_get(d);
    }
    d->nr_frames_held += n;
}

/* Returns true when the caller has to drop a reference of @d. */
static bool hold_sub(struct domain *d)
{
    ASSERT(d->nr_frames_held);
    if (--d->nr_frames_held)
        return false;
    owners[d->id] = NULL;
    return true;
}

static uint32_t *list_of(struct domain *d, uint64_t ref)
{
    if (ref & REF_ZOMBIE)
        return &d->zombie_pages_head;
    return ref & REF_SHARED ? &d->shared_pages_head : &d->pages_head;
}

void frame_last_put(struct frame *f)
{
    uint64_t ref = load64(&f->ref);
    struct domain *d = frame_owner_domain(ref_owner(ref));
    uint64_t left_by;
    bool unhold;

    ASSERT(d && !(ref & REF_ALLOC));
    /* A shared page's type is fixed; others have no typed use left. */
    ASSERT((ref & REF_SHARED) || !(f->type & (TW_COUNT | TW_PARTIAL)));

    tlb_note(f);
    m2p_set(frame_mfn(f), M2P_INVALID);
    lock_take(&d->page_lock);
    ref = load64(&f->ref);
    frame_list_del(list_of(d, ref), f);
    if (!(ref & REF_SHARED))
        d->tot_pages--;
    left_by = ref & REF_SHARED ? LEFT_BY_US : d->serial;
    unhold = hold_sub(d);
    if ((ref & (REF_SHARED | REF_DOOMED)) == REF_SHARED)
        f->ref = ref_make(OWNER_HV, 0) | 1; /* heap_free() is yet to come */
    lock_release(&d->page_lock);

    /* Whoever puts the last frame frees @d: from here on only he may use it. */
    if ((ref & (REF_SHARED | REF_DOOMED)) != REF_SHARED)
        heap_give(frame_mfn(f), 0, left_by);
    if (unhold)
        domain_put(d);
}

bool frames_assign(struct domain *d, mfn_t m, unsigned long n)
{
    lock_take(&d->page_lock);
    if (d->life >= LIFE_DYING || n > d->max_pages ||
        d->tot_pages > d->max_pages - n) {
        lock_release(&d->page_lock);
        return false;
    }

    hold_add(d, n);
    d->tot_pages += n;
    for (unsigned long i = 0; i < n; i++) {
        struct frame *f = frame_of(mfn_add(m, i));

        frame_list_add(&d->pages_head, f);
        __atomic_store_n(&f->ref, ref_make(d->id, REF_ALLOC) | 1,
                         __ATOMIC_RELEASE);
    }
    lock_release(&d->page_lock);
    return true;
}

bool frame_steal(mfn_t m, struct domain *d)
{
    struct frame *f = frame_of(m);
    uint64_t want = ref_make(d->id, REF_ALLOC) | 1;
    bool ok;

    if (mfn_x(m) >= max_mfn)
        return false;

    lock_take(&d->page_lock);
    ok = cas64(&f->ref, &want, ref_make(OWNER_HV, 0));
    if (ok) {
        ASSERT(!(f->type & (TW_COUNT | TW_PARTIAL)));
        tlb_note(f);
        frame_list_del(&d->pages_head, f);
    }
    lock_release(&d->page_lock);
    return ok;
}

void frame_unsteal(mfn_t m, struct domain *d)
{
    struct frame *f = frame_of(m);

    lock_take(&d->page_lock);
    frame_list_add(&d->pages_head, f);
    __atomic_store_n(&f->ref, ref_make(d->id, REF_ALLOC) | 1, __ATOMIC_RELEASE);
    lock_release(&d->page_lock);
}

void frame_share(mfn_t m, struct domain *d, bool read_only)
{
    struct frame *f = frame_of(m);

    ASSERT(frame_owner(m) == OWNER_HV);
    lock_take(&d->page_lock);
    hold_add(d, 1);
    /* A typed use that never ends fixes the type. */
    f->type = tw_make(read_only ? PT_NONE : PT_WRITABLE) | TW_VALID | 1;
    frame_list_add(&d->shared_pages_head, f);
    __atomic_store_n(&f->ref, ref_make(d->id, REF_SHARED | REF_ALLOC) | 1,
                     __ATOMIC_RELEASE);
    lock_release(&d->page_lock);
}

bool INIT_TEXT range_has_ram(unsigned long first, unsigned long end)
{
    for (unsigned int i = 0; i < nr_memmap; i++)
        if (memmap[i].type == MEM_RAM && memmap[i].start < end << PAGE_SHIFT &&
            memmap[i].end > first << PAGE_SHIFT)
            return true;
    return false;
}

/*
 * The table is backed in chunks of 2 MiB (frames of 256 MiB); chunks without
 * RAM share one page run of zeros, which says "not RAM".
 */
static void INIT_TEXT map_frame_table(void)
{
    uint64_t flags =
        PTE_P | PTE_RW | PTE_A | PTE_D | (CPU_HAS(NX) ? PTE_NX : 0);
    unsigned long nr = DIV_UP(max_mfn, FRAMES_PER_CHUNK), backed = 1;
    uint64_t at;

    for (unsigned long i = 0; i < nr; i++)
        backed +=
            range_has_ram(i * FRAMES_PER_CHUNK, (i + 1) * FRAMES_PER_CHUNK);
    /* One more for alignment: large pages need it. */
    at = boot_alloc((backed + 1) * LARGE_PAGE_SIZE);
    at = ALIGN_UP(at, LARGE_PAGE_SIZE);

    for (unsigned long i = 0, next = 1; i < nr; i++) {
        bool ram =
            range_has_ram(i * FRAMES_PER_CHUNK, (i + 1) * FRAMES_PER_CHUNK);
        uint64_t pa = at + (ram ? next++ : 0) * LARGE_PAGE_SIZE;

        hvmap_range(FRAMES_BASE + i * LARGE_PAGE_SIZE, mfn(pa >> PAGE_SHIFT),
                    LARGE_PAGE_SIZE >> PAGE_SHIFT, flags);
    }
}

void INIT_TEXT mm_init(void)
{
    for (unsigned int i = 0; i < nr_memmap; i++)
        if (memmap[i].type == MEM_RAM)
            max_mfn = MAX(max_mfn, memmap[i].end >> PAGE_SHIFT);
    BUG_ON(max_mfn >= FRAME_NONE);

    pt_check_init(CPU_HAS(NX));
    if (spec_on[SPEC_PV_L1TF])
        l1tf_limit = max_mfn;
    map_frame_table();

    for (unsigned int i = 0; i < nr_memmap; i++) {
        const struct mem_region *r = &memmap[i];

        if (r->type != MEM_RAM)
            continue;
        for (uint64_t m = ALIGN_UP(r->start, PAGE_SIZE) >> PAGE_SHIFT;
             m < r->end >> PAGE_SHIFT; m++) {
            frame_table[m].ref = ref_make(OWNER_HV, 0) | 1;
            frame_table[m].next = frame_table[m].prev = FRAME_NONE;
        }
    }

    m2p_init();
}
