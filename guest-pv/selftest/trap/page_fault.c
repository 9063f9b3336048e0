/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page faults of the kernel: error codes, cr2, the forbidden ranges. */
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/trap.h>

static void read_it(void *p) { (void)*(volatile uint64_t *)p; }

static void write_it(void *p) { *(volatile uint64_t *)p = 1; }

static void call_it(void *p) { ((void (*)(void))(uintptr_t)p)(); }

static void fault(const char *why, void (*fn)(void *), uint64_t va,
                  uint32_t error)
{
    struct caught c = { 0 };

    if (!trap_catch(&c, fn, (void *)va)) {
        test_fail("%s: no fault", why);
        return;
    }
    test_eq(why, c.vector, TRAP_PF);
    test_eq(why, c.error, error);
    test_eq(why, c.cr2, va);
    test_eq("cr2 as the instruction reads it", insn_read_cr2(), va);
}

TEST(page_fault, "trap/page-fault")
{
    uint64_t *page = page_alloc(), va = scratch_va(8);
    struct caught c = { 0 };

    fault("read, not present", read_it, UNMAPPED, 0);
    fault("write, not present", write_it, UNMAPPED, 2);
    fault("fetch, not present", call_it, UNMAPPED, 0x10);
    hc_update_va_mapping(va, pte_of(page, PTE_KERNEL_RO | PTE_NX), UVMF_INVLPG);
    fault("write, read-only", write_it, va, 3);
    fault("fetch, no execute", call_it, va, 0x11);
    hc_update_va_mapping(va, 0, UVMF_INVLPG);
    fault("read after unmapping", read_it, va, 0);
    test_ok("read, not canonical",
            trap_catch(&c, read_it, (void *)NON_CANONICAL));
    test_eq("is #GP", c.vector, TRAP_GP);
    test_eq("without an error code", c.error, 0);
    test_ok("read the hypervisor", trap_catch(&c, read_it, (void *)HV_ADDR));
    test_eq("is #PF", c.vector, TRAP_PF);
    test_eq("not from user mode, a read", c.error & 6, 0);
    test_ok("write the hypervisor", trap_catch(&c, write_it, (void *)HV_ADDR));
    test_eq("not from user mode, a write", c.error & 6, 2);
    page_free(page);
}
