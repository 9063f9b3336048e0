/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_op: the maps and limits that a kernel reads when it starts. */
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>

struct e820_entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

static struct e820_entry map[128];

static void machphys(void)
{
    struct xen_machphys_mapping m = { 0 };
    struct xen_machphys_mfn_list l = { .max_extents = 1 };
    xen_pfn_t mfn = 0;

    test_eq("where the M2P is", hc_memory_op(XENMEM_machphys_mapping, &m), 0);
    test_eq("its start", m.v_start, MACH2PHYS_VIRT_START);
    test_ok("its length", m.v_start + 8 * m.max_mfn < m.v_end);
    set_xen_guest_handle(l.extent_start, &mfn);
    test_eq("its frames", hc_memory_op(XENMEM_machphys_mfn_list, &l), 0);
    test_eq("one of them", l.nr_extents, 1);
}

static void machine_map(void)
{
    struct xen_memory_map m = { .nr_entries = 128 };
    uint64_t ram = 0;
    long rc;

    set_xen_guest_handle(m.buffer, (void *)map);
    rc = hc_memory_op(XENMEM_machine_memory_map, &m);
    if (!pv_is_dom0()) {
        test_eq("the machine's map, for a guest", rc, -XEN_EPERM);
        return;
    }
    test_eq("the machine's map", rc, 0);
    test_ok("has entries", m.nr_entries > 1 && m.nr_entries <= 128);
    for (unsigned int i = 0; i < m.nr_entries && i < 128; i++) {
        if (map[i].type == 1)
            ram += map[i].size;
        if (i)
            test_ok("sorted", map[i].addr >= map[i - 1].addr + map[i - 1].size);
    }
    test_ok("at least our RAM", ram / PAGE_SIZE >= pv_start_info->nr_pages);
    m.nr_entries = 128;
    set_xen_guest_handle(m.buffer, (void *)UNMAPPED);
    test_eq("a buffer that is not mapped",
            hc_memory_op(XENMEM_machine_memory_map, &m), -XEN_EFAULT);
}

TEST(memory_maps, "ctl/memory-maps")
{
    domid_t self = DOMID_SELF, other = 4242;
    long rc;

    machphys();
    machine_map();
    rc = hc_memory_op(XENMEM_maximum_reservation, &self);
    test_ok("maximum reservation", rc >= (long)pv_start_info->nr_pages);
    test_ok("highest frame",
            hc_memory_op(XENMEM_maximum_ram_page, NULL) > (long)mfn_of(map));
    test_ok("reservation of no domain",
            hc_memory_op(XENMEM_current_reservation, &other) < 0);
    test_eq("unknown command", hc_memory_op(63, NULL), -XEN_ENOSYS);
    test_eq("argument that is not mapped",
            hc_memory_op(XENMEM_current_reservation, (void *)UNMAPPED),
            -XEN_EFAULT);
}
