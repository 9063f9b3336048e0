/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grant tables through their hypercall.  Frames are counters here, so that
 * after each test all references must be gone (GR-1); page-table entries are
 * one slot for each address.
 */
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
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#define NR_DOMAINS 3
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

void tlb_flush_page_domain(const struct domain *d, unsigned long va)
{
    (void)d;
    (void)va;
    flushes++;
}

static int setup(void **state)
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
        assert_int_equal(grant_domain_init(&doms[i], 4, 1), 0);
    }
    return 0;
}

static int teardown(void **state)
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

static long call_n(unsigned int dom, unsigned int cmd, void *arg,
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

static struct grant_entry_v1 *entry(unsigned int dom, grant_ref_t ref)
{
    mfn_t m;

    assert_int_equal(grant_frame(&doms[dom], ref / 512, &m), 0);
    return (struct grant_entry_v1 *)mfn_to_virt(m) + ref % 512;
}

/* Domain OWNER grants @frame to domain USER. */
static void grant(grant_ref_t ref, unsigned int frame, uint16_t flags)
{
    *entry(OWNER, ref) =
        (struct grant_entry_v1){ GTF_permit_access | flags, USER, frame };
}

static struct gnttab_map_grant_ref map(grant_ref_t ref, unsigned int slot,
                                       uint32_t flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = VA(slot), .flags = flags, .ref = ref, .dom = OWNER
    };

    assert_int_equal(call_n(USER, GNTTABOP_map_grant_ref, &op, 1), 0);
    return op;
}

static int unmap(uint32_t handle, unsigned int slot)
{
    struct gnttab_unmap_grant_ref op = { .host_addr = VA(slot),
                                         .handle = handle };

    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, &op, 1), 0);
    return op.status;
}

static void map_marks_and_unmap_clears(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(8, 5, 0);
    op = map(8, 0, GNTMAP_host_map);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(op.dev_bus_addr, 5 << PAGE_SHIFT);
    assert_true(slots[0].present && slots[0].m == 5);
    assert_int_equal(entry(OWNER, 8)->flags,
                     GTF_permit_access | GTF_reading | GTF_writing);
    assert_int_equal(frames[5].refs, 1);
    assert_int_equal(frames[5].writable, 1);

    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
    assert_false(slots[0].present);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access);
    assert_int_equal(flushes, 1);
    assert_int_equal(unmap(op.handle, 0), GNTST_bad_handle);
}

static void readers_and_writers_are_counted_apart(void **state)
{
    struct gnttab_map_grant_ref r1, r2, w;

    (void)state;
    grant(8, 5, 0);
    r1 = map(8, 0, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(frames[5].writable, 0);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_reading);
    w = map(8, 1, GNTMAP_host_map);
    r2 = map(8, 2, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(r2.status, GNTST_okay);
    assert_int_equal(frames[5].refs, 1); /* one for the entry */
    assert_int_equal(frames[5].writable, 1);

    assert_int_equal(unmap(w.handle, 1), GNTST_okay);
    assert_int_equal(frames[5].writable, 0);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_reading);
    assert_int_equal(unmap(r1.handle, 0), GNTST_okay);
    assert_int_equal(unmap(r2.handle, 2), GNTST_okay);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access);
}

static const struct {
    const char *why;
    struct grant_entry_v1 e;
    grant_ref_t ref;
    uint32_t flags;
    domid_t dom;
    unsigned int slot;
    int status;
} refused[] = {
    { "not granted",
      { 0, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "granted to another",
      { GTF_permit_access, 0, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "read-only",
      { GTF_permit_access | GTF_readonly, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "a transfer",
      { GTF_accept_transfer, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "not its frame",
      { GTF_permit_access, USER, 40 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "no frame at all",
      { GTF_permit_access, USER, ~0U },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "a page table",
      { GTF_permit_access, USER, 31 },
      8,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_general_error },
    { "beyond the table",
      { GTF_permit_access, USER, 5 },
      4096,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_bad_gntref },
    { "far beyond",
      { GTF_permit_access, USER, 5 },
      ~0U,
      GNTMAP_host_map,
      OWNER,
      0,
      GNTST_bad_gntref },
    { "no such domain",
      { GTF_permit_access, USER, 5 },
      8,
      GNTMAP_host_map,
      77,
      0,
      GNTST_bad_domain },
    { "neither host nor device",
      { GTF_permit_access, USER, 5 },
      8,
      0,
      OWNER,
      0,
      GNTST_bad_gntref },
    { "no page table there",
      { GTF_permit_access, USER, 5 },
      8,
      GNTMAP_host_map,
      OWNER,
      NR_SLOTS,
      GNTST_bad_virt_addr },
};

static void refusals_follow_the_table(void **state)
{
    (void)state;
    frames[31].is_table = true;
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct gnttab_map_grant_ref op = {
            .host_addr = VA(refused[i].slot),
            .flags = refused[i].flags,
            .ref = refused[i].ref,
            .dom = refused[i].dom,
        };

        print_message("%s\n", refused[i].why);
        *entry(OWNER, 8) = refused[i].e;
        assert_int_equal(call_n(USER, GNTTABOP_map_grant_ref, &op, 1), 0);
        assert_int_equal(op.status, refused[i].status);
        assert_int_equal(entry(OWNER, 8)->flags, refused[i].e.flags);
        assert_int_equal(doms[USER].grant ? doms[OWNER].refs : 0, 1);
    }
}

/* A table page can still be lent for reading. */
static void page_table_is_granted_read_only(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    frames[31].is_table = true;
    grant(8, 31, 0);
    op = map(8, 0, GNTMAP_host_map | GNTMAP_readonly);
    assert_int_equal(op.status, GNTST_okay);
    op = map(8, 1, GNTMAP_host_map);
    assert_int_equal(op.status, GNTST_general_error);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_reading);
}

/* The owner changes the frame while it is mapped: nothing moves. */
static void frame_is_the_one_first_read(void **state)
{
    struct gnttab_map_grant_ref a, b;

    (void)state;
    grant(8, 5, 0);
    a = map(8, 0, GNTMAP_host_map);
    entry(OWNER, 8)->frame = 6;
    b = map(8, 1, GNTMAP_host_map);
    assert_int_equal(b.dev_bus_addr, a.dev_bus_addr);
    assert_int_equal(frames[6].refs, 0);
    assert_int_equal(unmap(a.handle, 0), GNTST_okay);
    assert_int_equal(unmap(b.handle, 1), GNTST_okay);
    a = map(8, 0, GNTMAP_host_map);
    assert_int_equal(a.dev_bus_addr, 6 << PAGE_SHIFT);
}

static void failed_unmap_keeps_the_mapping(void **state)
{
    struct gnttab_map_grant_ref op;

    (void)state;
    grant(8, 5, 0);
    op = map(8, 0, GNTMAP_host_map);
    slots[0].m = 7; /* the guest has overwritten the entry */
    assert_int_equal(unmap(op.handle, 0), GNTST_general_error);
    assert_int_equal(frames[5].refs, 1);
    slots[0].m = 5;
    assert_int_equal(unmap(op.handle, 0), GNTST_okay);
}

static void host_and_device_go_one_by_one(void **state)
{
    struct gnttab_map_grant_ref m;
    struct gnttab_unmap_grant_ref op[2];

    (void)state;
    grant(8, 5, 0);
    m = map(8, 0, GNTMAP_host_map | GNTMAP_device_map);
    op[0] = (struct gnttab_unmap_grant_ref){ .host_addr = VA(0),
                                             .handle = m.handle };
    op[1] = (struct gnttab_unmap_grant_ref){ .dev_bus_addr = 6 << PAGE_SHIFT,
                                             .handle = m.handle };
    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, op, 2), 0);
    assert_int_equal(op[0].status, GNTST_okay);
    assert_int_equal(op[1].status, GNTST_bad_dev_addr);
    assert_int_equal(frames[5].refs, 1);
    op[1].dev_bus_addr = 5 << PAGE_SHIFT;
    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, &op[1], 1), 0);
    assert_int_equal(op[1].status, GNTST_okay);
    assert_int_equal(frames[5].refs, 0);
}

static void batches_restart_where_they_stopped(void **state)
{
    struct gnttab_map_grant_ref op[100];
    struct gnttab_unmap_grant_ref un[100];

    (void)state;
    preempt = true; /* after every chunk */
    for (unsigned int i = 0; i < 100; i++) {
        grant(i + 8, i % 30, 0);
        op[i] = (struct gnttab_map_grant_ref){ .host_addr = VA(i),
                                               .flags = GNTMAP_host_map,
                                               .ref = i + 8,
                                               .dom = OWNER };
    }
    assert_int_equal(call_n(USER, GNTTABOP_map_grant_ref, op, 100), 0);
    for (unsigned int i = 0; i < 100; i++) {
        assert_int_equal(op[i].status, GNTST_okay);
        un[i] = (struct gnttab_unmap_grant_ref){ .host_addr = VA(i),
                                                 .handle = op[i].handle };
    }
    assert_int_equal(call_n(USER, GNTTABOP_unmap_grant_ref, un, 100), 0);
    for (unsigned int i = 0; i < 100; i++)
        assert_int_equal(un[i].status, GNTST_okay);
}

static void handles_run_out(void **state)
{
    unsigned int n = 0;

    (void)state;
    grant(8, 5, 0);
    while (map(8, 0, GNTMAP_device_map).status == GNTST_okay)
        n++;
    assert_int_equal(n, 256); /* one page of them */
    assert_int_equal(map(8, 0, GNTMAP_device_map).status, GNTST_no_space);
}

static struct gnttab_copy copy_op(grant_ref_t ref, uint64_t frame, uint16_t len)
{
    return (struct gnttab_copy){
        .source = { .u.ref = ref, .domid = OWNER },
        .dest = { .u.gmfn = frame, .domid = DOMID_SELF },
        .len = len,
        .flags = GNTCOPY_source_gref,
    };
}

static void copies_check_their_sides(void **state)
{
    struct gnttab_copy op[7];

    (void)state;
    grant(8, 5, GTF_readonly);
    for (unsigned int i = 0; i < 7; i++)
        op[i] = copy_op(8, 40, 0);
    op[1].source.offset = 4096;
    op[1].len = 1;
    op[2].dest.offset = 4000;
    op[2].len = 97;
    op[3].dest.u.gmfn = 5;           /* not the caller's */
    op[4].dest.domid = OWNER;        /* another's frame by number */
    op[5].flags = GNTCOPY_dest_gref; /* the wrong way round */
    op[5].dest = op[0].source;
    op[5].source = op[0].dest;
    op[6].source.domid = 77;
    assert_int_equal(call_n(USER, GNTTABOP_copy, op, 7), 0);
    assert_int_equal(op[0].status, GNTST_okay);
    assert_int_equal(op[1].status, GNTST_bad_copy_arg);
    assert_int_equal(op[2].status, GNTST_bad_copy_arg);
    assert_int_equal(op[3].status, GNTST_bad_page);
    assert_int_equal(op[4].status, GNTST_permission_denied);
    assert_int_equal(op[5].status, GNTST_general_error);
    assert_int_equal(op[6].status, GNTST_bad_domain);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access | GTF_readonly);
}

static void table_grows_to_its_limit(void **state)
{
    xen_pfn_t list[8] = { 0 };
    struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 3 };
    struct gnttab_query_size q = { .dom = DOMID_SELF };

    (void)state;
    set_xen_guest_handle(op.frame_list, list);
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_true(list[2] && !list[3]);
    assert_int_equal(call_n(OWNER, GNTTABOP_query_size, &q, 1), 0);
    assert_int_equal(q.nr_frames, 3);
    assert_int_equal(q.max_nr_frames, 4);

    op.nr_frames = 5;
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_general_error);
    op.nr_frames = 4;
    out_of_memory = true;
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_general_error);
    out_of_memory = false;
    op.dom = USER;
    assert_int_equal(call_n(OWNER, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_permission_denied);
    assert_int_equal(call_n(0, GNTTABOP_setup_table, &op, 1), 0);
    assert_int_equal(op.status, GNTST_okay);
    assert_int_equal(call_n(0, GNTTABOP_setup_table, &op, 2), -EINVAL);
}

static void version_is_one(void **state)
{
    struct gnttab_get_version g = { .dom = DOMID_SELF };
    struct gnttab_set_version s = { .version = 1 };

    (void)state;
    assert_int_equal(call_n(USER, GNTTABOP_get_version, &g, 1), 0);
    assert_int_equal(g.version, 1);
    assert_int_equal(call_n(USER, GNTTABOP_set_version, &s, 1), 0);
    s.version = 2;
    assert_int_equal(call_n(USER, GNTTABOP_set_version, &s, 1), -ENOSYS);
    s.version = 3;
    assert_int_equal(call_n(USER, GNTTABOP_set_version, &s, 1), -EINVAL);
    g.dom = OWNER;
    assert_int_equal(call_n(USER, GNTTABOP_get_version, &g, 1), -EPERM);
    assert_int_equal(call_n(USER, GNTTABOP_transfer, &g, 1), -ENOSYS);
    assert_int_equal(call_n(USER, 4711, &g, 1), -ENOSYS);
    assert_int_equal(call_n(USER, GNTTABOP_copy, &g, ~0U), -EINVAL);
}

static void death_of_the_user_releases_its_maps(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < 80; i++) {
        grant(i + 8, i % 30, 0);
        assert_int_equal(map(i + 8, i, GNTMAP_host_map).status, GNTST_okay);
    }
    assert_true(doms[OWNER].refs > 1);
    preempt = true;
    assert_int_equal(grant_domain_release_maps(&doms[USER]), -ERESTART);
    preempt = false;
    assert_int_equal(grant_domain_release_maps(&doms[USER]), 0);
    assert_int_equal(doms[OWNER].refs, 1);
    assert_int_equal(entry(OWNER, 8)->flags, GTF_permit_access);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(map_marks_and_unmap_clears),
        TEST(readers_and_writers_are_counted_apart),
        TEST(refusals_follow_the_table),
        TEST(page_table_is_granted_read_only),
        TEST(frame_is_the_one_first_read),
        TEST(failed_unmap_keeps_the_mapping),
        TEST(host_and_device_go_one_by_one),
        TEST(batches_restart_where_they_stopped),
        TEST(handles_run_out),
        TEST(copies_check_their_sides),
        TEST(table_grows_to_its_limit),
        TEST(version_is_one),
        TEST(death_of_the_user_releases_its_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
