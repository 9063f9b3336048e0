/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NEW_BASEPTR and NEW_USER_BASEPTR. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/user.h>

static void switch_l4(void)
{
    uint64_t *old = mm_l4(), *new = page_alloc(), *page = page_alloc();

    memcpy(new, old, PAGE_SIZE);
    test_eq("not an L4, and writable", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(new)),
            -XEN_EINVAL);
    test_eq("protect", page_protect(new), 0);
    test_eq("load a copy, not pinned", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(new)),
            0);
    mm_set_l4(new);
    test_eq("the kernel goes on", page[0], 0);
    test_refused("PT-1: unprotect a live L4", page_unprotect(new));
    test_eq("an L1 is no L4", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(scratch_l1())),
            -XEN_EINVAL);
    test_ok("a frame that does not exist",
            mmuext(MMUEXT_NEW_BASEPTR, 0xfffffffff) < 0);
    test_eq("no frame at all", mmuext(MMUEXT_NEW_BASEPTR, ~0ull), -XEN_EINVAL);
    test_eq("back", mmuext(MMUEXT_NEW_BASEPTR, mfn_of(old)), 0);
    mm_set_l4(old);
    test_eq("PT-2: the copy is free", page_unprotect(new), 0);
    page_free(new);
    page_free(page);
}

static void user_l4(void)
{
    test_user_ready();
    test_eq("no user table", mmuext(MMUEXT_NEW_USER_BASEPTR, 0), 0);
    test_eq("an L1 is no user L4",
            mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(scratch_l1())), -XEN_EINVAL);
    test_eq("the user L4", mmuext(MMUEXT_NEW_USER_BASEPTR, user_l4_mfn()), 0);
    test_eq("no frame at all", mmuext(MMUEXT_NEW_USER_BASEPTR, ~0ull),
            -XEN_EINVAL);
    test_eq("again", mmuext(MMUEXT_NEW_USER_BASEPTR, user_l4_mfn()), 0);
}

TEST(baseptr, "mmu/baseptr")
{
    switch_l4();
    user_l4();
}
