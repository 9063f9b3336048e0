/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong uses of memory_op and grant_table_op. */
#define __XEN_TOOLS__
#include <xen/memory.h>
#include <xen/grant_table.h>
#include <pv/grant.h>
#include "rows.h"

#define NO_DOMAIN 4242
#define NO_FRAME 0xffffffffffull

/* clang-format off */
#define MEM(why_, op, rc, ...) ROW(why_, memory_op, XENMEM_##op, rc, __VA_ARGS__)
#define MEM_BUF(op, rc, type) MEM("buffer", op, rc, .size = sizeof(type))
#define RESERVE(...) DATA(struct xen_memory_reservation, __VA_ARGS__)
#define FIGURE(why_, rc, id) \
    MEM(why_, current_reservation, rc, DATA(domid_t, id)), \
    MEM(why_, maximum_reservation, rc, DATA(domid_t, id)), \
    MEM(why_, maximum_gpfn, rc, DATA(domid_t, id))
#define EXCHANGE(...) DATA(struct xen_memory_exchange, __VA_ARGS__)
#define AT(where) .extent_start.p = (void *)(where)

/* Reservations answer with a number of extents, never with an error. */
#define NONE BOTH(0)

#define RESERVATIONS(op)                                                       \
    MEM_BUF(op, NONE, struct xen_memory_reservation),                          \
    MEM("no such domain", op, NONE, RESERVE(.nr_extents = 1, .domid = NO_DOMAIN)), \
    MEM("dom0's", op, GUEST(0), RESERVE(.nr_extents = 1, .domid = 0)),         \
    MEM("no extent", op, NONE, RESERVE(.domid = DOMID_SELF)),                  \
    MEM("a number that overflows", op, NONE, RESERVE(.nr_extents = ~0ul, .domid = DOMID_SELF)), \
    MEM("order too high", op, NONE, RESERVE(.nr_extents = 1, .extent_order = 13, .domid = DOMID_SELF)), \
    MEM("last order", op, NONE, RESERVE(.nr_extents = 1, .extent_order = ~0u, .domid = DOMID_SELF)), \
    ROW("begin behind the end", memory_op, XENMEM_##op | 5 << 6, BOTH(5), RESERVE(.nr_extents = 1, .domid = DOMID_SELF))

static const struct row memory[] = {
    RESERVATIONS(increase_reservation),
    RESERVATIONS(decrease_reservation),
    RESERVATIONS(populate_physmap),
    MEM("list", decrease_reservation, NONE, RESERVE(AT(UNMAPPED), .nr_extents = 1, .domid = DOMID_SELF)),
    MEM("list inside the hypervisor", decrease_reservation, NONE, RESERVE(AT(HV_ADDR), .nr_extents = 1, .domid = DOMID_SELF)),
    MEM("list", populate_physmap, NONE, RESERVE(AT(UNMAPPED), .nr_extents = 1, .domid = DOMID_SELF)),
    MEM("list inside the hypervisor", populate_physmap, NONE, RESERVE(AT(HV_ADDR), .nr_extents = 1, .domid = DOMID_SELF)),
    MEM_BUF(exchange, BOTH(-XEN_EFAULT), struct xen_memory_exchange),
    MEM("no such domain", exchange, BOTH(-XEN_ESRCH), EXCHANGE(.in.domid = NO_DOMAIN, .out.domid = NO_DOMAIN)),
    MEM("dom0's", exchange, GUEST(-XEN_EPERM), EXCHANGE(.in.domid = 0, .out.domid = 0)),
    MEM("two domains", exchange, BOTH(-XEN_EINVAL), EXCHANGE(.in.domid = DOMID_SELF, .out.domid = 0)),
    MEM("sizes that differ", exchange, BOTH(-XEN_EINVAL), EXCHANGE(.in = { .nr_extents = 2, .domid = DOMID_SELF }, .out = { .nr_extents = 1, .domid = DOMID_SELF })),
    MEM("more done than asked for", exchange, BOTH(-XEN_EINVAL), EXCHANGE(.in = { .nr_extents = 1, .domid = DOMID_SELF }, .out = { .nr_extents = 1, .domid = DOMID_SELF }, .nr_exchanged = 2)),
    MEM("order too high", exchange, BOTH(-XEN_EINVAL), EXCHANGE(.in = { .nr_extents = 1, .extent_order = 13, .domid = DOMID_SELF }, .out = { .nr_extents = 1, .extent_order = 13, .domid = DOMID_SELF })),
    MEM("sizes that overflow", exchange, BOTH(-XEN_EINVAL), EXCHANGE(.in = { .nr_extents = 1ul << 55, .extent_order = 9, .domid = DOMID_SELF }, .out = { .extent_order = 9, .domid = DOMID_SELF })),
    MEM("list", exchange, BOTH(-XEN_EFAULT), EXCHANGE(.in = { AT(UNMAPPED), .nr_extents = 1, .domid = DOMID_SELF }, .out = { .nr_extents = 1, .domid = DOMID_SELF })),
    FIGURE("no such domain", BOTH(-XEN_ESRCH), NO_DOMAIN),
    FIGURE("dom0's", GUEST(-XEN_EPERM), 0),
    MEM_BUF(current_reservation, BOTH(-XEN_EFAULT), domid_t),
    MEM_BUF(maximum_reservation, BOTH(-XEN_EFAULT), domid_t),
    MEM_BUF(maximum_gpfn, BOTH(-XEN_EFAULT), domid_t),
    /* XENMEM_maximum_ram_page has no argument. */
    MEM_BUF(machphys_mapping, BOTH(-XEN_EFAULT), struct xen_machphys_mapping),
    MEM("read-only", machphys_mapping, BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(struct xen_machphys_mapping, 0)),
    MEM_BUF(machphys_mfn_list, BOTH(-XEN_EFAULT), struct xen_machphys_mfn_list),
    MEM("list", machphys_mfn_list, BOTH(-XEN_EFAULT), DATA(struct xen_machphys_mfn_list, .max_extents = 1, AT(UNMAPPED))),
    MEM("list inside the hypervisor", machphys_mfn_list, BOTH(-XEN_EFAULT), DATA(struct xen_machphys_mfn_list, .max_extents = ~0u, AT(HV_ADDR))),
    MEM("read-only", machphys_mfn_list, BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(struct xen_machphys_mfn_list, 0)),
    MEM_BUF(memory_map, BOTH(-XEN_EFAULT), struct xen_memory_map),
    MEM_BUF(machine_memory_map, PRIV(-XEN_EFAULT), struct xen_memory_map),
    MEM("list", machine_memory_map, PRIV(-XEN_EFAULT), DATA(struct xen_memory_map, .nr_entries = ~0u, .buffer.p = (void *)UNMAPPED)),
    MEM_BUF(set_memory_map, PRIV(-XEN_EFAULT), struct xen_foreign_memory_map),
    MEM("no such domain", set_memory_map, PRIV(-XEN_ESRCH), DATA(struct xen_foreign_memory_map, .domid = NO_DOMAIN)),
    MEM("too many", set_memory_map, PRIV(-XEN_EINVAL), DATA(struct xen_foreign_memory_map, .domid = DOMID_SELF, .map.nr_entries = 129)),
    MEM("most of all", set_memory_map, PRIV(-XEN_EINVAL), DATA(struct xen_foreign_memory_map, .domid = DOMID_SELF, .map.nr_entries = ~0u)),
    MEM("list", set_memory_map, PRIV(-XEN_EFAULT), DATA(struct xen_foreign_memory_map, .domid = DOMID_SELF, .map = { .nr_entries = 1, .buffer.p = (void *)UNMAPPED })),
    MEM_BUF(acquire_resource, BOTH(-XEN_EFAULT), struct xen_mem_acquire_resource),
    MEM("padding", acquire_resource, BOTH(-XEN_EINVAL), DATA(struct xen_mem_acquire_resource, .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .pad = 1)),
    MEM("no such domain", acquire_resource, BOTH(-XEN_ESRCH), DATA(struct xen_mem_acquire_resource, .domid = NO_DOMAIN, .type = XENMEM_resource_grant_table)),
    MEM("dom0's", acquire_resource, GUEST(-XEN_EPERM), DATA(struct xen_mem_acquire_resource, .domid = 0, .type = XENMEM_resource_grant_table)),
    MEM("no such type", acquire_resource, BOTH(-XEN_EOPNOTSUPP), DATA(struct xen_mem_acquire_resource, .domid = DOMID_SELF, .type = 99)),
    MEM("no such table", acquire_resource, BOTH(-XEN_EINVAL), DATA(struct xen_mem_acquire_resource, .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .id = 2)),
    MEM("frames without a list", acquire_resource, BOTH(-XEN_EINVAL), DATA(struct xen_mem_acquire_resource, .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .nr_frames = 1)),
    MEM("frames that overflow", acquire_resource, BOTH(-XEN_EINVAL), DATA(struct xen_mem_acquire_resource, .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .nr_frames = 2, .frame = ~0ul, .frame_list.p = (void *)UNMAPPED)),
    MEM("list", acquire_resource, BOTH(-XEN_EFAULT), DATA(struct xen_mem_acquire_resource, .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .nr_frames = 1, .frame_list.p = (void *)UNMAPPED)),
    MEM_BUF(claim_pages, PRIV(-XEN_EFAULT), struct xen_memory_reservation),
    MEM("list", claim_pages, PRIV(-XEN_EINVAL), RESERVE(AT(UNMAPPED), .domid = DOMID_SELF)),
    MEM("order", claim_pages, PRIV(-XEN_EINVAL), RESERVE(.extent_order = 1, .domid = DOMID_SELF)),
    MEM("no such domain", claim_pages, PRIV(-XEN_ESRCH), RESERVE(.nr_extents = 1, .domid = NO_DOMAIN)),
    MEM("more than the domain may have", claim_pages, PRIV(-XEN_EINVAL), RESERVE(.nr_extents = ~0ul >> 12, .domid = DOMID_SELF)),
    MEM("not offered", reserved_device_memory_map, BOTH(-XEN_EOPNOTSUPP), DATA(uint64_t, 0)),
    MEM("no domain has one", get_vnumainfo, BOTH(-XEN_EOPNOTSUPP), DATA(struct xen_vnuma_topology_info, .domid = DOMID_SELF)),
    MEM("no such gpfn here", add_to_physmap, BOTH(-XEN_ENOSYS), DATA(struct xen_add_to_physmap, .domid = DOMID_SELF)),
    MEM_BUF(remove_from_physmap, BOTH(-XEN_EFAULT), struct xen_remove_from_physmap),
    MEM("no such domain", remove_from_physmap, BOTH(-XEN_ESRCH), DATA(struct xen_remove_from_physmap, .domid = NO_DOMAIN)),
    MEM("dom0's", remove_from_physmap, GUEST(-XEN_EPERM), DATA(struct xen_remove_from_physmap, .domid = 0)),
    MEM("no such frame", remove_from_physmap, BOTH(-XEN_ENOENT), DATA(struct xen_remove_from_physmap, .domid = DOMID_SELF, .gpfn = NO_FRAME)),
    MEM("last number", remove_from_physmap, BOTH(-XEN_ENOENT), DATA(struct xen_remove_from_physmap, .domid = DOMID_SELF, .gpfn = ~0ul)),
    ROW("unknown", memory_op, 60, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
};

/* grant_table_op(cmd, structures, how many) */
#define GNT_BUF(op, type)                                                      \
    ROW_ANY(#op ": buffer", grant_table_op, .arg = { GNTTABOP_##op, BUF, 1 },  \
            BOTH(-XEN_EFAULT), .size = sizeof(struct gnttab_##type))
#define GNT(why_, op, type, n, rc, ...)                                        \
    ROW_ANY(#op ": " why_, grant_table_op, .arg = { GNTTABOP_##op, BUF, n },   \
            rc, DATA(struct gnttab_##type, __VA_ARGS__))
/* The same where the answer is in the structure. */
#define GNT_S(why_, op, type, rc, ...)                                         \
    ROW_ANY(#op ": " why_, grant_table_op, .arg = { GNTTABOP_##op, BUF, 1 },   \
            rc, .flags = IN_GRANT, .at = offsetof(struct gnttab_##type, status), \
            DATA(struct gnttab_##type, __VA_ARGS__))
#define MANY(op, type, rc) GNT("two at once", op, type, 2, rc, .dom = DOMID_SELF)
#define COUNT(op)                                                              \
    ROW_ANY(#op ": count over 31 bits", grant_table_op, .arg = { GNTTABOP_##op, BUF, 0x80000000 }, BOTH(-XEN_EINVAL), DATA(uint64_t, 0)), \
    ROW_ANY(#op ": count of all bits", grant_table_op, .arg = { GNTTABOP_##op, BUF, ~0ul }, BOTH(-XEN_EINVAL), DATA(uint64_t, 0))

static const struct row grants[] = {
    GNT_BUF(map_grant_ref, map_grant_ref), COUNT(map_grant_ref),
    GNT_BUF(unmap_grant_ref, unmap_grant_ref), COUNT(unmap_grant_ref),
    GNT_BUF(setup_table, setup_table), COUNT(setup_table),
    GNT_BUF(transfer, transfer), COUNT(transfer),
    GNT_BUF(copy, copy), COUNT(copy),
    GNT_BUF(query_size, query_size), COUNT(query_size),
    GNT_BUF(set_version, set_version), COUNT(set_version),
    GNT_BUF(get_version, get_version), COUNT(get_version),
    GNT_BUF(get_status_frames, get_status_frames), COUNT(get_status_frames),
    GNT_S("no such domain", map_grant_ref, map_grant_ref, BOTH(GNTST_bad_domain), .dom = NO_DOMAIN, .flags = GNTMAP_host_map),
    GNT_S("no such entry", map_grant_ref, map_grant_ref, DOM0(GNTST_bad_gntref), .dom = 0, .ref = ~0u, .flags = GNTMAP_host_map),
    GNT_S("no kind of map", map_grant_ref, map_grant_ref, BOTH(GNTST_bad_gntref), .dom = 0, .ref = 8),
    GNT_S("no such handle", unmap_grant_ref, unmap_grant_ref, BOTH(GNTST_bad_handle), .handle = 0x1000000),
    GNT_S("last handle", unmap_grant_ref, unmap_grant_ref, BOTH(GNTST_bad_handle), .handle = ~0u),
    MANY(setup_table, setup_table, BOTH(-XEN_EINVAL)),
    GNT_S("no such domain", setup_table, setup_table, BOTH(GNTST_bad_domain), .dom = NO_DOMAIN, .nr_frames = 1),
    GNT_S("dom0's", setup_table, setup_table, GUEST(GNTST_permission_denied), .dom = 0, .nr_frames = 1),
    GNT_S("more than the limit", setup_table, setup_table, BOTH(GNTST_general_error), .dom = DOMID_SELF, .nr_frames = 100000),
    GNT_S("last number", setup_table, setup_table, BOTH(GNTST_general_error), .dom = DOMID_SELF, .nr_frames = ~0u),
    GNT_S("list", setup_table, setup_table, BOTH(GNTST_bad_virt_addr), .dom = DOMID_SELF, .nr_frames = 1, .frame_list.p = (void *)UNMAPPED),
    GNT_S("list inside the hypervisor", setup_table, setup_table, BOTH(GNTST_bad_virt_addr), .dom = DOMID_SELF, .nr_frames = 1, .frame_list.p = (void *)HV_ADDR),
    GNT_S("no such domain", transfer, transfer, BOTH(GNTST_bad_domain), .domid = NO_DOMAIN),
    GNT_S("over the page's end", copy, copy, BOTH(GNTST_bad_copy_arg), .source = { .offset = 4095, .domid = DOMID_SELF }, .dest.domid = DOMID_SELF, .len = 2),
    GNT_S("length that overflows", copy, copy, BOTH(GNTST_bad_copy_arg), .source = { .offset = 1, .domid = DOMID_SELF }, .dest.domid = DOMID_SELF, .len = 0xffff),
    GNT_S("no such frame", copy, copy, BOTH(GNTST_bad_page), .source = { .u.gmfn = NO_FRAME, .domid = DOMID_SELF }, .dest.domid = DOMID_SELF, .len = 8),
    GNT_S("another's frame", copy, copy, BOTH(GNTST_permission_denied), .source = { .u.gmfn = 0x100, .domid = NO_DOMAIN }, .dest.domid = DOMID_SELF, .len = 8),
    GNT_S("no such domain", copy, copy, BOTH(GNTST_bad_domain), .source.domid = NO_DOMAIN, .dest.domid = DOMID_SELF, .len = 8, .flags = GNTCOPY_source_gref),
    GNT_S("no such entry", copy, copy, BOTH(GNTST_bad_gntref), .source = { .u.ref = ~0u, .domid = DOMID_SELF }, .dest.domid = DOMID_SELF, .len = 8, .flags = GNTCOPY_source_gref),
    MANY(query_size, query_size, BOTH(-XEN_EINVAL)),
    GNT_S("no such domain", query_size, query_size, BOTH(GNTST_bad_domain), .dom = NO_DOMAIN),
    GNT_S("dom0's", query_size, query_size, GUEST(GNTST_permission_denied), .dom = 0),
    ROW_ANY("set_version: 0", grant_table_op, .arg = { GNTTABOP_set_version, BUF, 1 }, BOTH(-XEN_EINVAL), .flags = WRITES, DATA(struct gnttab_set_version, .version = 0)),
    ROW_ANY("set_version: 3", grant_table_op, .arg = { GNTTABOP_set_version, BUF, 1 }, BOTH(-XEN_EINVAL), .flags = WRITES, DATA(struct gnttab_set_version, .version = 3)),
    GNT("no such domain", get_version, get_version, 1, BOTH(-XEN_ESRCH), .dom = NO_DOMAIN),
    GNT("dom0's", get_version, get_version, 1, GUEST(-XEN_EPERM), .dom = 0),
    ROW_ANY("get_version: read-only", grant_table_op, .arg = { GNTTABOP_get_version, BUF, 1 }, BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(struct gnttab_get_version, .dom = DOMID_SELF)),
    MANY(get_status_frames, get_status_frames, BOTH(-XEN_EINVAL)),
    GNT_S("no such domain", get_status_frames, get_status_frames, BOTH(GNTST_bad_domain), .dom = NO_DOMAIN),
    GNT_S("in version 1", get_status_frames, get_status_frames, BOTH(GNTST_general_error), .dom = DOMID_SELF, .nr_frames = 1),
    ROW("not here", grant_table_op, GNTTABOP_dump_table, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
    ROW("not here", grant_table_op, GNTTABOP_unmap_and_replace, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
    ROW("not here", grant_table_op, GNTTABOP_swap_grant_ref, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
    ROW("not here", grant_table_op, GNTTABOP_cache_flush, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
    ROW("last number", grant_table_op, ~0ul, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
};
/* clang-format on */

/* To name a frame of the grant table makes one. */
TEST(wrong_memory, "wrong/memory")
{
    grant_init();
    WRONG_ROWS(memory);
}

TEST(wrong_grant, "wrong/grant")
{
    grant_init();
    WRONG_ROWS(grants);
}
