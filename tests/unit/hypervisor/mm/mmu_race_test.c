/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What another CPU does in the middle of a call: it has old translations,
 * waits for our flush, or drops what we are at.
 */
#define MACHINE_CPUS 2
#include "machine.h"

#include <unistd.h>

static pte_t *entry(mfn_t table, unsigned int i)
{
    return (pte_t *)mfn_to_virt(table) + i;
}

static mfn_t page(struct domain *d, unsigned int n)
{
    uint32_t i = d->pages_head;

    while (n--)
        i = frame_table[i].next;
    return mfn(i);
}

/* The other CPU: an old translation of one page, which it writes to. */
static unsigned int kicks;
static mfn_t stale;

static void other_flushes(unsigned int id)
{
    assert_int_equal(id, 1);
    kicks++;
    if (!mfn_eq(stale, MFN_INVALID))
        memset(mfn_to_virt(stale), 0xa5, PAGE_SIZE);
    stale = MFN_INVALID;
    cpus[1].tlb_time = ++tlb_clock;
}

/* @d's vCPU is on the other CPU, which has just flushed. */
static void other_runs(struct domain *d)
{
    cpus[1].loaded = d;
    cpus[1].tlb_time = ++tlb_clock;
    kicks = 0;
}

static int setup(void **state)
{
    (void)state;
    cpus[1].id = 1;
    on_kick = other_flushes;
    on_preempt = NULL;
    on_relax = NULL;
    stale = MFN_INVALID;
    machine_start();
    fake_current = &vcpus[1];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    cpus[1].loaded = NULL;
    on_preempt = NULL;
    on_relax = NULL;
    machine_check();
    for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
        domain_end(&domains[i]);
    return 0;
}

/* A tree of one table of each level from @level down, of @d's pages from @n. */
static mfn_t tree(struct domain *d, unsigned int n, unsigned int level)
{
    for (unsigned int l = level; l > 1; l--, n++)
        *entry(page(d, n), 3) =
            pte_make(page(d, n + 1), PTE_P | PTE_RW | PTE_US);
    return page(d, n + 1 - level);
}

static mfn_t locked_table;

static void unlock_it(void) { table_unlock(frame_of(locked_table)); }

/* Whoever has it locked may wait for a flush of ours. */
static void a_pin_waits_for_the_lock_of_its_table(void **state)
{
    (void)state;
    locked_table = page(&domains[1], 0);
    assert_int_equal(pt_pin(locked_table, &domains[1], PT_L1), 0);
    assert_true(table_lock(frame_of(locked_table)));
    on_relax = unlock_it;
    alarm(20);
    assert_int_equal(pt_unpin(locked_table, &domains[1]), 0);
    alarm(0);
}

static mfn_t top;
static unsigned int looks;

/*
 * The other CPU unpins the table while the tree of a new entry is validated,
 * which takes two looks at the clock.  At the third, time is up.
 */
static bool unpin_top(void)
{
    if (!looks++)
        assert_int_equal(pt_unpin(top, &domains[1]), 0);
    return looks > 2;
}

static void the_last_use_of_a_table_is_dropped_bit_by_bit(void **state)
{
    struct domain *d = &domains[1];
    struct mmu_update u = { 0 };
    struct hcall h = { .arg = { (unsigned long)&u, 1, 0, DOMID_SELF },
                       .caller = fake_current };
    unsigned int calls = 1;

    (void)state;
    top = tree(d, 0, 4);
    u.ptr = (mfn_x(top) << PAGE_SHIFT) + sizeof(pte_t);
    u.val = pte_make(tree(d, 4, 3), PTE_P | PTE_RW);
    assert_int_equal(pt_pin(top, d, PT_L4), 0);

    looks = 0;
    on_preempt = unpin_top;
    assert_int_equal(hc_mmu_update(&h), -ERESTART);
    assert_true(frame_of(top)->type & TW_PARTIAL);
    while (hc_mmu_update(&h) == -ERESTART)
        assert_true(++calls < 20);
    assert_int_equal((uint32_t)frame_of(top)->type, 0);
}

/* The same for the two of them at once: an old entry, and the table. */
static void the_old_entry_and_the_table_go_too(void **state)
{
    struct domain *d = &domains[1];
    struct mmu_update u = { 0 };
    struct hcall h = { .arg = { (unsigned long)&u, 1, 0, DOMID_SELF },
                       .caller = fake_current };

    (void)state;
    top = tree(d, 0, 4);
    u.ptr = (mfn_x(top) << PAGE_SHIFT) + 3 * sizeof(pte_t);
    u.val = pte_make(tree(d, 4, 3), PTE_P | PTE_RW);
    assert_int_equal(pt_pin(top, d, PT_L4), 0);

    looks = 0;
    on_preempt = unpin_top;
    assert_int_equal(call(hc_mmu_update, &h), 0);
    assert_int_equal((uint32_t)frame_of(top)->type, 0);
    for (unsigned int n = 0; n < 7; n++)
        assert_int_equal((uint32_t)frame_of(page(d, n))->ref, 1);
}

/* Give @m back to the heap, with an old translation of it on CPU 1. */
static void leave_stale(struct domain *d, mfn_t m)
{
    xen_pfn_t extent = mfn_x(m);
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
    struct hcall h = { .arg = { XENMEM_decrease_reservation,
                                (unsigned long)&r },
                       .caller = fake_current };

    set_xen_guest_handle(r.extent_start, &extent);
    other_runs(d);
    assert_int_equal(hc_memory_op(&h), 1);
    stale = m;
}

/* All free pages are clean for us; one of them is @m. */
static void expect_clean(mfn_t m)
{
    static void *held[NR_FRAMES];
    unsigned int n = 0;
    bool seen = false;

    while ((held[n] = heap_alloc(0))) {
        const pte_t *p = held[n++];

        for (unsigned int i = 0; i < PT_ENTRIES; i++)
            assert_int_equal(p[i], 0);
        seen |= mfn_eq(virt_to_mfn(p), m);
    }
    while (n)
        heap_free(held[--n], 0);
    assert_true(seen);
    assert_int_equal(kicks, 1);
}

static void a_page_is_cleared_after_the_flush(void **state)
{
    mfn_t m = page(&domains[1], 0);

    (void)state;
    leave_stale(&domains[1], m);
    expect_clean(m);
}

static void a_page_is_scrubbed_after_the_flush(void **state)
{
    mfn_t m = page(&domains[1], 0);

    (void)state;
    leave_stale(&domains[1], m);
    while (heap_scrub_some())
        ;
    expect_clean(m);
}

/* A table of one domain, while another had it mapped through a grant. */
static void who_maps_a_grant_is_asked_to_flush(void **state)
{
    mfn_t m = page(&domains[1], 0), l1 = page(&domains[2], 0);
    uint64_t addr = mfn_x(l1) << PAGE_SHIFT;

    (void)state;
    assert_int_equal(pt_pin(l1, &domains[2], PT_L1), 0);
    fake_current = &vcpus[2];
    assert_int_equal(pt_grant_set(fake_current, addr, true, m, false, 0), 0);
    other_runs(&domains[2]);
    assert_int_equal(l1_update(l1, 0, 0, &domains[2], 2, L1_PLAIN, 0), 0);
    assert_int_equal(pt_pin(m, &domains[1], PT_L1), 0);
    assert_int_equal(kicks, 1);
}

/* Of a block's frames, the last one that was in use counts. */
static void stamps_of_a_block_wrap_around(void **state)
{
    static void *held[NR_FRAMES];
    void *p = heap_alloc(1);
    struct frame *f = frame_of(virt_to_mfn(p));
    unsigned int n = 0;

    (void)state;
    tlb_clock = 0x100001000;
    other_runs(&domains[1]);
    f[0].tlb_stamp = 0xf0000000;
    f[1].tlb_stamp = (uint32_t)tlb_clock;
    heap_free(p, 1);
    while ((held[n] = heap_alloc(1)) != p)
        assert_non_null(held[n++]);
    assert_int_equal(kicks, 1);
    heap_free(p, 1);
    while (n)
        heap_free(held[--n], 1);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_pin_waits_for_the_lock_of_its_table),
        CASE(the_last_use_of_a_table_is_dropped_bit_by_bit),
        CASE(the_old_entry_and_the_table_go_too),
        CASE(a_page_is_cleared_after_the_flush),
        CASE(a_page_is_scrubbed_after_the_flush),
        CASE(who_maps_a_grant_is_asked_to_flush),
        CASE(stamps_of_a_block_wrap_around),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
