/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mmuext_op: flushes, clearing and copying, errors and counts. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

static long one(unsigned int cmd, uint64_t arg1, uint64_t arg2)
{
    struct mmuext_op op = { .cmd = cmd };

    op.arg1.linear_addr = arg1;
    op.arg2.src_mfn = arg2;
    return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void flushes(void)
{
    unsigned long vcpus = 1;
    uint64_t set = (uintptr_t)&vcpus;

    test_eq("flush", one(MMUEXT_TLB_FLUSH_LOCAL, 0, 0), 0);
    test_eq("flush one page", one(MMUEXT_INVLPG_LOCAL, scratch_va(0), 0), 0);
    test_eq("flush on vCPUs", one(MMUEXT_TLB_FLUSH_MULTI, 0, set), 0);
    test_eq("flush one page on vCPUs",
            one(MMUEXT_INVLPG_MULTI, scratch_va(0), set), 0);
    test_eq("flush on all", one(MMUEXT_TLB_FLUSH_ALL, 0, 0), 0);
    test_eq("flush one page on all", one(MMUEXT_INVLPG_ALL, scratch_va(0), 0),
            0);
    test_ok("a set of vCPUs that is not mapped",
            one(MMUEXT_TLB_FLUSH_MULTI, 0, UNMAPPED) < 0);
}

static void clear_and_copy(void)
{
    uint64_t *a = page_alloc(), *b = page_alloc();

    a[100] = 55;
    test_eq("copy a page", one(MMUEXT_COPY_PAGE, mfn_of(b), mfn_of(a)), 0);
    test_eq("it arrived", b[100], 55);
    test_eq("clear it", one(MMUEXT_CLEAR_PAGE, mfn_of(b), 0), 0);
    test_eq("it is clear", b[100], 0);
    test_ok("PT-1: copy over a live table",
            one(MMUEXT_COPY_PAGE, mfn_of(scratch_l1()), mfn_of(a)) < 0);
    test_ok("PT-1: clear a live table",
            one(MMUEXT_CLEAR_PAGE, mfn_of(scratch_l1()), 0) < 0);
    page_free(a);
    page_free(b);
}

TEST(mmuext, "mmu/mmuext")
{
    struct mmuext_op ops[3] = { { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
                                { .cmd = 99 },
                                { .cmd = MMUEXT_TLB_FLUSH_LOCAL } };
    uint32_t done = 77;

    flushes();
    clear_and_copy();
    test_eq("an unknown command among three",
            hc_mmuext_op(ops, 3, &done, DOMID_SELF), -XEN_ENOSYS);
    test_eq("one was done", done, 1);
    test_eq("none at all", hc_mmuext_op(ops, 0, &done, DOMID_SELF), 0);
    test_ok("a domain that does not exist",
            hc_mmuext_op(ops, 1, &done, 4242) < 0);
    test_eq("operations that are not mapped",
            hc_mmuext_op((void *)UNMAPPED, 1, &done, DOMID_SELF), -XEN_EFAULT);
}
