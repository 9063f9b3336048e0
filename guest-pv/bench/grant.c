/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: grants of our own frames, mapped by ourselves and copied. */
#include <pv/grant.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include "bench.h"

static struct gnttab_map_grant_ref maps[BATCH];
static struct gnttab_unmap_grant_ref unmaps[BATCH];
static struct gnttab_copy copy;

static void begin(void)
{
    bench_must("grant table", grant_init(), 0);
    for (unsigned int i = 0; i < BATCH; i++)
        grant_allow(GRANT_FIRST + i, 0, bench_frame(i), 0);
    copy.source.u.ref = GRANT_FIRST;
    copy.source.domid = 0;
    copy.dest.u.gmfn = mfn_of(bench_frame(BATCH));
    copy.dest.domid = DOMID_SELF;
    copy.len = PAGE_SIZE;
    copy.flags = GNTCOPY_source_gref;
}

static void end(void)
{
    for (unsigned int i = 0; i < BATCH; i++)
        grant_revoke(GRANT_FIRST + i);
}

static void to_map(void)
{
    for (unsigned int i = 0; i < BATCH; i++)
        maps[i] = (struct gnttab_map_grant_ref){
            .host_addr = scratch_va(i),
            .flags = GNTMAP_host_map,
            .ref = GRANT_FIRST + i,
        };
}

static long map(unsigned int count)
{
    return insn_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_map_grant_ref,
                          (uintptr_t)maps, count, 0);
}

static long unmap(unsigned int count)
{
    return insn_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_unmap_grant_ref,
                          (uintptr_t)unmaps, count, 0);
}

static void fill_unmaps(unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        bench_must("map a grant", maps[i].status, GNTST_okay);
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .host_addr = scratch_va(i),
            .handle = maps[i].handle,
        };
    }
}

static void check_unmaps(unsigned int count)
{
    for (unsigned int i = 0; i < count; i++)
        bench_must("unmap a grant", unmaps[i].status, GNTST_okay);
}

static void undo(unsigned int count)
{
    fill_unmaps(count);
    unmap(count);
    check_unmaps(count);
}

static void to_unmap(unsigned int count)
{
    to_map();
    map(count);
    fill_unmaps(count);
}

static long map_1(void) { return map(1); }
static long map_32(void) { return map(BATCH); }
static long unmap_1(void) { return unmap(1); }
static long unmap_32(void) { return unmap(BATCH); }
static void undo_1(void) { undo(1); }
static void undo_32(void) { undo(BATCH); }
static void to_unmap_1(void) { to_unmap(1); }
static void to_unmap_32(void) { to_unmap(BATCH); }
static void check_1(void) { check_unmaps(1); }
static void check_32(void) { check_unmaps(BATCH); }

static long copy_4k(void)
{
    return insn_hypercall(__HYPERVISOR_grant_table_op, GNTTABOP_copy,
                          (uintptr_t)&copy, 1, 0);
}

static void check_copy(void)
{
    bench_must("grant copy", copy.status, GNTST_okay);
}

/* clang-format off */
static const struct row rows[] = {
    { "grant_map", .op = map_1, .before = to_map, .after = undo_1 },
    { "grant_unmap", .op = unmap_1, .before = to_unmap_1, .after = check_1 },
    { "grant_map_x32", .op = map_32, .before = to_map, .after = undo_32 },
    { "grant_unmap_x32", .op = unmap_32, .before = to_unmap_32, .after = check_32 },
    { "grant_copy_4k", .op = copy_4k, .after = check_copy },
};
/* clang-format on */

GROUP(grant, begin, end);
