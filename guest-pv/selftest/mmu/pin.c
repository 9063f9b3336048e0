/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pinning: each level, what cannot be pinned, what a pin forbids. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

static const unsigned int pin_op[] = { 0, MMUEXT_PIN_L1_TABLE,
                                       MMUEXT_PIN_L2_TABLE, MMUEXT_PIN_L3_TABLE,
                                       MMUEXT_PIN_L4_TABLE };

static long pin(unsigned int level, const void *table)
{
    return mmuext(pin_op[level], mfn_of(table));
}

static long unpin(const void *table)
{
    return mmuext(MMUEXT_UNPIN_TABLE, mfn_of(table));
}

static void each_level(void)
{
    uint64_t *t[6];

    for (unsigned int l = 0; l < 6; l++)
        t[l] = page_alloc();
    for (unsigned int l = 1; l <= 4; l++) {
        uint64_t flags = l == 1 ? PTE_USER_RW : PTE_TABLE;

        t[l][3] = pte_of(t[l - 1], flags);
        test_eq("pin while writable", pin(l, t[l]), -XEN_EINVAL);
        test_eq("protect", page_protect(t[l]), 0);
        test_eq("pin", pin(l, t[l]), 0);
        test_eq("pin twice", pin(l, t[l]), -XEN_EINVAL);
        test_eq("pin as another level", pin(l % 4 + 1, t[l]), -XEN_EINVAL);
        test_refused("PT-1: unprotect a pinned table", page_unprotect(t[l]));
    }
    for (unsigned int l = 1; l <= 3; l++) {
        test_eq("unpin, still in use", unpin(t[l]), 0);
        test_refused("PT-1: still a table", page_unprotect(t[l]));
    }
    test_eq("unpin the L4", unpin(t[4]), 0);
    for (unsigned int l = 1; l <= 4; l++)
        test_eq("PT-2: all are ordinary pages", page_unprotect(t[l]), 0);
    test_eq("unpin what is not pinned", unpin(t[4]), -XEN_EINVAL);
    for (unsigned int l = 0; l < 6; l++)
        page_free(t[l]);
}

static void bad_tables(void)
{
    uint64_t *t = page_alloc(), stranger = test_stranger();
    uint64_t self = pte_of(t, PTE_TABLE);
    const struct {
        const char *why;
        unsigned int level;
        uint64_t entry;
    } cases[] = {
        { "L1 that maps itself writable", 1, pte_of(t, PTE_KERNEL_RW) },
        { "L1 that maps an L4 writable", 1, pte_of(mm_l4(), PTE_KERNEL_RW) },
        { "L2 that has itself as a table", 2, self },
        { "L3 that has itself as a table", 3, self },
        { "L4 that has itself as a table", 4, self },
        { "L2 with a large page", 2, self | PTE_PSE },
        { "L3 with a large page", 3, self | PTE_PSE },
        { "L4 with a reserved bit", 4, self | PTE_PSE },
        { "L3 whose table is an L1", 3, pte_of(scratch_l1(), PTE_TABLE) },
        { "L4 whose table is an L1", 4, pte_of(scratch_l1(), PTE_TABLE) },
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t[5] = cases[i].entry;
        test_eq("protect", page_protect(t), 0);
        test_refused(cases[i].why, pin(cases[i].level, t));
        test_eq("no type is left behind", page_unprotect(t), 0);
    }
    test_eq("pin a live L1 as L2", pin(2, scratch_l1()), -XEN_EINVAL);
    test_ok("pin a frame that does not exist",
            mmuext(MMUEXT_PIN_L1_TABLE, 0xfffffffff) < 0);
    if (stranger != ~0ull)
        test_ok("pin a frame of somebody else",
                mmuext(MMUEXT_PIN_L1_TABLE, stranger) < 0);
    page_free(t);
}

TEST(pin, "mmu/pin")
{
    each_level();
    bad_tables();
}
