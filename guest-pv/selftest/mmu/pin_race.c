/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two vCPUs: one pins and unpins a page, one maps it writable and not. */
#include <xen/vcpu.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>

#define ROUNDS 300

static void *page;
static volatile unsigned int pinned, mapped;
static volatile bool both;
static volatile bool is_pinned;

static void pinner(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < ROUNDS; i++) {
        if (mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)))
            continue;
        is_pinned = true;
        pinned++;
        if (hc_update_va_mapping(scratch_va(91), pte_of(page, PTE_KERNEL_RW),
                                 0) == 0)
            both = true;
        is_pinned = false;
        mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page));
    }
}

static void mapper(void)
{
    for (unsigned int i = 0; i < ROUNDS; i++) {
        if (hc_update_va_mapping(scratch_va(90), pte_of(page, PTE_KERNEL_RW),
                                 UVMF_INVLPG | UVMF_ALL))
            continue;
        mapped++;
        if (is_pinned)
            both = true;
        hc_update_va_mapping(scratch_va(90), 0, UVMF_INVLPG | UVMF_ALL);
    }
}

TEST(pin_race, "mmu/pin-race")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    page = page_alloc();
    both = false;
    test_eq("protect", page_protect(page), 0);
    test_eq("start the other vCPU", smp_begin(1, pinner, NULL), 0);
    mapper();
    test_ok("it ends", smp_end(1));
    test_ok("PT-1: never pinned and writable at a time", !both);
    test_ok("the page could be mapped or pinned", mapped + pinned > 0);
    test_eq("PT-2: an ordinary page at the end", page_unprotect(page), 0);
    page_free(page);
}
