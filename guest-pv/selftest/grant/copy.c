/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies from and to grants. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>

#define REF (GRANT_FIRST + 1)

static unsigned int self;

/* From grant REF at @from to our frame @to at @at. */
static int copy(uint64_t to, uint16_t from, uint16_t at, uint16_t len)
{
    struct gnttab_copy op = {
        .source = { .u.ref = REF, .domid = (domid_t)self, .offset = from },
        .dest = { .u.gmfn = to, .domid = DOMID_SELF, .offset = at },
        .len = len,
        .flags = GNTCOPY_source_gref,
    };

    test_eq("copy", hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
    return op.status;
}

static int copy_back(uint64_t from, uint16_t len)
{
    struct gnttab_copy op = {
        .source = { .u.gmfn = from, .domid = DOMID_SELF },
        .dest = { .u.ref = REF, .domid = (domid_t)self },
        .len = len,
        .flags = GNTCOPY_dest_gref,
    };

    test_eq("copy", hc_grant_table_op(GNTTABOP_copy, &op, 1), 0);
    return op.status;
}

TEST(grant_copy, "grant/copy")
{
    uint8_t *a = page_alloc(), *b = page_alloc();
    long rc = grant_init();

    if (rc)
        test_skip("no grant table: %ld", rc);
    self = test_own_domid();
    memset(a, 7, PAGE_SIZE);
    grant_allow(REF, (domid_t)self, a, GTF_readonly);
    test_eq("some bytes", (uint64_t)copy(mfn_of(b), 100, 200, 50), GNTST_okay);
    test_ok("arrive, and only those",
            !b[199] && b[200] == 7 && b[249] == 7 && !b[250]);
    test_eq("a whole page", (uint64_t)copy(mfn_of(b), 0, 0, PAGE_SIZE),
            GNTST_okay);
    test_eq("arrives", (uint64_t)memcmp(a, b, PAGE_SIZE), 0);
    test_eq("across the source's end", (uint64_t)copy(mfn_of(b), 4000, 0, 200),
            (uint64_t)GNTST_bad_copy_arg);
    test_eq("across the target's end", (uint64_t)copy(mfn_of(b), 0, 4000, 200),
            (uint64_t)GNTST_bad_copy_arg);
    test_ok("PT-1: over a live table", copy(mfn_of(scratch_l1()), 0, 0, 8) < 0);
    test_ok("into no frame", copy(0xfffffffff, 0, 0, 8) < 0);
    test_ok("into a read-only grant", copy_back(mfn_of(b), 8) < 0);
    grant_allow(REF, (domid_t)self, a, 0);
    memset(b, 9, PAGE_SIZE);
    test_eq("into a grant", (uint64_t)copy_back(mfn_of(b), 8), GNTST_okay);
    test_ok("arrives", a[0] == 9 && a[7] == 9 && a[8] == 7);
    grant_revoke(REF);
    test_ok("not granted", copy(mfn_of(b), 0, 0, 8) < 0);
    page_free(a);
    page_free(b);
}
