/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The GDT and LDT of a guest: descriptor pages and what they may hold. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

#define DATA_DPL0 0x00cf92000000ffffull
#define DATA_DPL3 0x00cff2000000ffffull
#define CODE64_DPL3 0x00affa000000ffffull
#define LDT_DESC 0x0000e2000000ffffull
#define TSS_DESC 0x0000e9000000ffffull
#define GATE64 0x0000ec00e0330000ull
#define SEL(n) ((n) << 3 | 3)

static void load_fs(void *sel) { insn_load_fs((uint16_t)(uintptr_t)sel); }

static uint64_t maddr(const uint64_t *desc)
{
    return mfn_of(desc) << PAGE_SHIFT | ((uintptr_t)desc % PAGE_SIZE);
}

static void descriptors(uint64_t *gdt)
{
    struct caught c = { 0 };

    test_refused("PT-1: make the page writable", page_unprotect(gdt));
    test_ok("load a selector", !trap_catch(&c, load_fs, (void *)SEL(5)));
    test_eq("update a descriptor",
            hc_update_descriptor(maddr(gdt + 6), CODE64_DPL3), 0);
    test_eq("it reads back", gdt[6], CODE64_DPL3);
    test_eq("one with DPL 0", hc_update_descriptor(maddr(gdt + 7), DATA_DPL0),
            0);
    test_eq("its DPL becomes 3", gdt[7] >> 45 & 3, 3);
    test_ok("it can be loaded", !trap_catch(&c, load_fs, (void *)SEL(7)));
    insn_load_fs(0);
    test_eq("an LDT", hc_update_descriptor(maddr(gdt + 8), LDT_DESC),
            -XEN_EINVAL);
    test_eq("a TSS", hc_update_descriptor(maddr(gdt + 8), TSS_DESC),
            -XEN_EINVAL);
    test_eq("an address inside a descriptor",
            hc_update_descriptor(maddr(gdt + 8) + 4, 0), -XEN_EINVAL);
    test_eq("a page table's entry",
            hc_update_descriptor(maddr(scratch_l1()), DATA_DPL3), -XEN_EINVAL);
    test_eq("nothing was written", gdt[8], 0);
    if (!hc_update_descriptor(maddr(gdt + 8), GATE64)) /* Xen 4.17 does */
        test_eq("a call gate that nobody can call", gdt[8] >> 45 & 3, 0);
    test_eq("clear a descriptor", hc_update_descriptor(maddr(gdt + 6), 0), 0);
}

static void gdt_test(void)
{
    uint64_t *gdt = page_alloc(), mfn = mfn_of(gdt), none = 0xfffffffff;

    gdt[5] = DATA_DPL3;
    test_eq("a page that is writable", hc_set_gdt(&mfn, 16), -XEN_EINVAL);
    page_protect(gdt);
    test_eq("too many entries", hc_set_gdt(&mfn, 7169), -XEN_EINVAL);
    test_eq("a frame that does not exist", hc_set_gdt(&none, 16), -XEN_EINVAL);
    test_eq("frames that are not mapped", hc_set_gdt((void *)UNMAPPED, 16),
            -XEN_EFAULT);
    test_eq("set it", hc_set_gdt(&mfn, 16), 0);
    descriptors(gdt);
    test_eq("set none", hc_set_gdt(&mfn, 0), 0);
    test_eq("PT-2: an ordinary page again", page_unprotect(gdt), 0);
    gdt[8] = TSS_DESC;
    page_protect(gdt);
    test_eq("a page with a TSS", hc_set_gdt(&mfn, 16), -XEN_EINVAL);
    test_eq("no type is left behind", page_unprotect(gdt), 0);
    page_free(gdt);
}

static long set_ldt(uint64_t va, unsigned int entries)
{
    struct mmuext_op op = { .cmd = MMUEXT_SET_LDT };

    op.arg1.linear_addr = va;
    op.arg2.nr_ents = entries;
    return hc_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void ldt_test(void)
{
    uint64_t *ldt = page_alloc(), va = (uintptr_t)ldt;
    void *sel = (void *)(SEL(3ull) | 4);
    struct caught c = { 0 };

    ldt[3] = DATA_DPL3;
    test_eq("protect it", page_protect(ldt), 0);
    test_eq("set an LDT", set_ldt(va, 16), 0);
    test_ok("load a selector of it", !trap_catch(&c, load_fs, sel));
    insn_load_fs(0);
    test_refused("PT-1: make the page writable", page_unprotect(ldt));
    test_ok("a selector beyond its end",
            trap_catch(&c, load_fs, (void *)(SEL(17ull) | 4)));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_eq("not on a page's start", set_ldt(va + 8, 16), -XEN_EINVAL);
    test_eq("too many entries", set_ldt(va, 8193), -XEN_EINVAL);
    test_eq("no LDT", set_ldt(0, 0), 0);
    test_ok("no selector of it either", trap_catch(&c, load_fs, sel));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_eq("PT-2: an ordinary page again", page_unprotect(ldt), 0);
    page_free(ldt);
}

TEST(gdt, "trap/gdt")
{
    gdt_test();
    ldt_test();
}
