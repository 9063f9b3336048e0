/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bits of page-table entries (abi.md 4.1). */
#include <hv/types.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "../../../../hypervisor/mm/pt_check.h"

static const struct {
    const char *why;
    uint64_t bit;
    bool l1_guest, l1_hardware, upper; /* allowed? */
} bits[] = {
    // clang-format off
    { "present",           PTE_P,    true,  true,  true },
    { "writable",          PTE_RW,   true,  true,  true },
    { "user",              PTE_US,   true,  true,  true },
    { "accessed",          PTE_A,    true,  true,  true },
    { "dirty",             PTE_D,    true,  true,  true },
    { "no execute",        PTE_NX,   true,  true,  true },
    { "software's",        PTE_AVAIL, true, true,  true },
    { "software's, high",  PTE_AVAIL_HIGH, true, true, true },
    { "write-through",     PTE_PWT,  false, true,  false },
    { "cache disabled",    PTE_PCD,  false, true,  false },
    { "PAT or large page", PTE_PAT,  false, true,  false },
    { "global",            PTE_G,    true,  true,  false },
    // clang-format on
};

static void bits_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
        pte_t e = PTE_P | bits[i].bit;

        print_message("%s\n", bits[i].why);
        assert_int_equal(!(pt_adjust_l1(e) & l1_refused[0]), bits[i].l1_guest);
        assert_int_equal(!(pt_adjust_l1(e) & l1_refused[1]),
                         bits[i].l1_hardware);
        assert_int_equal(!(e & table_refused), bits[i].upper);
    }
}

static void entries_are_for_users_and_never_global(void **state)
{
    pte_t e = pt_adjust_l1(pte_make(mfn(5), PTE_P | PTE_G));

    (void)state;
    assert_true(e == pte_make(mfn(5), PTE_P | PTE_US));
}

/* PAT indices: 0 WB, 1 WT, 2 UC-, 3 UC, 4 WC, 5 WP. */
static const struct {
    const char *why;
    uint64_t asked, given;
} mmio[] = {
    { "WB becomes UC", 0, PTE_PWT | PTE_PCD },
    { "WT becomes UC", PTE_PWT, PTE_PWT | PTE_PCD },
    { "UC- stays", PTE_PCD, PTE_PCD },
    { "UC stays", PTE_PWT | PTE_PCD, PTE_PWT | PTE_PCD },
    { "WC stays", PTE_PAT, PTE_PAT },
    { "WP becomes UC", PTE_PAT | PTE_PWT, PTE_PWT | PTE_PCD },
};

static void device_memory_is_never_cached(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mmio); i++) {
        pte_t e = pte_make(mfn(0xfee00), PTE_P | mmio[i].asked);

        print_message("%s\n", mmio[i].why);
        assert_true(pt_adjust_mmio(e) ==
                    pte_make(mfn(0xfee00), PTE_P | mmio[i].given));
    }
}

static void hypervisor_slots(void **state)
{
    (void)state;
    for (unsigned int i = 0; i < PT_ENTRIES; i++)
        assert_int_equal(pt_is_hv_slot(i), i / 16 == 16);
}

/* The cache does not look at the highest bits. */
static void frames_that_no_absent_entry_may_name(void **state)
{
    (void)state;
    l1tf_limit = 0x1000;
    for (unsigned int bit = 44; bit < 52; bit++) {
        assert_true(pt_l1tf_unsafe(1UL << bit | 0xfff000));
        assert_false(pt_l1tf_unsafe(1UL << bit | 0x1000000));
        assert_false(pt_l1tf_unsafe(1UL << bit | 0xfff000 | PTE_P));
    }
    assert_true(pt_l1tf_unsafe(0xfff000));
    assert_false(pt_l1tf_unsafe(0));
    assert_false(pt_l1tf_unsafe(~0xfffUL & ~0xfff000UL));
    assert_false(pt_l1tf_unsafe(PTE_PAT));
    assert_true(pt_l1tf_unsafe_upper(PTE_PSE));
    assert_false(pt_l1tf_unsafe_upper(PTE_PSE | PTE_P));
    assert_true(pt_l1tf_unsafe_upper(0xfff000));
    assert_false(pt_l1tf_unsafe_upper(0));
    l1tf_limit = 1;
    assert_false(pt_l1tf_unsafe(0xfff000));
    assert_false(pt_l1tf_unsafe_upper(PTE_PSE));
}

static void without_nx_the_bit_is_refused(void **state)
{
    (void)state;
    pt_check_init(true);
    assert_false((l1_refused[0] | l1_refused[1] | table_refused) & PTE_NX);
    pt_check_init(false);
    assert_true(l1_refused[0] & l1_refused[1] & table_refused & PTE_NX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_follow_the_table),
        cmocka_unit_test(entries_are_for_users_and_never_global),
        cmocka_unit_test(device_memory_is_never_cached),
        cmocka_unit_test(hypervisor_slots),
        cmocka_unit_test(frames_that_no_absent_entry_may_name),
        cmocka_unit_test(without_nx_the_bit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
