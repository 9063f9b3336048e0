/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As many mappings as one entry, or our list of them, has room for: the next
 * one is refused, and when they are gone all is as before.
 */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

#define REF (GRANT_FIRST + 14)
#define USES 65535 /* that an entry counts */
#define BATCH 512

static grant_handle_t handles[USES + 1];

/* Map once more for each element; returns how many could be. */
static unsigned int map_all(domid_t self, int16_t *last)
{
    static struct gnttab_map_grant_ref ops[BATCH];
    unsigned int n = 0;

    for (unsigned int at = 0; at <= USES; at += BATCH) {
        for (unsigned int i = 0; i < BATCH; i++)
            ops[i] = (struct gnttab_map_grant_ref){ .flags = GNTMAP_device_map |
                                                             GNTMAP_readonly,
                                                    .ref = REF,
                                                    .dom = self };
        test_eq("map", hc_grant_table_op(GNTTABOP_map_grant_ref, ops, BATCH),
                0);
        for (unsigned int i = 0; i < BATCH; i++) {
            *last = ops[i].status;
            if (!ops[i].status)
                handles[n++] = ops[i].handle;
        }
    }
    return n;
}

static unsigned int unmap_all(unsigned int n, const void *page)
{
    static struct gnttab_unmap_grant_ref ops[BATCH];
    unsigned int failed = 0;

    for (unsigned int at = 0; at < n; at += BATCH) {
        unsigned int nr = n - at < BATCH ? n - at : BATCH;

        for (unsigned int i = 0; i < nr; i++)
            ops[i] =
                (struct gnttab_unmap_grant_ref){ .dev_bus_addr = mfn_of(page)
                                                                 << PAGE_SHIFT,
                                                 .handle = handles[at + i] };
        hc_grant_table_op(GNTTABOP_unmap_grant_ref, ops, nr);
        for (unsigned int i = 0; i < nr; i++)
            failed += ops[i].status != GNTST_okay;
    }
    return failed;
}

TEST(grant_limit, "grant/limit")
{
    domid_t self = (domid_t)test_own_domid();
    void *page;
    int16_t last = 0;
    unsigned int n;

    if (grant_init())
        test_skip("no grant table");
    page = page_alloc();
    grant_allow(REF, self, page, GTF_readonly);
    n = map_all(self, &last);
    test_ok("thousands", n >= 4096 && n <= USES);
    test_eq("then there is no space", (uint64_t)last, (uint64_t)GNTST_no_space);
    test_eq("the entry is in use", grant_entry(REF)->flags & GTF_reading,
            GTF_reading);
    test_eq("unmaps that failed", unmap_all(n, page), 0);
    test_eq("nobody uses the entry", grant_entry(REF)->flags,
            GTF_permit_access | GTF_readonly);
    grant_revoke(REF);
    page_free(page);
}
