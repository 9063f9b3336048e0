/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor's slots of an L4: filled by it, whatever stood there. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

TEST(hv_slots, "mmu/hv-slots")
{
    uint64_t *t = page_alloc(), *page = page_alloc();
    uint64_t evil = pte_of(page, PTE_TABLE);
    unsigned int left = 0;

    for (unsigned int slot = 256; slot < 272; slot++)
        t[slot] = evil;
    page_protect(t);
    test_eq("pin", mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(t)), 0);
    for (unsigned int slot = 256; slot < 272; slot++)
        left += (t[slot] & PTE_MFN_MASK) == (evil & PTE_MFN_MASK);
    test_eq("entries of the guest that are left there", left, 0);
    for (unsigned int slot = 256; slot < 272; slot++)
        test_refused("write such an entry", mmu_write(&t[slot], evil));
    test_eq("a slot below", mmu_write(&t[255], 0), 0);
    test_eq("a slot above", mmu_write(&t[272], 0), 0);
    test_eq("unpin", mmuext(MMUEXT_UNPIN_TABLE, mfn_of(t)), 0);
    test_eq("unprotect", page_unprotect(t), 0);
    page_free(t);
    page_free(page);
}
