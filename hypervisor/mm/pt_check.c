/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bits a guest's page-table entry may have.  Everything here is about
 * single entries; what they refer to is counted in frame_type.c.
 */
#include <hv/layout.h>

#include "pt_check.h"

_Static_assert(HV_L4_FIRST == 256 && HV_L4_LAST == 271, "pt_is_hv_slot");

/*
 * Cache attributes are for the domain that drives devices.  Large pages,
 * cache attributes of tables and global tables are for nobody.
 */
uint64_t l1_refused[2] = { PTE_CACHE_MASK, 0 };
unsigned long l1tf_limit = 1;
uint64_t table_refused = PTE_PWT | PTE_PCD | PTE_PSE | PTE_G;

void pt_check_init(bool nx)
{
    if (nx)
        return;

    l1_refused[0] |= PTE_NX;
    l1_refused[1] |= PTE_NX;
    table_refused |= PTE_NX;
}

pte_t pt_adjust_mmio(pte_t e)
{
    switch (e & PTE_CACHE_MASK) {
    case 0: /* write-back */
        return e | PTE_PWT | PTE_PCD;
    case PTE_PWT:           /* write-through */
    case PTE_PWT | PTE_PAT: /* write-protect */
        return (e & ~PTE_PAT) | PTE_PCD;
    default:
        return e;
    }
}
