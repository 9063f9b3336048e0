/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two vCPUs: one pins and unpins a page, one maps it writable and not; or one
 * pins and unpins a table, while the other changes an entry of it.
 */
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
static volatile bool is_pinned, stop;

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

static void table_pinner(void *arg)
{
    uint64_t table = pte_maddr(pte_walk(scratch_va(90), 1)) >> PAGE_SHIFT;

    (void)arg;
    while (!stop) {
        pinned += !mmuext(MMUEXT_PIN_L1_TABLE, table);
        mmuext(MMUEXT_UNPIN_TABLE, table);
    }
}

static bool has_pinned(void *arg)
{
    (void)arg;
    return pinned > 0;
}

/* A page that was a table: before it is mapped writable, all must flush. */
static void page_mapper(void)
{
    for (unsigned int i = 0; i < ROUNDS; i++) {
        mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page));
        mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page));
        mapped += !hc_update_va_mapping(scratch_va(90),
                                        pte_of(page, PTE_KERNEL_RW), 0);
        hc_update_va_mapping(scratch_va(90), 0, UVMF_INVLPG | UVMF_ALL);
    }
}

/* Who waits for the table's lock owes its holder a flush. */
TEST(pin_lock, "mmu/pin-lock")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    page = page_alloc();
    mapped = pinned = 0;
    stop = false;
    test_eq("protect", page_protect(page), 0);
    test_eq("start the other vCPU", smp_begin(1, table_pinner, NULL), 0);
    test_ok("it pins", time_wait(has_pinned, NULL, 10 * SECOND));
    page_mapper();
    stop = true;
    test_ok("it ends", smp_end(1));
    test_eq("all mapped", mapped, ROUNDS);
    test_eq("an ordinary page at the end", page_unprotect(page), 0);
    page_free(page);
}
