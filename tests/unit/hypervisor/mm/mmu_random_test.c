/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole paging machinery on a machine made of arrays: three domains do
 * anything to a few pages, calls are preempted at random and given up at
 * random, and after each step three oracles look at every frame:
 *
 * - the auditor, which recounts references and types (PT-2);
 * - a model of the TLB, which remembers how a frame may still be cached, and
 *   complains if it is in use in another way (PT-1);
 * - at the end, the books: all memory is back.
 */
#include "machine.h"

#include <hv/track.h>
#include <xen/domctl.h>

static mfn_t any_page(struct domain *d)
{
    uint32_t i = d->pages_head;

    if (i == FRAME_NONE)
        return mfn(0);
    for (unsigned int n = rnd(NR_PAGES); n; n--)
        i = frame_table[i].next;
    return mfn(i);
}

static mfn_t some_mfn(struct domain *d)
{
    switch (rnd(16)) {
    case 0:
        return any_page(&domains[rnd(ARRAY_SIZE(domains))]);
    case 1:
        return mfn(rnd(NR_FRAMES)); /* the hypervisor's, or free */
    case 2:
        return mfn(NR_FRAMES + rnd(64)); /* device memory */
    default:
        return any_page(d);
    }
}

static pte_t some_entry(struct domain *d)
{
    static const uint64_t extra[] = { PTE_A,     PTE_D, PTE_PWT, PTE_PCD,
                                      PTE_PSE,   PTE_G, PTE_NX,  1UL << 9,
                                      1UL << 52, PTE_US };
    pte_t e = rnd(5) ? PTE_P : 0;

    if (rnd(2))
        e |= PTE_RW;
    if (!rnd(4))
        e |= extra[rnd(ARRAY_SIZE(extra))];
    return pte_make(some_mfn(d), e);
}

/* Slots are few, so that they are hit again. */
static unsigned int some_slot(void)
{
    static const unsigned int slots[] = { 0, 1, 2, 255, 256, 271, 272, 511 };

    return slots[rnd(ARRAY_SIZE(slots))];
}

static unsigned long some_va(void)
{
    unsigned long va = 0;

    for (unsigned int level = 4; level; level--)
        va |= (unsigned long)some_slot() << (12 + 9 * (level - 1));
    return va & 1UL << 47 ? va | 0xffff000000000000UL : va;
}

static unsigned long done_ok;

static uint32_t some_foreign(void)
{
    switch (rnd(10)) {
    case 0:
        return rnd(4);
    case 1:
        return DOMID_IO;
    case 2:
        return DOMID_SELF | (rnd(4) << 16);
    default:
        return DOMID_SELF;
    }
}

static void do_mmu_update(struct domain *d)
{
    struct mmu_update u[3];
    uint32_t done = 99, n = 1 + rnd(3);
    long ret;

    for (uint32_t i = 0; i < n; i++) {
        u[i].ptr = (mfn_x(some_mfn(d)) << 12) | (some_slot() * 8) | rnd(4);
        u[i].val = some_entry(d);
    }
    struct hcall h = { .arg = { (unsigned long)u, n, (unsigned long)&done,
                                some_foreign() } };
    ret = call(hc_mmu_update, &h);
    if (ret == -ERESTART)
        return;
    if (!ret)
        assert_int_equal(done, n);
    else if (ret != -ESRCH && ret != -EPERM)
        assert_true(done < n);
    done_ok += !ret;
}

static void do_uvm(struct domain *d)
{
    static const unsigned long flags[] = { 0, UVMF_TLB_FLUSH | UVMF_LOCAL,
                                           UVMF_INVLPG | UVMF_ALL };
    struct hcall h = { .arg = { some_va(), some_entry(d),
                                flags[rnd(ARRAY_SIZE(flags))] } };

    if (mfn_eq(vcpus[d->id].guest_table, MFN_INVALID))
        return;
    done_ok += !call(hc_update_va_mapping, &h);
}

static void do_mmuext(struct domain *d)
{
    static const unsigned int cmds[] = {
        MMUEXT_PIN_L1_TABLE,     MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE,
        MMUEXT_PIN_L3_TABLE,     MMUEXT_PIN_L4_TABLE, MMUEXT_UNPIN_TABLE,
        MMUEXT_UNPIN_TABLE,      MMUEXT_UNPIN_TABLE,  MMUEXT_NEW_BASEPTR,
        MMUEXT_NEW_USER_BASEPTR, MMUEXT_CLEAR_PAGE,   MMUEXT_COPY_PAGE,
        MMUEXT_TLB_FLUSH_LOCAL,  MMUEXT_INVLPG_LOCAL, MMUEXT_TLB_FLUSH_ALL,
        MMUEXT_SET_LDT,          MMUEXT_FLUSH_CACHE,  77
    };
    struct mmuext_op op = { .cmd = cmds[rnd(ARRAY_SIZE(cmds))] };
    uint32_t done;
    struct hcall h = { .arg = { (unsigned long)&op, 1, (unsigned long)&done,
                                some_foreign() } };

    op.arg1.mfn = mfn_x(some_mfn(d));
    if (op.cmd == MMUEXT_COPY_PAGE)
        op.arg2.src_mfn = mfn_x(some_mfn(d));
    if (op.cmd == MMUEXT_SET_LDT) {
        op.arg1.linear_addr = some_va();
        op.arg2.nr_ents = rnd(1024);
    }
    done_ok += !call(hc_mmuext_op, &h);
}

static void do_memory(struct domain *d)
{
    static const unsigned int cmds[] = { XENMEM_decrease_reservation,
                                         XENMEM_populate_physmap,
                                         XENMEM_increase_reservation };
    xen_pfn_t extents[2] = { mfn_x(some_mfn(d)), mfn_x(some_mfn(d)) };
    struct xen_memory_reservation r = { .nr_extents = 1 + rnd(2),
                                        .extent_order = rnd(2),
                                        .domid = DOMID_SELF };
    struct hcall h = { .arg = { cmds[rnd(ARRAY_SIZE(cmds))],
                                (unsigned long)&r } };

    set_xen_guest_handle(r.extent_start, extents);
    done_ok += call(hc_memory_op, &h) > 0;
}

static void do_exchange(struct domain *d)
{
    xen_pfn_t in[2] = { mfn_x(some_mfn(d)), mfn_x(some_mfn(d)) }, out = 7;
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 2, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .extent_order = 1, .domid = DOMID_SELF },
    };
    struct hcall h = { .arg = { XENMEM_exchange, (unsigned long)&x } };
    long ret;

    x.out.mem_flags = rnd(2) ? XENMEMF_address_bits(24) : 0;
    set_xen_guest_handle(x.in.extent_start, in);
    set_xen_guest_handle(x.out.extent_start, &out);
    ret = call(hc_memory_op, &h);
    assert_int_equal(x.nr_exchanged, ret ? 0 : 2);
    if (!ret) {
        assert_int_equal(m2p_get(mfn(out)), 7);
        assert_int_equal(m2p_get(mfn(out + 1)), 8);
        assert_true(frame_owner(mfn(in[0])) != d->id);
        done_ok++;
    }
}

static void do_descriptors(struct domain *d)
{
    unsigned long frames[2] = { mfn_x(some_mfn(d)), mfn_x(some_mfn(d)) };
    struct hcall h = { .arg = { (mfn_x(some_mfn(d)) << 12) | some_slot() * 8,
                                0x00cf93000000ffffUL } };

    if (rnd(2))
        done_ok += !gdt_set(fake_current, frames, rnd(3) * 512);
    else
        done_ok += !call(hc_update_descriptor, &h);
    if (!rnd(4) && !mfn_eq(fake_current->guest_table, MFN_INVALID))
        ldt_fault(fake_current, rnd(16) << 12);
}

/* Grants: a frame of another domain, as the grant code would have checked. */
static void do_grant(struct domain *d)
{
    struct domain *from = &domains[rnd(ARRAY_SIZE(domains))];
    mfn_t m = any_page(from);
    uint64_t addr = (mfn_x(any_page(d)) << 12) | some_slot() * 8;
    bool ro = rnd(2);

    if (rnd(2)) {
        if (frame_get(m, from)) {
            done_ok += !pt_grant_set(fake_current, addr, true, m, ro, 0);
            frame_put(m);
        }
        return;
    }
    done_ok += !pt_grant_clear(fake_current, addr, true, m, ro);
}

static void do_emulated_write(struct domain *d)
{
    mfn_t table = any_page(d);
    unsigned int slot = some_slot();
    pte_t old = ((pte_t *)mfn_to_virt(table))[slot];

    if (!rnd(8))
        old ^= PTE_A;
    done_ok += !pt_write_l1(fake_current, table, slot, old, some_entry(d));
}

/*
 * Tracking mode: what was written since the log was taken last, and is not in
 * the log, was missed.  Frames of one domain at a time.
 */
static struct domain *watched;
static uint64_t contents[NR_FRAMES];
static unsigned long seen_tracked, seen_rounds, seen_filled, seen_reads,
    seen_foreign;

static uint64_t page_hash(mfn_t m)
{
    const pte_t *p = mfn_to_virt(m);
    bool l4 = tw_type(frame_of(m)->type) == PT_L4;
    uint64_t h = 1;

    /* Our slots are nothing that the guest has. */
    for (unsigned int i = 0; i < PT_ENTRIES; i++)
        if (!l4 || !pt_is_hv_slot(i))
            h = (h ^ p[i]) * 1099511628211UL;
    return h;
}

/* Each page has its frame number as its number, while it is watched. */
static void watch_pages(const struct domain *d, const uint64_t *log)
{
    for (unsigned int i = 0; i < NR_FRAMES; i++) {
        uint64_t h;

        if (frame_owner(mfn(i)) != d->id || m2p_get(mfn(i)) != i)
            continue;
        h = page_hash(mfn(i));
        if (log && h != contents[i] && !(log[i / 64] >> i % 64 & 1))
            fail_msg("frame %x changed and is not in the log: type %lx", i,
                     (unsigned long)frame_of(mfn(i))->type);
        contents[i] = h;
    }
}

static void do_track_on(struct domain *d)
{
    if (watched || d == fake_current->domain || d->hardware)
        return;
    d->shared->arch.max_pfn = NR_FRAMES;
    if (track_enable(d))
        return;
    for (unsigned int i = 0; i < NR_FRAMES; i++)
        if (frame_owner(mfn(i)) == d->id)
            m2p_set(mfn(i), i);
    watched = d;
    watch_pages(d, NULL);
    seen_tracked++;
}

static void do_track_other(void)
{
    struct domain *d = watched ? watched : &domains[1 + rnd(2)];
    uint64_t log[NR_FRAMES / 64] = { 0 };
    struct xen_domctl_shadow_op op = { .pages = NR_FRAMES };
    int err;

    set_xen_guest_handle(op.dirty_bitmap, (uint8_t *)log);
    if (d == fake_current->domain) {
        assert_int_equal(track_enable(d), -EINVAL);
        return;
    }
    switch (rnd(8)) {
    case 0:
        assert_int_equal(track_disable(d), watched ? 0 : -EINVAL);
        watched = NULL;
        return;
    case 1:
        track_set_limit(d, rnd(64));
        return;
    case 2:
        err = track_log(d, &op, false);
        break;
    default:
        err = track_log(d, &op, true);
    }
    assert_int_equal(err, watched ? 0 : -EINVAL);
    if (err)
        return;
    assert_int_equal(op.pages, NR_FRAMES);
    watch_pages(d, log);
    seen_rounds++;
}

/* One is mostly tracked. */
static void do_track_any(struct domain *d)
{
    (void)d;
    if (!watched)
        do_track_on(&domains[1 + rnd(2)]);
    else if (!rnd(2))
        do_track_other();
}

/* What the processor finds in shadow tables: 0, or an L1 entry's rights. */
static pte_t shadow_walk(const struct vcpu *v, unsigned long va)
{
    mfn_t m = mfn(v->cr3[v->kernel_mode] >> PAGE_SHIFT);
    pte_t all = ~0UL, e = 0;

    for (unsigned int level = 4; level; level--) {
        e = ((pte_t *)mfn_to_virt(m))[pt_index(va, level)];
        if (!(e & PTE_P))
            return 0;
        all &= e | PTE_ADDR_MASK;
        m = pte_mfn(e);
    }
    return (e & PTE_ADDR_MASK) | (all & (PTE_P | PTE_RW | PTE_US));
}

/* Tables as a guest makes them, so that more than chance leads to a page. */
static void do_tree(struct domain *d)
{
    struct mmuext_op op = { .cmd = MMUEXT_NEW_BASEPTR };
    struct hcall h = { .arg = { (unsigned long)&op, 1, 0, DOMID_SELF } };
    mfn_t m[5];

    if (!mfn_eq(d->vcpu[0]->guest_table, MFN_INVALID) && rnd(64))
        return;
    for (unsigned int level = 0; level < 5; level++) {
        m[level] = any_page(d);
        if (!mfn_x(m[level]) ||
            (frame_of(m[level])->type & (TW_COUNT | TW_PARTIAL)))
            return;
    }
    for (unsigned int level = 1; level < 5; level++) {
        memset(mfn_to_virt(m[level]), 0, PAGE_SIZE);
        track_mark(m[level]);
    }
    for (unsigned int level = 1; level < 5; level++)
        for (unsigned int n = 0; n < 3; n++)
            ((pte_t *)mfn_to_virt(m[level]))[some_slot()] =
                pte_make(level == 1 ? any_page(d) : m[level - 1],
                         PTE_P | PTE_RW | PTE_US | (rnd(2) ? PTE_A : 0));
    op.arg1.mfn = mfn_x(m[4]);
    done_ok += !call(hc_mmuext_op, &h);
}

/* An address that leads as far as the guest's tables do. */
static unsigned long mapped_va(const struct vcpu *v)
{
    mfn_t m = v->guest_table;
    unsigned long va = 0;

    for (unsigned int level = 4; level; level--) {
        const pte_t *t = mfn_to_virt(m);
        unsigned int i = some_slot();

        for (unsigned int n = 0;
             n < 64 && (!(t[i] & PTE_P) || (level == 4 && pt_is_hv_slot(i)));
             n++)
            i = some_slot();
        va |= (unsigned long)i << (12 + 9 * (level - 1));
        if (level == 1 || !(t[i] & PTE_P) || (level == 4 && pt_is_hv_slot(i)))
            break;
        m = pte_mfn(t[i]);
    }
    return va & 1UL << 47 ? va | 0xffff000000000000UL : va;
}

/* An access of the tracked domain, with as many faults as it takes. */
static void access_once(struct domain *d)
{
    struct vcpu *v = d->vcpu[0];
    uint32_t ec = rnd(2) ? PFEC_W : 0;
    unsigned long va;
    pte_t e;

    if (d != watched || mfn_eq(v->guest_table, MFN_INVALID))
        return;
    va = rnd(8) ? mapped_va(v) : some_va();
    fake_cr3 = v->cr3[v->kernel_mode];
    for (unsigned int n = 0;; n++) {
        uint32_t this_ec = ec;

        assert_true(n < 4);
        e = shadow_walk(v, va);
        if ((e & PTE_P) && (!(ec & PFEC_W) || (e & PTE_RW)))
            break;
        this_ec |= e & PTE_P;
        if (!track_fault(va, &this_ec))
            return;
        seen_filled++;
    }
    /* Anywhere but where a test of its own would notice. */
    if ((ec & PFEC_W) && frame_valid(pte_mfn(e))) {
        assert_int_equal(tw_type(frame_of(pte_mfn(e))->type), PT_WRITABLE);
        ((pte_t *)mfn_to_virt(pte_mfn(e)))[some_slot()] = some_entry(d);
    }
    seen_reads += !(ec & PFEC_W);
}

static void do_access(struct domain *d)
{
    for (unsigned int n = 0; n < 8; n++)
        access_once(d);
}

/* What a processor does: A and D bits in tables that are in use. */
static void processor_sets_bits(struct domain *d)
{
    mfn_t m = any_page(d);
    pte_t *slot = (pte_t *)mfn_to_virt(m) + some_slot();

    /* It does not walk those of a tracked domain. */
    if (d != watched && ptype_is_table(tw_type(frame_of(m)->type)) &&
        (frame_of(m)->type & TW_VALID) && (*slot & PTE_P))
        *slot |= rnd(2) ? PTE_A : PTE_D;
}

/* What a guest does: any bytes into a page that it can write. */
static void guest_writes(struct domain *d)
{
    mfn_t m = any_page(d);
    const struct frame *f = frame_of(m);

    if (d != watched && tw_type(f->type) == PT_WRITABLE && (f->type & TW_COUNT))
        ((pte_t *)mfn_to_virt(m))[some_slot()] = some_entry(d);
}

/* The same through a mapping of somebody else's page. */
static void foreign_writes(struct domain *d)
{
    mfn_t m = any_page(d);
    const pte_t *t = mfn_to_virt(m);

    if (!tw_is_ready(frame_of(m)->type, PT_L1) || d == watched)
        return;
    for (unsigned int i = 0; i < PT_ENTRIES; i++) {
        if ((t[i] & (PTE_P | PTE_RW)) != (PTE_P | PTE_RW) || !watched ||
            frame_owner(pte_mfn(t[i])) != watched->id)
            continue;
        ((pte_t *)mfn_to_virt(pte_mfn(t[i])))[some_slot()] = some_entry(d);
        seen_foreign++;
    }
}

static void (*const actions[])(struct domain *d) = {
    do_mmu_update,  do_mmu_update, do_mmu_update,
    do_uvm,         do_uvm,        do_mmuext,
    do_mmuext,      do_memory,     do_exchange,
    do_descriptors, do_grant,      do_emulated_write,
    guest_writes,   guest_writes,  processor_sets_bits,
    do_access,      do_access,     do_access,
    foreign_writes, do_track_any,  do_tree,
};

/* Which situations came about: a test that never gets there proves little. */
static unsigned long seen_types[NR_PAGE_TYPES], seen_partial, seen_based;

static void note_seen(void)
{
    note_owners();
    for (unsigned int i = boot_next >> PAGE_SHIFT; i < NR_FRAMES; i++) {
        const struct frame *f = &frame_table[i];

        if (frame_owner(mfn(i)) >= ARRAY_SIZE(domains))
            continue;
        seen_types[tw_type(f->type)] += (f->type & TW_COUNT) > 0;
        seen_partial += (f->type & TW_PARTIAL) > 0;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(vcpus); i++)
        seen_based += !mfn_eq(vcpus[i].guest_table, MFN_INVALID);
}

static void anything_at_all(void **state)
{
    (void)state;
    for (unsigned int round = 0; round < 4; round++) {
        unsigned long free_before;

        seed = round * 7919 + 1;
        free_before = round ? heap_free_pages() : 0;
        done_ok = 0;
        machine_start();
        abandoning = true;
        if (!round)
            free_before = heap_free_pages() + 3 * NR_PAGES;

        for (unsigned int step = 0; step < 1500; step++) {
            struct domain *d = &domains[rnd(ARRAY_SIZE(domains))];

            fake_current = d->vcpu[0];
            fake_tlb_flush(); /* a switch loads CR3 */
            for (unsigned int n = 0; n < 16; n++) {
                void *ours;

                actions[rnd(ARRAY_SIZE(actions))](d);
                ours = rnd(4) ? NULL : heap_alloc(0);
                tlb_model_check();
                heap_free(ours, 0);
            }
            note_seen();
            if (step % 16 == 0)
                machine_check();
            if (d->tot_pages < NR_PAGES)
                fill(d);
        }
        print_message("round %u: %lu calls succeeded\n", round, done_ok);
        assert_true(done_ok > 1000);
        for (unsigned int t = PT_L1; t < NR_PAGE_TYPES; t++) {
            print_message("  type %u: %lu\n", t, seen_types[t]);
            assert_true(seen_types[t] > 100);
            seen_types[t] = 0;
        }
        print_message("  half done: %lu, with a base: %lu\n", seen_partial,
                      seen_based);
        assert_true(seen_partial > 100 && seen_based > 100);
        seen_partial = seen_based = 0;

        print_message("  tracked: %lu times, %lu logs, %lu faults, %lu reads, "
                      "%lu writes by others\n",
                      seen_tracked, seen_rounds, seen_filled, seen_reads,
                      seen_foreign);
        watched = NULL;

        for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++) {
            domain_end(&domains[i]);
            machine_check();
        }
        for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++) {
            assert_int_equal(domains[i].tot_pages, 0);
            assert_int_equal(domains[i].nr_frames_held, 0);
            assert_int_equal(domains[i].refs, 1);
        }
        assert_int_equal(heap_free_pages(), free_before);
    }
    assert_true(seen_tracked > 50 && seen_rounds > 500);
    assert_true(seen_filled > 300 && seen_foreign > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
