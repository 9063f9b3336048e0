/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Suspending.  What holds numbers of frames is translated by the toolstack:
 * page tables, registers, the list of frames, start_info.  What is no memory
 * of ours must not be mapped meanwhile: shared_info.
 */
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/store.h>
#include <pv/suspend.h>
#include <pv/trap.h>

void suspend_init(void)
{
    struct arch_shared_info *arch = &pv_shared_info->arch;

    arch->max_pfn = pv_start_info->nr_pages;
    arch->p2m_vaddr = pv_start_info->mfn_list;
    arch->p2m_cr3 = xen_pfn_to_cr3(mfn_of(mm_l4()));
}

/* start_info names the rings by our own numbers while we stand still. */
static void name_rings_by_pfn(struct start_info *si)
{
    si->store_mfn = machine_to_phys_mapping[si->store_mfn];
    si->console.domU.mfn = machine_to_phys_mapping[si->console.domU.mfn];
}

bool pv_suspend(void)
{
    struct sched_shutdown arg = { .reason = SHUTDOWN_suspend };
    struct start_info *si = pv_start_info;
    xen_pfn_t store = si->store_mfn, console = si->console.domU.mfn;
    long rc;

    console_drain();
    pv_unmap_shared();
    name_rings_by_pfn(si);
    /* The toolstack finds start_info by the third argument. */
    rc = HC(sched_op, SCHEDOP_shutdown, &arg, mfn_of(si));
    if (rc) {
        si->store_mfn = store;
        si->console.domU.mfn = (uint32_t)console;
    }
    pv_map_shared();
    suspend_init();
    if (rc)
        return false;
    console_init(si);
    store_init(si);
    return true;
}
