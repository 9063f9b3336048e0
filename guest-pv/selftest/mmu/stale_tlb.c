/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PT-1 in every TLB: a table that another vCPU has just written to. */
#include <xen/vcpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>
#include <pv/trap.h>

static uint64_t *victim;
static volatile unsigned int writes;
static volatile bool faulted, stop;

static void write_on(void *arg)
{
    (void)arg;
    while (!stop) {
        *(volatile uint64_t *)&victim[8] = 0;
        writes++;
        insn_pause();
    }
}

static void writer(void *arg)
{
    struct caught c;

    (void)arg;
    faulted = trap_catch(&c, write_on, NULL) && c.vector == TRAP_PF;
}

static bool has_written(void *arg)
{
    (void)arg;
    return writes > 0;
}

/* No flush is asked for: the hypervisor owes it when the type changes. */
TEST(stale_tlb, "mmu/stale-tlb")
{
    struct mmu_update req;

    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    victim = page_alloc();
    writes = 0;
    stop = false;
    faulted = false;
    req.ptr = pte_maddr(pte_walk((uintptr_t)victim, 1));
    req.val = pte_of(victim, PTE_KERNEL_RO);
    test_eq("start the writer", smp_begin(1, writer, NULL), 0);
    test_ok("it writes", time_wait(has_written, NULL, 5 * SECOND));
    test_eq("map read-only", hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
    test_eq("pin as an L2", mmuext(MMUEXT_PIN_L2_TABLE, mfn_of(victim)), 0);
    if (!smp_end(1)) {
        test_fail("the writer has not faulted");
        stop = true;
        smp_end(1);
    }
    test_ok("the writer's next write faults", faulted);
    mmuext(MMUEXT_UNPIN_TABLE, mfn_of(victim));
    page_unprotect(victim);
    page_free(victim);
}
