/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The M2P and p2m: what they say and who may write them. */
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>
#include <pv/trap.h>

static void write_m2p(void *arg)
{
    *(volatile unsigned long *)&machine_to_phys_mapping[*(uint64_t *)arg] = 0;
}

static void machphys(void)
{
    uint64_t *page = page_alloc(), mfn = mfn_of(page);
    uint64_t pfn = machine_to_phys_mapping[mfn], stranger = test_stranger();
    struct mmu_update req = { mfn << PAGE_SHIFT | MMU_MACHPHYS_UPDATE, 5 };

    test_eq("set the M2P entry of a frame of ours",
            hc_mmu_update(&req, 1, NULL, DOMID_SELF), 0);
    test_eq("as it reads", machine_to_phys_mapping[mfn], 5);
    req.val = pfn;
    hc_mmu_update(&req, 1, NULL, DOMID_SELF);
    test_eq("and back", machine_to_phys_mapping[mfn], pfn);
    if (stranger != ~0ull) {
        req.ptr = stranger << PAGE_SHIFT | MMU_MACHPHYS_UPDATE;
        test_ok("of a frame of somebody else",
                hc_mmu_update(&req, 1, NULL, DOMID_SELF) < 0);
    }
    page_free(page);
}

TEST(m2p, "mmu/m2p")
{
    const uint64_t *p2m = (const uint64_t *)pv_start_info->mfn_list;
    uint64_t wrong = 0, mfn = p2m[0];
    struct caught c;

    for (uint64_t i = 0; i < pv_start_info->nr_pages; i++)
        wrong += machine_to_phys_mapping[p2m[i]] != i;
    test_eq("frames where M2P and p2m differ", wrong, 0);
    test_ok("the M2P cannot be written", trap_catch(&c, write_m2p, &mfn));
    test_eq("page fault", c.vector, TRAP_PF);
    test_eq("present, write, not user", c.error, 3);
    machphys();
}
