/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of grants stand on.  Frames are counters here, so that after
 * each test all references must be gone (GR-1); page-table entries are one
 * slot for each address.  Included once by each program.
 */
#ifndef GRANT_DOMAINS_H
#define GRANT_DOMAINS_H

#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/grant.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/heap.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <hv/track.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define NR_DOMAINS 3 /* the first is privileged, and has version 1 only */
#define MAX_FRAMES 4
#define NR_FRAMES 64
#define OWNER 1 /* grants its frames 0 to 31; the others are domain 2's */
#define USER 2
#define NR_SLOTS 512
#define VA(slot) (0x100000UL + (slot)*4096UL)

struct cpu cpus[NR_CPUS];
struct stack_top fake_top;
struct list domain_list = LIST_INIT(domain_list);

static struct domain doms[NR_DOMAINS];
static struct vcpu vcpus[NR_DOMAINS];
static unsigned int allocations, flushes;
static bool out_of_memory, preempt;

static struct {
    unsigned int refs, writable;
    bool is_table;
} frames[NR_FRAMES];

static struct {
    bool present, read_only;
    unsigned long m;
} slots[NR_SLOTS];

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}

void *hv_alloc(size_t size)
{
    allocations++;
    return calloc(1, size);
}

void hv_free(void *p)
{
    allocations -= p != NULL;
    free(p);
}

void *heap_alloc(unsigned int order)
{
    void *p;

    if (out_of_memory)
        return NULL;
    allocations++;
    p = aligned_alloc(PAGE_SIZE, PAGE_SIZE << order);
    return memset(p, 0, PAGE_SIZE << order);
}

void heap_free(void *p, unsigned int order)
{
    (void)order;
    hv_free(p);
}

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    memcpy(to, (void *)u, len);
    return 0;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    memcpy((void *)u, from, len);
    return 0;
}

bool preempt_needed(void) { return preempt; }

struct domain *domain_get_by_id(domid_t id)
{
    if (id >= NR_DOMAINS)
        return NULL;
    domain_get(&doms[id]);
    return &doms[id];
}

struct domain *domain_get_target(domid_t id)
{
    return domain_get_by_id(id == DOMID_SELF ? fake_top.current->domain->id
                                             : id);
}

void domain_put(struct domain *d)
{
    assert_true(d->refs > 1);
    d->refs--;
}

bool vcpu_is_control(const struct vcpu *v) { return v->domain->control; }

bool frame_get(mfn_t m, const struct domain *d)
{
    domid_t owner = mfn_x(m) < 32 ? OWNER : USER;

    if (mfn_x(m) >= NR_FRAMES || d->id != owner)
        return false;
    frames[mfn_x(m)].refs++;
    return true;
}

void frame_put(mfn_t m)
{
    assert_true(frames[mfn_x(m)].refs > frames[mfn_x(m)].writable);
    frames[mfn_x(m)].refs--;
}

int frame_get_type(mfn_t m, enum page_type want)
{
    assert_int_equal(want, PT_WRITABLE);
    if (frames[mfn_x(m)].is_table)
        return -EINVAL;
    frames[mfn_x(m)].writable++;
    return 0;
}

int frame_put_type(mfn_t m, bool preemptible)
{
    (void)preemptible;
    assert_true(frames[mfn_x(m)].writable > 0);
    frames[mfn_x(m)].writable--;
    return 0;
}

int frame_get_with_type(mfn_t m, const struct domain *d, enum page_type want)
{
    int err;

    if (!frame_get(m, d))
        return -EINVAL;
    err = frame_get_type(m, want);
    if (err)
        frame_put(m);
    return err;
}

void frame_put_with_type(mfn_t m)
{
    frame_put_type(m, false);
    frame_put(m);
}

void frame_share(mfn_t m, struct domain *d, bool read_only)
{
    (void)m;
    (void)d;
    assert_false(read_only);
}

int pt_grant_set(struct vcpu *v, uint64_t addr, bool contains_pte, mfn_t m,
                 bool read_only, uint64_t avail)
{
    unsigned int slot = (addr - VA(0)) / PAGE_SIZE;

    (void)v;
    (void)contains_pte;
    (void)avail;
    if (slot >= NR_SLOTS)
        return GNTST_bad_virt_addr;
    slots[slot].present = true;
    slots[slot].read_only = read_only;
    slots[slot].m = mfn_x(m);
    return GNTST_okay;
}

/* Nothing is tracked, so nobody is to be told. */
unsigned int nr_tracked;

void track_mark_frame(mfn_t m) { fail_msg("frame %lu marked", mfn_x(m)); }

int pt_grant_clear(struct vcpu *v, uint64_t addr, bool contains_pte, mfn_t m,
                   bool read_only)
{
    unsigned int slot = (addr - VA(0)) / PAGE_SIZE;

    (void)v;
    (void)contains_pte;
    if (slot >= NR_SLOTS || !slots[slot].present || slots[slot].m != mfn_x(m) ||
        slots[slot].read_only != read_only)
        return GNTST_general_error;
    /* The owner must not have its page back before the flush. */
    assert_true(frames[mfn_x(m)].refs > 0);
    slots[slot].present = false;
    return GNTST_okay;
}

void tlb_flush_domain(const struct domain *d)
{
    (void)d;
    flushes++;
}

static inline int setup(void **state)
{
    (void)state;
    memset(doms, 0, sizeof(doms));
    memset(vcpus, 0, sizeof(vcpus));
    memset(frames, 0, sizeof(frames));
    memset(slots, 0, sizeof(slots));
    allocations = flushes = 0;
    out_of_memory = preempt = false;
    fake_top.cpu = &cpus[0];
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        doms[i].id = i;
        doms[i].refs = 1;
        doms[i].control = i == 0;
        vcpus[i].domain = &doms[i];
        assert_int_equal(
            grant_domain_init(&doms[i], MAX_FRAMES, 1, i == 0 ? 1 : 2), 0);
    }
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < NR_DOMAINS; i++)
        while (grant_domain_release_maps(&doms[i]))
            ; /* gets on with every call, however often it is stopped */
    for (unsigned int i = 0; i < NR_DOMAINS; i++) {
        assert_int_equal(doms[i].refs, 1);
        grant_domain_destroy(&doms[i]);
    }
    for (unsigned int i = 0; i < NR_FRAMES; i++)
        assert_int_equal(frames[i].refs + frames[i].writable, 0);
    assert_int_equal(allocations, 0);
    return 0;
}

static inline long call_n(unsigned int dom, unsigned int cmd, void *arg,
                          unsigned int n)
{
    struct hcall h = { .arg = { cmd, (unsigned long)arg, n },
                       .caller = &vcpus[dom] };
    long err;

    fake_top.current = h.caller;
    while ((err = hc_grant_table_op(&h)) == -ERESTART)
        ;
    return err;
}

static inline struct grant_entry_v1 *entry(unsigned int dom, grant_ref_t ref)
{
    mfn_t m;

    assert_int_equal(grant_frame(&doms[dom], false, ref / 512, &m), 0);
    return (struct grant_entry_v1 *)mfn_to_virt(m) + ref % 512;
}

/* Domain OWNER grants @frame to domain USER. */
static inline void grant(grant_ref_t ref, unsigned int frame, uint16_t flags)
{
    *entry(OWNER, ref) =
        (struct grant_entry_v1){ GTF_permit_access | flags, USER, frame };
}

static inline struct gnttab_map_grant_ref map(grant_ref_t ref,
                                              unsigned int slot, uint32_t flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = VA(slot), .flags = flags, .ref = ref, .dom = OWNER
    };

    assert_int_equal(call_n(USER, GNTTABOP_map_grant_ref, &op, 1), 0);
    return op;
}

static inline int unmap(uint32_t handle, unsigned int slot)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = VA(slot),
                                         .handle = handle };

    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

#endif
