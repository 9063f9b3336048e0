/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine made of arrays, with the real mm/ on it: RAM, one CPU, a model of
 * its TLB, and three domains (the first has all rights) with one vCPU each.
 * Included by one test program each, which may say MACHINE_CPUS and what the
 * other CPUs do.
 */
#ifndef MACHINE_H
#define MACHINE_H

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
#include <hv/spec.h>
#include <x86/insn.h>
#include <x86/regs.h>

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../../../hypervisor/mm/local.h"
#include "../../../../hypervisor/mm/m2p.h"
#include "../../../../hypervisor/mm/memory.h"

#define RAM_MIB 20
#define NR_FRAMES (RAM_MIB << 8)
#define HEAP_PAGES 320
#define NR_PAGES 28 /* of each domain, to begin with */

char fake_frames[2 << 20] __attribute__((aligned(4096)));
char fake_ram[RAM_MIB << 20] __attribute__((aligned(4096)));
char fake_m2p[NR_FRAMES * 8] __attribute__((aligned(4096)));
#ifndef MACHINE_CPUS
#define MACHINE_CPUS 1
#endif
struct cpu cpus[MACHINE_CPUS];
struct vcpu *fake_current;
unsigned long fake_cr3;
unsigned int nr_cpus = MACHINE_CPUS;
bool spec_on[NR_SPEC] = { [SPEC_PV_L1TF] = true };
bool cpu_features[NR_FEATURES] = { [FEAT_NX] = true };
struct mem_region memmap[MAX_MEMMAP] = { { 0, RAM_MIB << 20, MEM_RAM } };
unsigned int nr_memmap = 1;
mfn_t idle_pgd;
struct list domain_list = LIST_INIT(domain_list);
struct domain *dom0;

static struct domain domains[3];
static struct vcpu vcpus[3];
static struct vcpu *vcpu_arrays[3][1];
static struct shared_info shared_infos[3];
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
    /* Few, so that freed frames soon have another owner. */
    fn(boot_next, boot_next + HEAP_PAGES * PAGE_SIZE);
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

int grant_list_frames(struct domain *d, bool status, unsigned int first,
                      unsigned int nr, unsigned long u_list)
{
    (void)d, (void)status, (void)first, (void)nr, (void)u_list;
    return -EINVAL;
}

unsigned int grant_max_frames(const struct domain *d, bool status)
{
    (void)d, (void)status;
    return 0;
}

static bool preempting;

/* What others do when we look at the clock, wait, or ask for a flush. */
static bool (*on_preempt)(void);
static void (*on_relax)(void);
static void (*on_kick)(unsigned int id);

bool preempt_needed(void)
{
    if (on_preempt)
        return on_preempt();
    return preempting && !rnd(3);
}

void spin_relax(void)
{
    if (on_relax)
        on_relax();
}

void vcpu_load_cr3(struct vcpu *v)
{
    if (v == fake_current)
        tlb_load_cr3(v->cr3[v->kernel_mode]);
}

void xpti_l4_changed(void) {}

void domain_pause(struct domain *d)
{
    assert_ptr_not_equal(d, fake_current->domain);
}

void domain_unpause(struct domain *d) { (void)d; }

void smp_hold_others(void) {}

void smp_release_others(void) {}

void evtchn_audit(const struct domain *d, audit_count_fn *count)
{
    (void)d, (void)count;
}

void pirq_audit(const struct domain *d, audit_count_fn *count)
{
    (void)d, (void)count;
}

void cpu_kick(unsigned int id)
{
    if (!on_kick)
        fail_msg("CPU %u is not there", id);
    on_kick(id);
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

        if (owner == OWNER_HV && cached[i].types)
            fail_msg("frame %x is ours, but cached for d%u", i,
                     cached[i].owner);
        if (owner >= ARRAY_SIZE(domains))
            continue;
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
    static uint64_t serial = LEFT_BY_US;
    struct domain *d = &domains[id];
    struct vcpu *v = &vcpus[id];

    memset(d, 0, sizeof(*d));
    memset(v, 0, sizeof(*v));
    d->id = id;
    d->serial = ++serial;
    d->control = d->hardware = !id;
    d->refs = 1;
    d->max_pages = NR_PAGES + 8;
    d->max_vcpus = 1;
    d->vcpu = vcpu_arrays[id];
    d->vcpu[0] = v;
    d->shared = &shared_infos[id];
    d->pages_head = d->shared_pages_head = FRAME_NONE;
    d->zombie_pages_head = FRAME_NONE;
    lock_init(&d->page_lock, LR_PAGE_LIST);
    lock_init(&d->lock, LR_DOMAIN);
    list_add_before(&d->link, &domain_list);
    v->domain = d;
    v->kernel_mode = true;
    v->guest_table = v->guest_table_user = MFN_INVALID;
}

/* Calls are preempted at random; some are never taken up again. */
static bool abandoning;

static long call(hcall_fn *fn, struct hcall *h)
{
    long ret;

    h->caller = fake_current;
    preempting = true;
    do
        ret = fn(h);
    while (ret == -ERESTART && (!abandoning || rnd(20)));
    preempting = false;
    return ret;
}

/* Who had each frame last: he alone may find there what he left. */
static uint64_t had_by[NR_FRAMES];

static inline void note_owners(void)
{
    for (unsigned int i = 0; i < NR_FRAMES; i++)
        if (frame_owner(mfn(i)) < ARRAY_SIZE(domains))
            had_by[i] = domains[frame_owner(mfn(i))].serial;
}

static void fill(struct domain *d)
{
    while (d->tot_pages < NR_PAGES) {
        mfn_t m = heap_alloc_domain(d, 0, 0);

        assert_false(mfn_eq(m, MFN_INVALID));
        for (unsigned int i = 0; i < PT_ENTRIES; i++)
            if (((pte_t *)mfn_to_virt(m))[i] && had_by[mfn_x(m)] != d->serial)
                fail_msg("a page was not scrubbed");
        had_by[mfn_x(m)] = d->serial;
    }
}

/* The auditor needs a larger block than may be left: kept for it. */
#define AUDIT_ORDER 4
static void *audit_memory;

static void machine_start(void)
{
    static bool running;

    if (!running) {
        mm_init();
        heap_init();
        audit_memory = heap_alloc(AUDIT_ORDER);
        cpus[0].gdt = gdt_pages;
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
    track_destroy(d);
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

static void machine_check(void)
{
    static_assert(NR_FRAMES * 8 <= PAGE_SIZE << AUDIT_ORDER, "audit memory");
    heap_free(audit_memory, AUDIT_ORDER);
    assert_int_equal(mm_audit(NULL), 0);
    audit_memory = heap_alloc(AUDIT_ORDER);
    assert_non_null(audit_memory);
    tlb_model_check();
}

#endif
