/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set_segment_base. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>

TEST(segbase, "trap/segbase")
{
    uint64_t *page = page_alloc();

    page[0] = 1001;
    page[1] = 1002;
    test_eq("fs", hc_set_segment_base(SEGBASE_FS, (uintptr_t)page), 0);
    test_eq("fs:0", insn_fs0(), 1001);
    test_eq("gs of the kernel",
            hc_set_segment_base(SEGBASE_GS_KERNEL, (uintptr_t)(page + 1)), 0);
    test_eq("gs:0", insn_gs0(), 1002);
    test_eq("gs of user mode",
            hc_set_segment_base(SEGBASE_GS_USER, (uintptr_t)page), 0);
    test_eq("gs:0 is unchanged", insn_gs0(), 1002);
    test_eq("not canonical", hc_set_segment_base(SEGBASE_FS, NON_CANONICAL),
            -XEN_EINVAL);
    test_eq("fs:0 is unchanged", insn_fs0(), 1001);
    test_eq("null selector for user mode",
            hc_set_segment_base(SEGBASE_GS_USER_SEL, 0), 0);
    test_eq("gs:0 is unchanged", insn_gs0(), 1002);
    test_eq("no such segment", hc_set_segment_base(9, 0), -XEN_EINVAL);
    hc_set_segment_base(SEGBASE_FS, 0);
    hc_set_segment_base(SEGBASE_GS_KERNEL, 0);
    page_free(page);
}
