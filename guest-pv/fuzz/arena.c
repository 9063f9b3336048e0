/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pages that are played with, and values that refer to them. */
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/printf.h>
#include <pv/start.h>
#include <pv/test.h>
#include <pv/user.h>
#include "fuzz.h"

/* L4 slots of the kernel's own table that are free to play with. */
#define PLAY_SLOT 5
#define NR_PLAY_SLOTS 4

#define KERNEL_SLOT 511 /* of every base, and never changed: our image */

/* Further L2 entries behind the scratch window, one in each table. */
#define NR_PLAY_L2 8

struct slot arena[ARENA_PAGES];
domid_t self_domid = DOMID_SELF, peer_domid = DOMID_SELF;

static uint64_t m2p_frame;

/*
 * Frames that were given up in this round.  What still refers to one keeps
 * it, so it may be a pinned table yet.
 */
#define NR_RETIRED 1024
static uint64_t retired[NR_RETIRED];
static volatile unsigned int nr_retired;

void slot_set(struct slot *s, uint64_t mfn)
{
    uint64_t old = insn_xchg((uint64_t *)&s->mfn, mfn);

    if (old && old != mfn)
        retired[__atomic_fetch_add(&nr_retired, 1, __ATOMIC_RELAXED) %
                NR_RETIRED] = old;
}

long set_home(struct slot *s, bool present, bool writable)
{
    uint64_t flags = writable ? PTE_KERNEL_RW : PTE_KERNEL_RO;

    return hc_update_va_mapping((uintptr_t)s->home,
                                present ? s->mfn << PAGE_SHIFT | flags : 0,
                                UVMF_INVLPG | UVMF_ALL);
}

static long base_init(struct slot *s)
{
    uint64_t *t = s->home;

    t[KERNEL_SLOT] = mm_l4()[KERNEL_SLOT];
    t[P2M_SLOT] = mm_l4()[P2M_SLOT];
    return set_home(s, true, false);
}

static void find_m2p(void)
{
    xen_pfn_t m = 0;
    struct xen_machphys_mfn_list list = { .max_extents = 1 };

    set_xen_guest_handle(list.extent_start, &m);
    if (!hc_memory_op(XENMEM_machphys_mfn_list, &list))
        m2p_frame = m;
}

void arena_init(void)
{
    for (unsigned int i = 0; i < ARENA_PAGES; i++) {
        arena[i].home = page_alloc();
        arena[i].mfn = mfn_of(arena[i].home);
        if (i >= ARENA_PAGES - NR_BASES && base_init(&arena[i]))
            pv_printf("FUZZ: a base cannot be made\n");
    }
    find_m2p();
}

struct slot *own_slot(struct worker *w)
{
    return &arena[rnd(w, ARENA_PAGES - NR_BASES)];
}

uint64_t own_frame(struct worker *w) { return own_slot(w)->mfn; }

uint64_t base_frame(struct worker *w)
{
    return arena[ARENA_PAGES - 1 - rnd(w, NR_BASES)].mfn;
}

static bool is_base(uint64_t mfn)
{
    for (unsigned int i = ARENA_PAGES - NR_BASES; i < ARENA_PAGES; i++)
        if (arena[i].mfn == mfn)
            return true;
    return false;
}

/* Devices without effects, and those that nobody may have. */
static const uint64_t device_frames[] = { 0xa0,    0xb8,    0xf0,   0xff,
                                          0xfec00, 0xfed00, 0xfee00 };

static uint64_t maybe_foreign(struct worker *w)
{
    switch (rnd(w, 6)) {
    case 0:
        return device_frames[rnd(w, sizeof(device_frames) / 8)];
    case 1:
        return rnd(w, 0x2000); /* low memory: the hypervisor lives there */
    case 2:
        return m2p_frame;
    case 3:
        return 1ull << rnd(w, 52);
    case 4:
        return (1ull << (28 + rnd(w, 25))) - 1;
    default:
        return odd_number(w);
    }
}

/* A page of ours may have any number: as the arena's, or as none's. */
static bool is_own(uint64_t mfn)
{
    const uint64_t *p2m = (const uint64_t *)pv_start_info->mfn_list;
    uint64_t pfn;

    for (unsigned int i = 0; i < ARENA_PAGES; i++)
        if (arena[i].mfn == mfn)
            return true;
    for (unsigned int i = 0; i < NR_RETIRED; i++)
        if (retired[i] == mfn)
            return true;
    if (mfn >= 1ull << (32 - PAGE_SHIFT))
        return false;
    pfn = machine_to_phys_mapping[mfn];
    return pfn < pv_start_info->nr_pages && p2m[pfn] == mfn;
}

uint64_t foreign_frame(struct worker *w)
{
    uint64_t mfn = maybe_foreign(w);

    return is_own(mfn) ? ~0ull : mfn;
}

/*
 * In use by our own kernel: tables, data, shared_info.  Tables below the L3
 * are not offered: as part of another tree they would be a way to our pages.
 */
static uint64_t core_frame(struct worker *w)
{
    const uint64_t *e;

    switch (rnd(w, 5)) {
    case 0:
        return pv_start_info->shared_info >> PAGE_SHIFT;
    case 1:
        return mfn_of(mm_l4());
    case 2:
        return mfn_of(scratch_l1());
    case 3:
        e = pte_walk(VIRT_BASE, 4);
        return (*e & PTE_MFN_MASK) >> PAGE_SHIFT;
    default:
        return mfn_of((void *)((uintptr_t)w & ~(PAGE_SIZE - 1ull)));
    }
}

uint64_t any_frame(struct worker *w)
{
    switch (rnd(w, 16)) {
    case 0:
        return foreign_frame(w);
    case 1:
        return core_frame(w);
    case 2:
        return base_frame(w);
    default:
        return own_frame(w);
    }
}

/* Data that our own kernel needs: no table, and writable. */
static bool is_data(struct worker *w, uint64_t mfn)
{
    return mfn == pv_start_info->shared_info >> PAGE_SHIFT ||
           mfn == mfn_of((void *)((uintptr_t)w & ~(PAGE_SIZE - 1ull)));
}

uint64_t lent_frame(struct worker *w)
{
    uint64_t mfn = any_frame(w);

    return is_base(mfn) || is_data(w, mfn) ? ~0ull : mfn;
}

/* Flags that a table of level @level may have, or any at all. */
static uint64_t any_flags(struct worker *w, unsigned int level)
{
    static const uint64_t bits[] = {
        PTE_US, PTE_PWT,    PTE_PCD, PTE_A,      PTE_D,      PTE_PSE,
        PTE_G,  PTE_AVAIL0, PTE_NX,  1ull << 10, 1ull << 52, 1ull << 62
    };
    uint64_t flags = PTE_TABLE;

    if (level == 1)
        flags = one_in(w, 2) ? PTE_USER_RW : PTE_USER_RO;
    if (one_in(w, 8))
        for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
            flags ^= one_in(w, 4) ? bits[i] : 0;
    return flags;
}

/*
 * A frame that is not free to play with is never offered writable: where that
 * is right it would be granted, and the next write there would be our own
 * fault.
 */
uint64_t any_entry(struct worker *w, unsigned int level)
{
    uint64_t flags = any_flags(w, level), mfn = own_frame(w);

    if (one_in(w, 12))
        return one_in(w, 2) ? 0 : rnd64(w) & ~PTE_P;
    if (one_in(w, 8)) {
        mfn = any_frame(w);
        flags &= ~PTE_RW;
    }
    return ((mfn << PAGE_SHIFT) & PTE_MFN_MASK) | flags;
}

unsigned int any_index(struct worker *w)
{
    switch (rnd(w, 8)) {
    case 0:
        return (unsigned int)(250 + rnd(w, 24)); /* the hypervisor's slots */
    case 1:
        return (unsigned int)rnd(w, KERNEL_SLOT);
    default:
        return (unsigned int)rnd(w, 8);
    }
}

uint64_t any_va(struct worker *w)
{
    switch (rnd(w, 16)) {
    case 0:
        return bad_ptr(w) & ~(PAGE_SIZE - 1ull);
    case 1:
    case 2:
    case 3:
        return (uintptr_t)own_slot(w)->home;
    case 4:
    case 5:
    case 6:
        return scratch_va(0) + (rnd(w, NR_PLAY_L2) << 21) +
               (rnd(w, 8) << PAGE_SHIFT);
    case 7:
    case 8:
    case 9:
        return (PLAY_SLOT + rnd(w, NR_PLAY_SLOTS)) << 39 | rnd(w, 8) << 30 |
               rnd(w, 8) << 21 | rnd(w, 8) << PAGE_SHIFT;
    default:
        return scratch_va((unsigned int)rnd(w, 480));
    }
}

domid_t odd_domid(struct worker *w)
{
    static const domid_t odd[] = { DOMID_IO,   DOMID_XEN, DOMID_COW,
                                   DOMID_IDLE, 0x7fef,    DOMID_INVALID };

    if (!one_in(w, 24))
        return DOMID_SELF;
    switch (rnd(w, 4)) {
    case 0:
        return self_domid;
    case 1:
        return peer_domid;
    case 2:
        return (domid_t)rnd(w, 8);
    default:
        return odd[rnd(w, sizeof(odd) / sizeof(odd[0]))];
    }
}

/* Take the whole arena out of our own tables. */
static void unmap_all(void)
{
    uint64_t *scratch_l2 = pte_walk(scratch_va(0), 2);

    for (unsigned int i = 0; i < NR_PLAY_SLOTS; i++)
        mmu_write(&mm_l4()[PLAY_SLOT + i], 0);
    for (unsigned int i = 1; i < NR_PLAY_L2; i++)
        mmu_write(&scratch_l2[i], 0);
    for (unsigned int i = 0; i < 512; i++)
        if (scratch_l1()[i])
            hc_update_va_mapping(scratch_va(i), 0, UVMF_INVLPG | UVMF_ALL);
}

/* A slot whose page was given up gets a new one. */
static void refill(struct slot *s)
{
    xen_pfn_t pfn = ((uintptr_t)s->home - VIRT_BASE) >> PAGE_SHIFT;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, &pfn);
    if (hc_memory_op(XENMEM_populate_physmap, &r) == 1)
        slot_set(s, pfn);
}

unsigned int arena_restore(struct worker *w)
{
    unsigned int lost = 0;

    event_restore();
    unmap_all();
    grant_restore(w);
    unmap_all();
    for (unsigned int i = 0; i < ARENA_PAGES; i++)
        mmuext(MMUEXT_UNPIN_TABLE, arena[i].mfn);
    for (unsigned int i = 0; i < NR_RETIRED; i++)
        if (retired[i]) {
            mmuext(MMUEXT_UNPIN_TABLE, retired[i]);
            retired[i] = 0;
        }
    for (unsigned int i = 0; i < ARENA_PAGES; i++) {
        struct slot *s = &arena[i];
        long rc;

        s->busy = 0;
        if (!s->mfn)
            refill(s);
        if (!s->mfn)
            continue;
        rc = set_home(s, true, !is_base(s->mfn));
        if (!rc)
            continue;
        pv_printf("FUZZ: frame %lx of slot %u is not restored: rc %ld\n",
                  s->mfn, i, rc);
        lost++;
    }
    for (unsigned int i = ARENA_PAGES - NR_BASES; i < ARENA_PAGES; i++)
        for (unsigned int e = 0; e < KERNEL_SLOT; e++)
            if (e != P2M_SLOT && ((uint64_t *)arena[i].home)[e])
                mmu_write((uint64_t *)arena[i].home + e, 0);
    return lost;
}
