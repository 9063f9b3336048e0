/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Our own grant table. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>

static uint8_t table[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

long grant_init(void)
{
    static bool ready;
    xen_pfn_t frame = 0;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };
    long rc;

    if (ready)
        return 0;
    set_xen_guest_handle(setup.frame_list, &frame);
    rc = hc_grant_table_op(GNTTABOP_setup_table, &setup, 1);
    if (rc || setup.status)
        return rc ? rc : setup.status;
    rc = hc_update_va_mapping((uintptr_t)table,
                              frame << PAGE_SHIFT | PTE_KERNEL_RW, UVMF_INVLPG);
    ready = !rc;
    return rc;
}

volatile struct grant_entry_v1 *grant_entry(grant_ref_t ref)
{
    return &((volatile struct grant_entry_v1 *)table)[ref];
}

void grant_allow(grant_ref_t ref, domid_t domid, const void *page,
                 uint16_t flags)
{
    volatile struct grant_entry_v1 *e = grant_entry(ref);

    e->domid = domid;
    e->frame = (uint32_t)mfn_of(page);
    insn_barrier(); /* valid only once the rest is there */
    e->flags = GTF_permit_access | flags;
}

void grant_revoke(grant_ref_t ref) { grant_entry(ref)->flags = 0; }
