/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: giving frames back and taking others, as a balloon does. */
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/start.h>
#include "bench.h"

static xen_pfn_t list[NR_FRAMES];
static struct xen_memory_reservation request;

static uint64_t pfn_of(unsigned int i)
{
    return ((uintptr_t)bench_frame(i) - VIRT_BASE) >> PAGE_SHIFT;
}

static long reserve(unsigned int cmd)
{
    return insn_hypercall(__HYPERVISOR_memory_op, cmd, (uintptr_t)&request, 0,
                          0);
}

static void ask(unsigned int count)
{
    request.nr_extents = count;
    request.domid = DOMID_SELF;
    set_xen_guest_handle(request.extent_start, list);
}

static void to_decrease(unsigned int count)
{
    ask(count);
    for (unsigned int i = 0; i < count; i++) {
        list[i] = mfn_of(bench_frame(i));
        bench_must(
            "unmap",
            hc_update_va_mapping((uintptr_t)bench_frame(i), 0, UVMF_INVLPG), 0);
    }
}

static void to_populate(unsigned int count)
{
    to_decrease(count);
    bench_must("decrease", reserve(XENMEM_decrease_reservation), count);
    for (unsigned int i = 0; i < count; i++)
        list[i] = pfn_of(i);
}

static void map_list(void)
{
    xen_pfn_t *p2m = (xen_pfn_t *)pv_start_info->mfn_list;

    for (unsigned int i = 0; i < request.nr_extents; i++) {
        p2m[pfn_of(i)] = list[i];
        bench_must("map",
                   hc_update_va_mapping((uintptr_t)bench_frame(i),
                                        list[i] << PAGE_SHIFT | PTE_KERNEL_RW,
                                        UVMF_INVLPG),
                   0);
    }
}

static void populate_again(void)
{
    for (unsigned int i = 0; i < request.nr_extents; i++)
        list[i] = pfn_of(i);
    bench_must("populate", reserve(XENMEM_populate_physmap),
               (long)request.nr_extents);
    map_list();
}

static void give_back(void)
{
    bench_must("decrease", reserve(XENMEM_decrease_reservation), 1);
}

/* Increase may not go beyond the limit: so one less is there before. */
static void room_for_1(void)
{
    to_populate(1);
    list[0] = 0;
}

static void refill(void)
{
    give_back();
    populate_again();
}

static void to_decrease_1(void) { to_decrease(1); }
static void to_decrease_512(void) { to_decrease(NR_FRAMES); }
static void to_populate_1(void) { to_populate(1); }
static void to_populate_512(void) { to_populate(NR_FRAMES); }
static long decrease(void) { return reserve(XENMEM_decrease_reservation); }
static long populate(void) { return reserve(XENMEM_populate_physmap); }
static long increase(void) { return reserve(XENMEM_increase_reservation); }

/* clang-format off */
static const struct row rows[] = {
    { "mem_decrease_1", .op = decrease,
      .before = to_decrease_1, .after = populate_again, .want = 1 },
    { "mem_populate_1", .op = populate, .before = to_populate_1, .after = map_list, .want = 1 },
    { "mem_increase_1", .op = increase, .before = room_for_1, .after = refill, .want = 1 },
    { "mem_decrease_512", .op = decrease,
      .before = to_decrease_512, .after = populate_again, .want = NR_FRAMES },
    { "mem_populate_512", .op = populate,
      .before = to_populate_512, .after = map_list, .want = NR_FRAMES },
};
/* clang-format on */

GROUP(memory, NULL, NULL);
