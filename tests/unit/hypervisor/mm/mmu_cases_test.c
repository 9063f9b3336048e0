/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What guests may and may not do to page tables, one case at a time, with
 * the error that each must see.
 */
#include "machine.h"

/* A small address space of domain @d: one table of each level, va 0 on. */
struct space {
    mfn_t l4, l3, l2, l1, data, other;
};

static struct space space[3];

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

static int setup(void **state)
{
    (void)state;
    abandoning = false;
    seed = 5;
    machine_start();
    for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++) {
        struct domain *d = &domains[i];
        struct space *s = &space[i];

        *s = (struct space){ page(d, 0), page(d, 1), page(d, 2),
                             page(d, 3), page(d, 4), page(d, 5) };
        *entry(s->l4, 0) = pte_make(s->l3, PTE_P | PTE_RW);
        *entry(s->l3, 0) = pte_make(s->l2, PTE_P | PTE_RW);
        *entry(s->l2, 0) = pte_make(s->l1, PTE_P | PTE_RW);
        *entry(s->l1, 0) = pte_make(s->data, PTE_P | PTE_RW);
        fake_current = &vcpus[i];
        assert_int_equal(pt_set_base(fake_current, s->l4, false), 0);
    }
    fake_current = &vcpus[1];
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    machine_check();
    for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
        if (domains[i].life != LIFE_DYING)
            domain_end(&domains[i]);
    for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++)
        assert_int_equal(domains[i].refs, 1);
    return 0;
}

static long uvm(unsigned int slot, pte_t e)
{
    struct hcall h = { .arg = { slot * PAGE_SIZE, e, 0 } };

    return call(hc_update_va_mapping, &h);
}

static long update(uint64_t ptr, uint64_t val, uint32_t foreign)
{
    struct mmu_update u = { ptr, val };
    struct hcall h = { .arg = { (unsigned long)&u, 1, 0, foreign } };

    return call(hc_mmu_update, &h);
}

static uint64_t ptr(mfn_t table, unsigned int slot)
{
    return (mfn_x(table) << 12) + slot * sizeof(pte_t);
}

static long ext(unsigned int cmd, mfn_t m, uint32_t foreign)
{
    struct mmuext_op op = { .cmd = cmd };
    struct hcall h = { .arg = { (unsigned long)&op, 1, 0, foreign } };

    op.arg1.mfn = mfn_x(m);
    return call(hc_mmuext_op, &h);
}

static pte_t rw(mfn_t m) { return pte_make(m, PTE_P | PTE_RW); }

static pte_t ro(mfn_t m) { return pte_make(m, PTE_P); }

static void tables_in_use_are_never_writable(void **state)
{
    const struct space *s = &space[1];
    const mfn_t tables[] = { s->l1, s->l2, s->l3, s->l4 };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        assert_int_equal(uvm(1, rw(tables[i])), -EINVAL); /* PT-1 */
        assert_true(*entry(s->l1, 1) == 0);
        assert_int_equal(uvm(1, ro(tables[i])), 0);
        assert_int_equal(uvm(1, rw(tables[i])), -EINVAL);
        assert_int_equal(uvm(1, 0), 0);
    }
}

static void a_writable_page_becomes_no_table(void **state)
{
    const struct space *s = &space[1];

    (void)state;
    assert_int_equal(uvm(1, rw(s->other)), 0);
    for (unsigned int c = MMUEXT_PIN_L1_TABLE; c <= MMUEXT_PIN_L4_TABLE; c++)
        assert_int_equal(ext(c, s->other, DOMID_SELF), -EINVAL);
    assert_int_equal(uvm(1, ro(s->other)), 0);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, s->other, DOMID_SELF), 0);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, s->other, DOMID_SELF), -EINVAL);
    assert_int_equal(ext(MMUEXT_UNPIN_TABLE, s->other, DOMID_SELF), 0);
    assert_int_equal(ext(MMUEXT_UNPIN_TABLE, s->other, DOMID_SELF), -EINVAL);
    assert_int_equal(uvm(1, rw(s->other)), 0);
}

static void entries_are_made_usable_at_cpl_3(void **state)
{
    const struct space *s = &space[1];

    (void)state;
    assert_true(*entry(s->l4, 0) & PTE_US);
    assert_true(*entry(s->l3, 0) & PTE_US);
    assert_true(*entry(s->l2, 0) & PTE_US);
    assert_true(*entry(s->l1, 0) & PTE_US);
    assert_int_equal(uvm(1, pte_make(s->other, PTE_P | PTE_G)), 0);
    assert_true(*entry(s->l1, 1) == pte_make(s->other, PTE_P | PTE_US));
}

static void the_hypervisors_slots_are_ours(void **state)
{
    const struct space *s = &space[1];

    (void)state;
    for (unsigned int i = 254; i < 274; i++) {
        bool ours = i >= HV_L4_FIRST && i <= HV_L4_LAST;

        assert_int_equal(!!*entry(s->l4, i), ours);
        assert_int_equal(update(ptr(s->l4, i), 0, DOMID_SELF),
                         ours ? -EINVAL : 0);
    }
    /* A page that is no table any more does not show them. */
    assert_int_equal(ext(MMUEXT_PIN_L4_TABLE, s->other, DOMID_SELF), 0);
    assert_true(*entry(s->other, 260));
    assert_int_equal(ext(MMUEXT_UNPIN_TABLE, s->other, DOMID_SELF), 0);
    assert_false(*entry(s->other, 260));
}

static void upper_entries(void **state)
{
    const struct space *s = &space[1];
    const struct {
        const char *why;
        mfn_t table;
        pte_t e;
        long ret;
    } cases[] = {
        // clang-format off
        { "an empty L1",         s->l2, rw(s->other), 0 },
        { "a large page",        s->l2, rw(s->other) | PTE_PSE, -EINVAL },
        { "cache attributes",    s->l2, rw(s->other) | PTE_PCD, -EINVAL },
        { "absent, large",       s->l3, PTE_PSE, -EINVAL },
        { "global",              s->l3, rw(s->other) | PTE_G,   -EINVAL },
        { "L4 in itself",        s->l4, rw(s->l4), -EINVAL },
        { "L3 in itself",        s->l3, rw(s->l3), -EINVAL },
        { "an L1 where L3 goes", s->l4, rw(s->l1), -EINVAL },
        { "a page in use",       s->l2, rw(s->data), -EINVAL },
        { "another's table",     s->l2, rw(space[2].l1), -EINVAL },
        { "no RAM",              s->l2, rw(mfn(NR_FRAMES + 5)), -EINVAL },
        { "the hypervisor's",    s->l2, rw(mfn(1)), -EINVAL },
        // clang-format on
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        assert_int_equal(update(ptr(cases[i].table, 9), cases[i].e, DOMID_SELF),
                         cases[i].ret);
        assert_int_equal(!!*entry(cases[i].table, 9), !cases[i].ret);
        assert_int_equal(update(ptr(cases[i].table, 9), 0, DOMID_SELF), 0);
    }
}

static void frames_of_others(void **state)
{
    const struct space *s = &space[1];
    mfn_t theirs = space[2].data, device = mfn(NR_FRAMES + 5);
    const struct {
        const char *why;
        unsigned int caller;
        pte_t e;
        uint32_t foreign;
        long ret;
    } cases[] = {
        // clang-format off
        { "another's page",              1, ro(theirs), DOMID_SELF, -EINVAL },
        { "guest names the owner",       1, ro(theirs), 2,          -EPERM },
        { "control names the owner",     0, rw(theirs), 2,          0 },
        { "control names another owner", 0, ro(theirs), 1,          -EINVAL },
        { "control: no such domain",     0, ro(theirs), 9,          -ESRCH },
        { "guest: no such domain",       1, ro(theirs), 9,          -ESRCH },
        { "itself by number",            0, ro(theirs), 0,          -ESRCH },
        { "guest maps a device",         1, ro(device), DOMID_SELF, -EPERM },
        { "... with DOMID_IO",           1, ro(device), DOMID_IO,   -EPERM },
        { "dom0 maps a device",          0, ro(device), DOMID_SELF, 0 },
        { "... with DOMID_IO",           0, ro(device), DOMID_IO,   0 },
        { "... of another domain",       0, ro(device), 2,          -EPERM },
        { "RAM with DOMID_IO",           0, ro(theirs), DOMID_IO,   -EINVAL },
        { "M2P, read-only",              0, ro(mfn(0)), DOMID_XEN,  0 },
        { "M2P, writable",               0, rw(mfn(0)), DOMID_XEN,  -EINVAL },
        { "M2P for a guest",             1, ro(mfn(0)), DOMID_XEN,  -EPERM },
        { "the hypervisor's page",       0, ro(mfn(1)), DOMID_SELF, -EINVAL },
        // clang-format on
    };

    (void)s, (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        mfn_t table = space[cases[i].caller].l1;
        pte_t e = cases[i].e;

        print_message("%s\n", cases[i].why);
        fake_current = &vcpus[cases[i].caller];
        if (mfn_eq(pte_mfn(e), mfn(0)))
            e = pte_make(m2p_chunk(0), pte_flags(e));
        assert_int_equal(update(ptr(table, 7), e, cases[i].foreign),
                         cases[i].ret);
        assert_int_equal(!!*entry(table, 7), !cases[i].ret);
        if (!cases[i].ret && mfn_eq(pte_mfn(e), device))
            assert_true(*entry(table, 7) ==
                        pte_make(device, PTE_P | PTE_US | PTE_UC));
        assert_int_equal(update(ptr(table, 7), 0, DOMID_SELF), 0);
    }
}

static void tables_of_others(void **state)
{
    (void)state;
    assert_int_equal(update(ptr(space[2].l1, 3), 0, DOMID_SELF), -EINVAL);
    assert_int_equal(update(ptr(space[2].l4, 3), 0, DOMID_SELF), -EINVAL);
    assert_int_equal(update(ptr(space[2].other, 3), 1, DOMID_SELF), -EINVAL);
    assert_int_equal(update(ptr(mfn(1), 3), 1, DOMID_SELF), -EINVAL);
    assert_int_equal(update(ptr(mfn(NR_FRAMES), 3), 1, DOMID_SELF), -EINVAL);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, space[2].other, DOMID_SELF),
                     -EINVAL);
    assert_int_equal(ext(MMUEXT_NEW_BASEPTR, space[2].l4, DOMID_SELF), -EINVAL);

    /* The control domain may, and says whose they are. */
    fake_current = &vcpus[0];
    assert_int_equal(
        update(ptr(space[2].l1, 3), ro(space[2].other), 3 << 16 | 2), 0);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, space[2].other, 2), 0);
    assert_int_equal(ext(MMUEXT_NEW_BASEPTR, space[2].l4, 2), -EPERM);
}

static void cache_attributes_are_for_the_hardware_domain(void **state)
{
    (void)state;
    assert_int_equal(uvm(1, ro(space[1].other) | PTE_PCD), -EINVAL);
    fake_current = &vcpus[0];
    assert_int_equal(uvm(1, ro(space[0].other) | PTE_PCD), 0);
}

static void done_counts_what_was_done(void **state)
{
    const struct space *s = &space[1];
    struct mmu_update u[3] = { { ptr(s->l1, 1), ro(s->other) },
                               { ptr(s->l1, 2), rw(s->l1) },
                               { ptr(s->l1, 3), ro(s->other) } };
    uint32_t done = 9;
    struct hcall h = { .arg = { (unsigned long)u, 3, (unsigned long)&done,
                                DOMID_SELF } };

    (void)state;
    assert_int_equal(call(hc_mmu_update, &h), -EINVAL);
    assert_int_equal(done, 1);
    u[1].val = ro(s->l1);
    h.arg[0] = (unsigned long)u;
    h.arg[1] = 3;
    assert_int_equal(call(hc_mmu_update, &h), 0);
    assert_int_equal(done, 3);
}

static void a_restarted_batch_counts_from_its_beginning(void **state)
{
    struct mmu_update u[400];
    uint32_t done = 0;
    struct hcall h = { .arg = { (unsigned long)u, ARRAY_SIZE(u),
                                (unsigned long)&done, DOMID_SELF } };

    (void)state;
    for (unsigned int i = 0; i < ARRAY_SIZE(u); i++)
        u[i] = (struct mmu_update){ ptr(space[1].l1, 100 + i),
                                    rw(space[1].other) };
    assert_int_equal(call(hc_mmu_update, &h), 0);
    assert_int_equal(done, ARRAY_SIZE(u));
    assert_true(h.arg[1] & BATCH_RESTARTED); /* it was preempted at all */
    assert_int_equal(frame_of(space[1].other)->type & TW_COUNT, 400);
}

static void accessed_and_dirty(void **state)
{
    const struct space *s = &space[1];
    pte_t ad = PTE_A | PTE_D;

    (void)state;
    *entry(s->l1, 0) |= ad;
    assert_int_equal(update(ptr(s->l1, 0) | MMU_PT_UPDATE_PRESERVE_AD,
                            ro(s->data), DOMID_SELF),
                     0);
    assert_true(*entry(s->l1, 0) == (ro(s->data) | PTE_US | ad));
    assert_int_equal(update(ptr(s->l1, 0), ro(s->data), DOMID_SELF), 0);
    assert_true(*entry(s->l1, 0) == (ro(s->data) | PTE_US));

    /* An emulated store fails if the processor was quicker. */
    assert_int_equal(
        pt_write_l1(fake_current, s->l1, 0, *entry(s->l1, 0) ^ PTE_A, 0),
        -EAGAIN);
    assert_int_equal(
        pt_write_l1(fake_current, s->l1, 0, *entry(s->l1, 0), rw(s->data)), 0);
}

static void grants(void **state)
{
    const struct space *s = &space[1];
    mfn_t m = space[2].other;
    uint64_t at = ptr(s->l1, 4);

    (void)state;
    assert_int_equal(pt_grant_set(fake_current, at, true, m, true, 0), 0);
    assert_int_equal(uvm(4, rw(m)), -EINVAL);   /* not more than lent */
    assert_int_equal(uvm(4, ro(m) | PTE_A), 0); /* the same, but for A */
    assert_int_equal(uvm(5, ro(m)), -EINVAL);   /* not elsewhere */
    assert_int_equal(pt_grant_clear(fake_current, at, true, s->data, true),
                     GNTST_general_error);
    assert_int_equal(pt_grant_clear(fake_current, at, true, m, false),
                     GNTST_general_error); /* for what may write */
    assert_int_equal(pt_grant_clear(fake_current, at, true, m, true), 0);
    assert_int_equal(pt_grant_clear(fake_current, at, true, m, true),
                     GNTST_general_error);
    assert_true(*entry(s->l1, 4) == 0);

    /* By address, writable; an ordinary update drops it as well. */
    assert_int_equal(
        pt_grant_set(fake_current, 4 * PAGE_SIZE, false, m, false, 1UL << 9),
        0);
    assert_true(*entry(s->l1, 4) & 1UL << 9);
    assert_int_equal(frame_of(m)->type & TW_COUNT, 1);
    assert_int_equal(uvm(4, ro(m)), 0);
    assert_int_equal(frame_of(m)->type & TW_COUNT, 0);
    assert_int_equal(uvm(4, 0), 0);
    assert_int_equal((uint32_t)frame_of(m)->ref, 1);
    assert_int_equal(pt_grant_set(fake_current, 1UL << 40, false, m, false, 0),
                     GNTST_bad_virt_addr);
    /* A slot in somebody else's table is nobody's business. */
    assert_int_equal(
        pt_grant_set(fake_current, ptr(space[2].l1, 4), true, m, true, 0),
        GNTST_general_error);
}

static void bases(void **state)
{
    const struct space *s = &space[1];

    (void)state;
    assert_int_equal(ext(MMUEXT_NEW_BASEPTR, s->data, DOMID_SELF), -EINVAL);
    assert_int_equal(ext(MMUEXT_NEW_BASEPTR, mfn(0), DOMID_SELF), -EINVAL);
    assert_true(mfn_eq(fake_current->guest_table, s->l4));
    assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, s->other, DOMID_SELF), 0);
    assert_int_equal(fake_current->cr3[0], mfn_x(s->other) << 12);
    assert_int_equal(uvm(1, rw(s->other)), -EINVAL);
    assert_int_equal(ext(MMUEXT_NEW_USER_BASEPTR, mfn(0), DOMID_SELF), 0);
    assert_int_equal(fake_current->cr3[0], 0);
    assert_int_equal(uvm(1, rw(s->other)), 0);
    assert_int_equal(ext(77, s->other, DOMID_SELF), -ENOSYS);
    assert_int_equal(ext(MMUEXT_MARK_SUPER, s->other, DOMID_SELF), -EOPNOTSUPP);
}

static long reserve(unsigned int cmd, xen_pfn_t *extents, unsigned int nr,
                    unsigned int order, domid_t id)
{
    struct xen_memory_reservation r = { .nr_extents = nr,
                                        .extent_order = order,
                                        .domid = id };
    struct hcall h = { .arg = { cmd, (unsigned long)&r } };

    set_xen_guest_handle(r.extent_start, extents);
    return call(hc_memory_op, &h);
}

static void memory_comes_and_goes(void **state)
{
    struct domain *d = &domains[1];
    xen_pfn_t in[2] = { mfn_x(space[1].data), mfn_x(space[1].other) };
    xen_pfn_t out[40];

    (void)state;
    /* One page is still mapped: it goes with its last mapping. */
    assert_int_equal(reserve(XENMEM_decrease_reservation, in, 2, 0, DOMID_SELF),
                     2);
    assert_int_equal(d->tot_pages, NR_PAGES - 1);
    assert_int_equal(uvm(0, 0), 0);
    assert_int_equal(d->tot_pages, NR_PAGES - 2);
    assert_int_equal(frame_owner(space[1].data), OWNER_FREE);
    assert_true(m2p_get(space[1].data) == M2P_INVALID);
    assert_int_equal(reserve(XENMEM_decrease_reservation, in, 1, 0, DOMID_SELF),
                     0);

    for (unsigned int i = 0; i < ARRAY_SIZE(out); i++)
        out[i] = 1000 + i;
    assert_int_equal(reserve(XENMEM_populate_physmap, out, 40, 0, DOMID_SELF),
                     d->max_pages - (NR_PAGES - 2));
    assert_int_equal(d->tot_pages, d->max_pages);
    assert_int_equal(m2p_get(mfn(out[3])), 1003);
    assert_int_equal(reserve(XENMEM_decrease_reservation, out, 1, 0, 2), 0);
}

static void exchange_is_all_or_nothing(void **state)
{
    const struct space *s = &space[1];
    xen_pfn_t in[2] = { mfn_x(page(&domains[1], 6)), mfn_x(s->data) }, out = 5;
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 2, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = 1, .domid = DOMID_SELF },
    };
    struct hcall h = { .arg = { XENMEM_exchange, (unsigned long)&x } };

    (void)state;
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, &out);
    assert_int_equal(call(hc_memory_op, &h), -EINVAL); /* s->data is mapped */
    assert_int_equal(x.nr_exchanged, 0);
    assert_int_equal(out, 5);
    assert_int_equal(frame_owner(mfn(in[0])), 1);

    in[1] = mfn_x(page(&domains[1], 7));
    x.out.mem_flags = XENMEMF_address_bits(14);
    assert_int_equal(call(hc_memory_op, &h), -ENOMEM);
    assert_int_equal(frame_owner(mfn(in[0])), 1);
    x.out.mem_flags = 0;
    assert_int_equal(call(hc_memory_op, &h), 0);
    assert_int_equal(x.nr_exchanged, 2);
    assert_int_equal(out % 2, 0);
    assert_int_equal(frame_owner(mfn(out + 1)), 1);
    assert_int_equal(m2p_get(mfn(out + 1)), 6);
    assert_int_equal(domains[1].tot_pages, NR_PAGES);

    x.nr_exchanged = 3;
    assert_int_equal(call(hc_memory_op, &h), -EINVAL);
}

static void machine_to_pseudophysical(void **state)
{
    mfn_t m = space[1].data;

    (void)state;
    assert_int_equal(update(ptr(m, 0) | MMU_MACHPHYS_UPDATE, 77, DOMID_SELF),
                     0);
    assert_int_equal(m2p_get(m), 77);
    assert_int_equal(
        update(ptr(space[2].data, 0) | MMU_MACHPHYS_UPDATE, 77, DOMID_SELF),
        -EINVAL);
    assert_true(m2p_get(mfn(NR_FRAMES + 1)) == M2P_INVALID);
}

static void a_dead_domains_page_stays_while_it_is_mapped(void **state)
{
    mfn_t m = space[2].data;

    (void)state;
    fake_current = &vcpus[0];
    assert_int_equal(update(ptr(space[0].l1, 4), rw(m), 2), 0);
    domain_end(&domains[2]);
    assert_int_equal(domains[2].nr_frames_held, 1);
    assert_int_equal(domains[2].refs, 2);
    assert_int_equal(frame_owner(m), 2);
    machine_check();
    fake_current = &vcpus[0];
    assert_int_equal(update(ptr(space[0].l1, 4), 0, DOMID_SELF), 0);
    assert_int_equal(domains[2].refs, 1);
    assert_int_equal(frame_owner(m), OWNER_FREE);
}

static void pages_of_ours_that_guests_map(void **state)
{
    void *a = heap_alloc(0), *b = heap_alloc(0);
    unsigned long free_before = heap_free_pages();

    (void)state;
    frame_share(virt_to_mfn(a), &domains[1], true);
    frame_share(virt_to_mfn(b), &domains[1], false);
    assert_int_equal(uvm(1, rw(virt_to_mfn(a))), -EINVAL);
    assert_int_equal(uvm(1, ro(virt_to_mfn(a))), 0);
    assert_int_equal(uvm(2, rw(virt_to_mfn(b))), 0);
    assert_int_equal(ext(MMUEXT_PIN_L1_TABLE, virt_to_mfn(b), DOMID_SELF),
                     -EINVAL);
    heap_free(a, 0); /* freed with the mapping, not before */
    assert_int_equal(heap_free_pages(), free_before);
    assert_int_equal(uvm(1, 0), 0);
    assert_int_equal(heap_free_pages(), free_before + 1);
    assert_int_equal(uvm(2, 0), 0);
    heap_free(b, 0); /* not mapped: at once */
    assert_int_equal(heap_free_pages(), free_before + 2);
}

static void descriptors(void **state)
{
    const uint64_t data = 0x00cf93000000ffffUL, gate = 0x0000ec0000080000UL;
    mfn_t m = space[1].other;
    unsigned long frames[1] = { mfn_x(m) };
    struct hcall h = { .arg = { ptr(m, 1), data } };

    (void)state;
    *(uint64_t *)mfn_to_virt(m) = gate;
    assert_int_equal(gdt_set(fake_current, frames, 16), -EINVAL);
    *(uint64_t *)mfn_to_virt(m) = data; /* DPL 0 becomes 3 */
    assert_int_equal(gdt_set(fake_current, frames, 16), 0);
    assert_true(*(uint64_t *)mfn_to_virt(m) == (data | 3UL << 45));
    assert_int_equal(uvm(1, rw(m)), -EINVAL);
    assert_int_equal(call(hc_update_descriptor, &h), 0);
    assert_true(((uint64_t *)mfn_to_virt(m))[1] == (data | 3UL << 45));
    h.arg[1] = gate;
    assert_int_equal(call(hc_update_descriptor, &h), -EINVAL);
    assert_int_equal(gdt_set(fake_current, frames, 7169), -EINVAL);
    assert_int_equal(gdt_set(fake_current, NULL, 0), 0);
    assert_int_equal(uvm(1, rw(m)), 0);
}

static void pages_set_aside(void **state)
{
    struct domain *d = &domains[1];
    void *held[HEAP_PAGES];
    unsigned int n = 0;

    (void)state;
    assert_int_equal(heap_claim(d, d->tot_pages), -EINVAL);
    assert_int_equal(heap_claim(d, d->max_pages + 1), -EINVAL);
    assert_int_equal(heap_claim(d, d->tot_pages + 6), 0);
    assert_int_equal(heap_claim(d, d->tot_pages + 6), -EINVAL); /* has one */
    assert_int_equal(heap_claimed_pages(), 6);

    while ((held[n] = heap_alloc(0)))
        n++;
    assert_int_equal(heap_free_pages(), 6);
    assert_true(mfn_eq(heap_alloc_domain(&domains[2], 0, 0), MFN_INVALID));
    assert_false(mfn_eq(heap_alloc_domain(d, 1, 0), MFN_INVALID));
    assert_false(mfn_eq(heap_alloc_domain(d, 0, 0), MFN_INVALID));
    assert_int_equal(heap_claimed_pages(), 3);
    assert_int_equal(heap_claim(d, 0), 0);
    assert_int_equal(heap_claimed_pages(), 0);
    assert_false(mfn_eq(heap_alloc_domain(&domains[2], 0, 0), MFN_INVALID));
    while (n)
        heap_free(held[--n], 0);
}

static void small_objects(void **state)
{
    unsigned long free_before = heap_free_pages();
    void *p[120];

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(p); i++) {
        size_t size = 1 + i * 37 % 1600;

        p[i] = hv_alloc(size);
        assert_non_null(p[i]);
        for (size_t n = 0; n < size; n++)
            if (((char *)p[i])[n])
                fail_msg("object %zu is not zeroed", i);
        memset(p[i], 0xa5, size);
    }
    for (size_t i = 0; i < ARRAY_SIZE(p); i++)
        hv_free(p[(i * 7) % ARRAY_SIZE(p)]);
    hv_free(NULL);
    assert_int_equal(heap_free_pages(), free_before);
}

#define CASE(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(tables_in_use_are_never_writable),
        CASE(a_writable_page_becomes_no_table),
        CASE(entries_are_made_usable_at_cpl_3),
        CASE(the_hypervisors_slots_are_ours),
        CASE(upper_entries),
        CASE(frames_of_others),
        CASE(tables_of_others),
        CASE(cache_attributes_are_for_the_hardware_domain),
        CASE(done_counts_what_was_done),
        CASE(a_restarted_batch_counts_from_its_beginning),
        CASE(accessed_and_dirty),
        CASE(grants),
        CASE(bases),
        CASE(memory_comes_and_goes),
        CASE(exchange_is_all_or_nothing),
        CASE(machine_to_pseudophysical),
        CASE(a_dead_domains_page_stays_while_it_is_mapped),
        CASE(pages_of_ours_that_guests_map),
        CASE(descriptors),
        CASE(pages_set_aside),
        CASE(small_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
