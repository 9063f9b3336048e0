/* SPDX-License-Identifier: GPL-2.0-or-later */
/* grant_table_op: bad buffers, counts, domains, and a long batch. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>

#define BATCH 1500

static struct gnttab_unmap_grant_ref unmaps[BATCH];

static const struct {
    const char *name;
    unsigned int cmd;
} ops[] = {
    { "map_grant_ref", GNTTABOP_map_grant_ref },
    { "unmap_grant_ref", GNTTABOP_unmap_grant_ref },
    { "setup_table", GNTTABOP_setup_table },
    { "copy", GNTTABOP_copy },
    { "query_size", GNTTABOP_query_size },
    { "set_version", GNTTABOP_set_version },
    { "get_version", GNTTABOP_get_version },
    { "get_status_frames", GNTTABOP_get_status_frames },
};

static void buffers(void)
{
    for (unsigned int i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        test_eq(ops[i].name, hc_grant_table_op(ops[i].cmd, (void *)UNMAPPED, 1),
                -XEN_EFAULT);
        test_eq(ops[i].name, hc_grant_table_op(ops[i].cmd, (void *)HV_ADDR, 1),
                -XEN_EFAULT);
        test_eq(ops[i].name,
                hc_grant_table_op(ops[i].cmd,
                                  (void *)(HYPERVISOR_VIRT_START - 4), 1),
                -XEN_EFAULT);
    }
}

static void counts(void)
{
    test_eq("count over 31 bits",
            hc_grant_table_op(GNTTABOP_map_grant_ref, unmaps, 0x80000000u),
            -XEN_EINVAL);
    test_eq("count of all bits",
            hc_grant_table_op(GNTTABOP_unmap_grant_ref, unmaps, ~0u),
            -XEN_EINVAL);
    test_eq("two tables at once",
            hc_grant_table_op(GNTTABOP_setup_table, unmaps, 2), -XEN_EINVAL);
    test_eq("two sizes at once",
            hc_grant_table_op(GNTTABOP_query_size, unmaps, 2), -XEN_EINVAL);
}

/* Long enough to be stopped and restarted; each element has its answer. */
static void long_batch(void)
{
    unsigned int wrong = 0;

    for (unsigned int i = 0; i < BATCH; i++)
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = scratch_va(77), .handle = 0x1000000 + i, .status = 99
        };
    test_eq("a long batch",
            hc_grant_table_op(GNTTABOP_unmap_grant_ref, unmaps, BATCH), 0);
    for (unsigned int i = 0; i < BATCH; i++)
        wrong += unmaps[i].status != GNTST_bad_handle;
    test_eq("answers that are wrong", wrong, 0);
}

static void domains(void)
{
    struct gnttab_query_size size = { .dom = 4242 };
    struct gnttab_get_version version = { .dom = 4242 };
    struct gnttab_copy copy = {
        .source = { .u.ref = GRANT_FIRST, .domid = 4242 },
        .dest = { .u.gmfn = mfn_of(scratch_l1()), .domid = DOMID_SELF },
        .len = 8,
        .flags = GNTCOPY_source_gref,
    };

    test_eq("size of no domain's table",
            hc_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    test_eq("its status", (uint64_t)size.status, (uint64_t)GNTST_bad_domain);
    test_eq("version of no domain's table",
            hc_grant_table_op(GNTTABOP_get_version, &version, 1), -XEN_ESRCH);
    test_eq("copy from no domain", hc_grant_table_op(GNTTABOP_copy, &copy, 1),
            0);
    test_eq("its status", (uint64_t)copy.status, (uint64_t)GNTST_bad_domain);
    copy.source.domid = (domid_t)test_own_domid();
    copy.source.u.ref = ~0u;
    hc_grant_table_op(GNTTABOP_copy, &copy, 1);
    test_eq("copy from the last entry", (uint64_t)copy.status,
            (uint64_t)GNTST_bad_gntref);
}

TEST(grant_errors, "grant/errors")
{
    if (grant_init())
        test_skip("no grant table");
    buffers();
    counts();
    long_batch();
    domains();
}
