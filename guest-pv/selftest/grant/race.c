/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One vCPU maps a grant and copies from it, the other ends the grant and
 * makes a page table of the page, or changes the table's version.
 */
#include <xen/vcpu.h>
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/time.h>

#define REF (GRANT_FIRST + 12)
#define ROUNDS 400
#define ENOUGH (2 * SECOND) /* for the rounds, on a machine that is slow */
#define PATIENCE 50         /* tries until the user is asked to pause */
#define USED (GTF_reading | GTF_writing)

static void *page, *target;
static domid_t self;
static volatile bool stop, wanted;
static volatile unsigned int mapped, copied, strange;

static void map_once(void)
{
    struct gnttab_map_grant_ref op = { .host_addr = scratch_va(78),
                                       .flags = GNTMAP_host_map,
                                       .ref = REF,
                                       .dom = self };
    struct gnttab_unmap_grant_ref un = { .host_addr = scratch_va(78) };

    if (hc_grant_table_op(GNTTABOP_map_grant_ref, &op, 1) || op.status)
        return;
    mapped++;
    *(volatile uint64_t *)scratch_va(78) = 0;
    un.handle = op.handle;
    if (hc_grant_table_op(GNTTABOP_unmap_grant_ref, &un, 1) || un.status)
        strange++;
}

static void copy_once(void)
{
    struct gnttab_copy op = {
        .source = { .u.ref = REF, .domid = self },
        .dest = { .u.gmfn = mfn_of(target), .domid = DOMID_SELF },
        .len = PAGE_SIZE,
        .flags = GNTCOPY_source_gref,
    };

    if (hc_grant_table_op(GNTTABOP_copy, &op, 1))
        strange++;
    else if (op.status == GNTST_okay)
        copied++;
    else if (op.status != GNTST_general_error && op.status != GNTST_eagain)
        strange++;
}

static void user(void *arg)
{
    (void)arg;
    while (!stop) {
        map_once();
        copy_once();
        while (wanted && !stop)
            insn_pause();
    }
}

/* End the grant as a guest must: only while nobody uses it. */
static bool revoke(void)
{
    volatile uint16_t *flags = &grant_entry(REF)->flags;
    uint16_t was = GTF_permit_access;

    return __atomic_compare_exchange_n(flags, &was, 0, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

/*
 * While the two run in turns, as on one processor below us, the other vCPU is
 * found in an unmap at every look: it gives way where it waits for our flush.
 */
static bool revoked(void *tries)
{
    wanted = ++*(unsigned int *)tries > PATIENCE;
    return revoke();
}

/* PT-1: once it is ours again, nobody has a writable mapping of it. */
static void recall(void)
{
    unsigned int kept = 0, not_table = 0;
    uint64_t end = time_ns() + ENOUGH;

    for (unsigned int i = 0; i < ROUNDS && time_ns() < end; i++) {
        unsigned int tries = 0;

        grant_allow(REF, self, page, 0);
        hc_xen_version(0, NULL);
        if (!time_wait(revoked, &tries, 10 * SECOND)) {
            kept++;
            break;
        }
        wanted = false;
        if (page_protect(page) || mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)))
            not_table++;
        else
            mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page));
        page_unprotect(page);
    }
    test_eq("grants that could not be ended", kept, 0);
    test_eq("PT-1: pages that were still mapped", not_table, 0);
}

static void change_version(void)
{
    unsigned int wrong = 0;
    uint64_t end = time_ns() + ENOUGH;

    for (unsigned int i = 0; i < ROUNDS && time_ns() < end; i++) {
        struct gnttab_set_version op = { .version = 2 - (i & 1) };
        long rc = hc_grant_table_op(GNTTABOP_set_version, &op, 1);

        wrong += rc && rc != -XEN_EBUSY && rc != -XEN_ENOSYS;
        if (op.version == 1 && !(i & 3))
            grant_allow(REF, self, page, 0);
    }
    test_eq("changes that ended strangely", wrong, 0);
}

static bool is_version_1(void *arg)
{
    struct gnttab_set_version op = { .version = 1 };

    (void)arg;
    return !hc_grant_table_op(GNTTABOP_set_version, &op, 1);
}

static void with_user(void (*fn)(void))
{
    stop = wanted = false;
    test_eq("start the other vCPU", smp_begin(1, user, NULL), 0);
    fn();
    stop = true;
    test_ok("it ends", smp_end(1));
}

TEST(grant_race, "grant/race")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    if (grant_init())
        test_skip("no grant table");
    self = (domid_t)test_own_domid();
    page = page_alloc();
    target = page_alloc();
    mapped = copied = strange = 0;
    memset(page, 0, PAGE_SIZE);
    with_user(recall);
    with_user(change_version);
    test_ok("version 1 at the end", time_wait(is_version_1, NULL, SECOND));
    test_eq("answers that were strange", strange, 0);
    grant_revoke(REF);
    page_free(page);
    page_free(target);
}
