/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cache attributes of RAM: for domains with hardware; refused to others. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

TEST(cache_bits, "mmu/cache-bits")
{
    void *page = page_alloc();
    long want = pv_is_dom0() ? 0 : -XEN_EINVAL;
    uint64_t bits[] = { PTE_PCD, PTE_PWT, PTE_PCD | PTE_PWT };

    for (unsigned int i = 0; i < 3; i++) {
        test_eq("uncached mapping of RAM",
                hc_update_va_mapping(scratch_va(0),
                                     pte_of(page, PTE_KERNEL_RO | bits[i]),
                                     UVMF_INVLPG),
                want);
        hc_update_va_mapping(scratch_va(0), 0, UVMF_INVLPG);
    }
    page_free(page);
}
