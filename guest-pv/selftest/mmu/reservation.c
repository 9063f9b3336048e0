/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_op: giving frames back, taking new ones, exchanging them. */
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>

static long reserve(unsigned int cmd, xen_pfn_t *frame)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(r.extent_start, frame);
    return hc_memory_op(cmd, &r);
}

static long pages_now(void)
{
    domid_t self = DOMID_SELF;

    return hc_memory_op(XENMEM_current_reservation, &self);
}

static xen_pfn_t *p2m_slot(const void *page)
{
    xen_pfn_t *p2m = (xen_pfn_t *)pv_start_info->mfn_list;

    return &p2m[((uintptr_t)page - VIRT_BASE) >> PAGE_SHIFT];
}

static long map(void *page, uint64_t mfn)
{
    *p2m_slot(page) = mfn;
    return hc_update_va_mapping((uintptr_t)page,
                                mfn << PAGE_SHIFT | PTE_KERNEL_RW, UVMF_INVLPG);
}

/* What is left in a page: nobody else ever gets to see it. */
#define MARK 0x5a

static bool all_bytes(const uint8_t *page, uint8_t value)
{
    for (unsigned int i = 0; i < PAGE_SIZE; i++)
        if (page[i] != value)
            return false;
    return true;
}

static void give_and_take(void *page)
{
    xen_pfn_t mfn = mfn_of(page), pfn = machine_to_phys_mapping[mfn];
    xen_pfn_t none = 0xfffffffff, frame = mfn;
    long before = pages_now();

    test_ok("the domain has its pages", before >= 1024);
    memset(page, MARK, PAGE_SIZE);
    hc_update_va_mapping((uintptr_t)page, 0, UVMF_INVLPG | UVMF_ALL);
    test_eq("give one back", reserve(XENMEM_decrease_reservation, &frame), 1);
    test_eq("one less", pages_now(), before - 1);
    test_ok("it can be mapped no longer", map(page, mfn) < 0);
    test_eq("give back what is not ours",
            reserve(XENMEM_decrease_reservation, &frame), 0);
    test_eq("give back what does not exist",
            reserve(XENMEM_decrease_reservation, &none), 0);
    frame = pfn;
    test_eq("take one", reserve(XENMEM_populate_physmap, &frame), 1);
    test_eq("its M2P entry", machine_to_phys_mapping[frame], pfn);
    test_eq("map it", map(page, frame), 0);
    test_eq("as many as before", pages_now(), before);
    test_ok("it has our bytes, or none",
            all_bytes(page, MARK) || all_bytes(page, 0));
}

static void exchange(void *page)
{
    xen_pfn_t in = mfn_of(page), out = machine_to_phys_mapping[in];
    xen_pfn_t pfn = out, old = in;
    struct xen_memory_exchange x = {
        .in = { .nr_extents = 1, .domid = DOMID_SELF },
        .out = { .nr_extents = 1, .domid = DOMID_SELF, .mem_flags = 32 },
    };

    set_xen_guest_handle(x.in.extent_start, &in);
    set_xen_guest_handle(x.out.extent_start, &out);
    hc_update_va_mapping((uintptr_t)page, 0, UVMF_INVLPG | UVMF_ALL);
    test_eq("exchange one page", hc_memory_op(XENMEM_exchange, &x), 0);
    test_eq("one was exchanged", x.nr_exchanged, 1);
    test_eq("its M2P entry", machine_to_phys_mapping[out], pfn);
    test_eq("map the new one", map(page, out), 0);
    if (out != old)
        test_ok("the old one is gone",
                hc_update_va_mapping(scratch_va(0),
                                     old << PAGE_SHIFT | PTE_KERNEL_RO, 0) < 0);
    x.in.nr_extents = 2;
    x.nr_exchanged = 0;
    test_eq("sizes that differ", hc_memory_op(XENMEM_exchange, &x),
            -XEN_EINVAL);
}

/* Where a guest's own numbers are the machine's, nothing is mapped there. */
static void remove_nothing(void *page)
{
    struct xen_remove_from_physmap r = { .domid = DOMID_SELF,
                                         .gpfn = mfn_of(page) };
    long before = pages_now();

    test_eq("remove_from_physmap", hc_memory_op(XENMEM_remove_from_physmap, &r),
            0);
    test_eq("the page is still ours", pages_now(), before);
}

/* Whatever a guest says of its size, who asks gets an answer. */
static void say_any_size(void)
{
    struct arch_shared_info *arch = &pv_shared_info->arch;
    unsigned long was = arch->max_pfn;
    domid_t self = DOMID_SELF;

    arch->max_pfn = -84UL;
    test_ok("maximum_gpfn",
            hc_memory_op(XENMEM_maximum_gpfn, &self) != -XEN_ENOSYS);
    arch->max_pfn = was;
}

TEST(reservation, "mmu/reservation")
{
    void *page = page_alloc();

    give_and_take(page);
    exchange(page);
    remove_nothing(page);
    say_any_size();
    page_free(page);
}
