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
#include <hv/boot.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/features.h>
#include <hv/grant.h>
#include <hv/hcall.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/mm.h>
#include <x86/insn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../../hypervisor/mm/audit.h"
#include "../../../../hypervisor/mm/local.h"
#include "../../../../hypervisor/mm/memory.h"

#define RAM_MIB 20
#define NR_FRAMES (RAM_MIB << 8)
#define NR_PAGES 28 /* of each domain, to begin with */

char fake_frames[2 << 20] __attribute__((aligned(4096)));
char fake_ram[RAM_MIB << 20] __attribute__((aligned(4096)));
char fake_m2p[NR_FRAMES * 8] __attribute__((aligned(4096)));
struct cpu fake_cpu;
struct vcpu *fake_current;
unsigned int nr_cpus_online = 1;
bool cpu_features[NR_FEATURES] = { [FEAT_NX] = true };
struct mem_region memmap[MAX_MEMMAP] = { { 0, RAM_MIB << 20, MEM_RAM } };
unsigned int nr_memmap = 1;
mfn_t idle_pgd;
struct list domain_list = LIST_INIT(domain_list);
struct domain *dom0;

static struct domain domains[3];
static struct vcpu vcpus[3];
static struct vcpu *vcpu_arrays[3][1];
static uint64_t gdt_pages[1024];
static pte_t windows[32];
static uint64_t boot_next = 1 << 20;

/* Random numbers, the same in every run. */

static uint64_t seed;

static unsigned int rnd(unsigned int n)
{
    seed = seed * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned int)(seed >> 33) % n;
}

/* The parts of the hypervisor that are not under test. */

void panic(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    vfprintf(stdout, fmt, ap);
    va_end(ap);
    abort();
}

void log_print(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    if (level > LOG_WARN)
        return;
    va_start(ap, fmt);
    vfprintf(stdout, fmt, ap);
    va_end(ap);
}

void clear_page(void *p) { memset(p, 0, PAGE_SIZE); }

void copy_page(void *to, const void *from) { memcpy(to, from, PAGE_SIZE); }

uint64_t boot_alloc(uint64_t bytes)
{
    uint64_t at = boot_next;

    boot_next += ALIGN_UP(bytes, PAGE_SIZE);
    if (boot_next > sizeof(fake_ram))
        panic("the machine is too small");
    return at;
}

void boot_free_ranges(void (*fn)(uint64_t start, uint64_t end))
{
    fn(boot_next, sizeof(fake_ram));
}

void hvmap_range(unsigned long va, mfn_t m, unsigned long nr, uint64_t flags)
{
    (void)va, (void)m, (void)nr, (void)flags;
}

void hvmap_fill_l4(pte_t *l4)
{
    for (unsigned int i = HV_L4_FIRST; i <= HV_L4_LAST; i++)
        l4[i] = pte_make(mfn(1), PTE_P | PTE_RW);
}

pte_t *hvmap_l1e(unsigned long va) { return &windows[va >> PAGE_SHIFT]; }

int grant_frame(struct domain *d, unsigned int idx, mfn_t *out)
{
    (void)d, (void)idx, (void)out;
    return -EINVAL;
}

static bool preempting;

bool preempt_needed(void) { return preempting && !rnd(3); }

void vcpu_load_cr3(struct vcpu *v)
{
    if (v == fake_current)
        fake_tlb_flush();
}

struct domain *domain_get_by_id(domid_t id)
{
    if (id >= ARRAY_SIZE(domains))
        return NULL;
    domain_get(&domains[id]);
    return &domains[id];
}

struct domain *domain_get_target(domid_t id)
{
    return domain_get_by_id(id == DOMID_SELF ? fake_current->domain->id : id);
}

void domain_put(struct domain *d)
{
    assert_true(d->refs > 1); /* the test's own is never dropped */
    d->refs--;
}

/* The model of the TLB: as what may each frame still be cached? */

static struct {
    domid_t owner;
    uint8_t types; /* bits of enum page_type */
} cached[NR_FRAMES];

void fake_tlb_flush(void) { memset(cached, 0, sizeof(cached)); }

static void tlb_model_check(void)
{
    for (unsigned int i = boot_next >> PAGE_SHIFT; i < NR_FRAMES; i++) {
        const struct frame *f = &frame_table[i];
        enum page_type type = tw_type(f->type);
        domid_t owner = frame_owner(mfn(i));
        bool used = (f->type & TW_COUNT) && (f->type & TW_VALID);

        if (owner >= ARRAY_SIZE(domains)) {
            /* Free, or the hypervisor's: only dirty if it is free. */
            continue;
        }
        if (cached[i].types && cached[i].owner != owner)
            fail_msg("frame %x of d%u is cached for d%u", i, owner,
                     cached[i].owner);
        if (!used || (f->ref & REF_SHARED))
            continue;
        if (cached[i].types & ~(1U << type))
            fail_msg("frame %x is type %d, but cached as %x", i, type,
                     cached[i].types);
        if (type == PT_WRITABLE || ptype_is_table(type)) {
            cached[i].types |= 1U << type;
            cached[i].owner = owner;
        }
    }
}

/* The machine. */

static void domain_make(unsigned int id)
{
    struct domain *d = &domains[id];
    struct vcpu *v = &vcpus[id];

    memset(d, 0, sizeof(*d));
    memset(v, 0, sizeof(*v));
    d->id = id;
    d->control = d->hardware = !id;
    d->refs = 1;
    d->max_pages = NR_PAGES + 8;
    d->max_vcpus = 1;
    d->vcpu = vcpu_arrays[id];
    d->vcpu[0] = v;
    d->pages_head = d->shared_pages_head = FRAME_NONE;
    d->zombie_pages_head = FRAME_NONE;
    lock_init(&d->page_lock, LR_PAGE_LIST);
    lock_init(&d->lock, LR_DOMAIN);
    list_add_tail(&d->link, &domain_list);
    v->domain = d;
    v->kernel_mode = true;
    v->guest_table = v->guest_table_user = MFN_INVALID;
}

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

static long call(hcall_fn *fn, struct hcall *h)
{
    long ret;

    h->caller = fake_current;
    preempting = true;
    do
        ret = fn(h);
    while (ret == -ERESTART && rnd(20)); /* a few are never taken up again */
    preempting = false;
    return ret;
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

/* What a processor does: A and D bits in tables that are in use. */
static void processor_sets_bits(struct domain *d)
{
    mfn_t m = any_page(d);
    pte_t *slot = (pte_t *)mfn_to_virt(m) + some_slot();

    if (ptype_is_table(tw_type(frame_of(m)->type)) &&
        (frame_of(m)->type & TW_VALID) && (*slot & PTE_P))
        *slot |= rnd(2) ? PTE_A : PTE_D;
}

/* What a guest does: any bytes into a page that it can write. */
static void guest_writes(struct domain *d)
{
    mfn_t m = any_page(d);
    const struct frame *f = frame_of(m);

    if (tw_type(f->type) == PT_WRITABLE && (f->type & TW_COUNT))
        ((pte_t *)mfn_to_virt(m))[some_slot()] = some_entry(d);
}

static void (*const actions[])(struct domain *d) = {
    do_mmu_update,  do_mmu_update, do_mmu_update,
    do_uvm,         do_uvm,        do_mmuext,
    do_mmuext,      do_memory,     do_exchange,
    do_descriptors, do_grant,      do_emulated_write,
    guest_writes,   guest_writes,  processor_sets_bits,
};

static void fill(struct domain *d)
{
    while (d->tot_pages < NR_PAGES) {
        mfn_t m = heap_alloc_domain(d, 0, 0);

        assert_false(mfn_eq(m, MFN_INVALID));
        for (unsigned int i = 0; i < PT_ENTRIES; i++)
            if (((pte_t *)mfn_to_virt(m))[i])
                fail_msg("a page was not scrubbed");
    }
}

static void machine_start(void)
{
    static bool running;

    if (!running) {
        mm_init();
        heap_init();
        fake_cpu.gdt = gdt_pages;
        running = true;
    }
    list_init(&domain_list);
    for (unsigned int i = 0; i < ARRAY_SIZE(domains); i++) {
        domain_make(i);
        fake_current = &vcpus[i];
        fill(&domains[i]);
    }
}

/* Tear a domain down as domain_kill() does. */
static void domain_end(struct domain *d)
{
    struct vcpu *v = d->vcpu[0];
    int err;

    d->life = LIFE_DYING;
    if (fake_current == v)
        fake_current = &vcpus[(d->id + 1) % ARRAY_SIZE(domains)];
    gdt_drop(v);
    ldt_drop(v);
    preempting = true;
    do
        err = pt_set_base(v, MFN_INVALID, true);
    while (err == -ERESTART);
    assert_int_equal(err, 0);
    do
        err = pt_set_base(v, MFN_INVALID, false);
    while (err == -ERESTART);
    assert_int_equal(err, 0);
    do
        err = mm_domain_relinquish(d);
    while (err == -ERESTART);
    assert_int_equal(err, 0);
    preempting = false;
    assert_int_equal(d->pages_head, FRAME_NONE);
    assert_int_equal(d->shared_pages_head, FRAME_NONE);
}

/* Which situations came about: a test that never gets there proves little. */
static unsigned long seen_types[NR_PAGE_TYPES], seen_partial, seen_based;

static void note_seen(void)
{
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

static void machine_check(void)
{
    assert_int_equal(mm_audit_compare(true), 0);
    tlb_model_check();
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
        if (!round)
            free_before = heap_free_pages() + 3 * NR_PAGES;

        for (unsigned int step = 0; step < 1500; step++) {
            struct domain *d = &domains[rnd(ARRAY_SIZE(domains))];

            fake_current = d->vcpu[0];
            fake_tlb_flush(); /* a switch loads CR3 */
            for (unsigned int n = 0; n < 16; n++) {
                actions[rnd(ARRAY_SIZE(actions))](d);
                tlb_model_check();
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_at_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
