/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No byte of the hypervisor's in what it copies out: each structure is filled
 * with a pattern first, and whatever is not one of its fields has to be
 * untouched or zero afterwards.  Before each call the hypervisor's stack gets
 * other bytes, by calls that copy a structure of them there.
 */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/platform.h>
#include <xen/sysctl.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/arch-x86/xen-mca.h>
#include <pv/evtchn.h>
#include <pv/grant.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/string.h>
#include "rows.h"

#define STAIN 0xc3
#define ROOM PAGE_SIZE

struct field {
    uint16_t at, size;
};

/* A call that answers in a structure, and perhaps in a list. */
struct out {
    const char *why;
    const void *data; /* the fields that go in */
    unsigned long arg[4];
    struct field known[16]; /* all of its fields, in and out */
    struct field listed[5]; /* the same of an element of the list */
    uint16_t size, each;    /* bytes of structure and element; 0: no list */
    uint8_t nr;
    bool control, text; /* text: what follows the NUL counts */
};

static uint8_t page[2][ROOM] __attribute__((aligned(PAGE_SIZE)));
#define LIST ((void *)page[1])

/* clang-format off */
#define F(type, field) { offsetof(struct type, field), sizeof(((struct type *)0)->field) }
#define OUT(hc, type, cmd, ...)                                                \
    { .why = #hc " " #cmd, .nr = __HYPERVISOR_##hc, .size = sizeof(struct type), \
      .arg = { cmd, BUF }, __VA_ARGS__ }
#define IN(type, ...) .data = &(const struct type){ __VA_ARGS__ }
#define FIELDS(...) .known = { __VA_ARGS__ }
#define EACH(type, ...) .each = sizeof(struct type), .listed = { __VA_ARGS__ }
#define WORDS(n) .each = n, .listed = { { 0, n } }

/* Where the command is in the structure. */
#define DOMF(field) F(xen_domctl, u.field)
#define DOM(op, member, ...)                                                   \
    { .why = "domctl " #op, .nr = __HYPERVISOR_domctl, .control = true,        \
      .size = sizeof(struct xen_domctl), .arg = { BUF },                       \
      .data = &(const struct xen_domctl){ .cmd = XEN_DOMCTL_##op,              \
          .interface_version = XEN_DOMCTL_INTERFACE_VERSION, .domain = 0, member }, \
      .known = { F(xen_domctl, cmd), F(xen_domctl, interface_version), F(xen_domctl, domain), __VA_ARGS__ } }
#define SYSF(field) F(xen_sysctl, u.field)
#define SYS(op, member, list, ...)                                             \
    { .why = "sysctl " #op, .nr = __HYPERVISOR_sysctl, .control = true,        \
      .size = sizeof(struct xen_sysctl), .arg = { BUF },                       \
      .data = &(const struct xen_sysctl){ .cmd = XEN_SYSCTL_##op,              \
          .interface_version = XEN_SYSCTL_INTERFACE_VERSION, member },         \
      .known = { F(xen_sysctl, cmd), F(xen_sysctl, interface_version), __VA_ARGS__ }, list }
#define NOTHING .each = 0
#define COMMA ,
#define GNT(op, type, ...)                                                     \
    { .why = #op, .nr = __HYPERVISOR_grant_table_op, .size = sizeof(struct type), \
      .arg = { GNTTABOP_##op, BUF, 1 }, __VA_ARGS__ }
#define TEXT(op, type)                                                         \
    { .why = #op, .nr = __HYPERVISOR_xen_version, .size = sizeof(type),        \
      .arg = { XENVER_##op, BUF }, .text = true }
#define DOMINFO(where, s)                                                      \
    F(s, where domain), F(s, where flags), F(s, where tot_pages),              \
    F(s, where max_pages)

static const struct out outs[] = {
    TEXT(extraversion, xen_extraversion_t),
    TEXT(capabilities, xen_capabilities_info_t),
    TEXT(changeset, xen_changeset_info_t),
    TEXT(commandline, xen_commandline_t),
    OUT(xen_version, xen_platform_parameters, XENVER_platform_parameters, FIELDS(F(xen_platform_parameters, virt_start))),
    OUT(xen_version, xen_feature_info, XENVER_get_features, IN(xen_feature_info, .submap_idx = 0), FIELDS(F(xen_feature_info, submap_idx), F(xen_feature_info, submap))),
    OUT(event_channel_op, evtchn_status, EVTCHNOP_status, IN(evtchn_status, .dom = DOMID_SELF, .port = 1), FIELDS(F(evtchn_status, dom), F(evtchn_status, port), F(evtchn_status, status), F(evtchn_status, vcpu), F(evtchn_status, u.interdomain.dom), F(evtchn_status, u.interdomain.port))),
    OUT(memory_op, xen_machphys_mapping, XENMEM_machphys_mapping, FIELDS({ 0, sizeof(struct xen_machphys_mapping) })),
    OUT(memory_op, xen_machphys_mfn_list, XENMEM_machphys_mfn_list, IN(xen_machphys_mfn_list, .max_extents = 4, .extent_start.p = LIST), FIELDS(F(xen_machphys_mfn_list, max_extents), F(xen_machphys_mfn_list, extent_start), F(xen_machphys_mfn_list, nr_extents)), WORDS(8)),
    OUT(memory_op, xen_memory_map, XENMEM_machine_memory_map, IN(xen_memory_map, .nr_entries = 8, .buffer.p = LIST), FIELDS(F(xen_memory_map, nr_entries), F(xen_memory_map, buffer)), WORDS(20), .control = true),
    OUT(memory_op, xen_mem_acquire_resource, XENMEM_acquire_resource, IN(xen_mem_acquire_resource, .domid = DOMID_SELF, .type = XENMEM_resource_grant_table, .nr_frames = 1, .frame_list.p = LIST), FIELDS(F(xen_mem_acquire_resource, domid), F(xen_mem_acquire_resource, type), F(xen_mem_acquire_resource, id), F(xen_mem_acquire_resource, nr_frames), F(xen_mem_acquire_resource, pad), F(xen_mem_acquire_resource, frame), F(xen_mem_acquire_resource, frame_list)), WORDS(8)),
    GNT(setup_table, gnttab_setup_table, IN(gnttab_setup_table, .dom = DOMID_SELF, .nr_frames = 1, .frame_list.p = LIST), FIELDS(F(gnttab_setup_table, dom), F(gnttab_setup_table, nr_frames), F(gnttab_setup_table, status), F(gnttab_setup_table, frame_list)), WORDS(8)),
    GNT(query_size, gnttab_query_size, IN(gnttab_query_size, .dom = DOMID_SELF), FIELDS(F(gnttab_query_size, dom), F(gnttab_query_size, nr_frames), F(gnttab_query_size, max_nr_frames), F(gnttab_query_size, status))),
    GNT(get_version, gnttab_get_version, IN(gnttab_get_version, .dom = DOMID_SELF), FIELDS(F(gnttab_get_version, dom), F(gnttab_get_version, version))),
    GNT(map_grant_ref, gnttab_map_grant_ref, IN(gnttab_map_grant_ref, .dom = 4242), FIELDS(F(gnttab_map_grant_ref, host_addr), F(gnttab_map_grant_ref, flags), F(gnttab_map_grant_ref, ref), F(gnttab_map_grant_ref, dom), F(gnttab_map_grant_ref, status), F(gnttab_map_grant_ref, handle), F(gnttab_map_grant_ref, dev_bus_addr))),
    GNT(unmap_grant_ref, gnttab_unmap_grant_ref, IN(gnttab_unmap_grant_ref, .handle = ~0u), FIELDS(F(gnttab_unmap_grant_ref, host_addr), F(gnttab_unmap_grant_ref, dev_bus_addr), F(gnttab_unmap_grant_ref, handle), F(gnttab_unmap_grant_ref, status))),
    GNT(copy, gnttab_copy, IN(gnttab_copy, .len = ~0), FIELDS(F(gnttab_copy, len), F(gnttab_copy, flags), F(gnttab_copy, status))),
    { .why = "get_runstate_info", .nr = __HYPERVISOR_vcpu_op, .arg = { VCPUOP_get_runstate_info, 0, BUF }, .size = sizeof(struct vcpu_runstate_info), FIELDS(F(vcpu_runstate_info, state), F(vcpu_runstate_info, state_entry_time), F(vcpu_runstate_info, time)) },
    OUT(physdev_op, physdev_apic, PHYSDEVOP_apic_read, IN(physdev_apic, .apic_physbase = 0xfec00000), FIELDS(F(physdev_apic, apic_physbase), F(physdev_apic, reg), F(physdev_apic, value)), .control = true),
    DOM(getdomaininfo, .u = {}, DOMINFO(u.getdomaininfo., xen_domctl), DOMF(getdomaininfo.outstanding_pages), DOMF(getdomaininfo.shared_info_frame), DOMF(getdomaininfo.cpu_time), DOMF(getdomaininfo.nr_online_vcpus), DOMF(getdomaininfo.max_vcpu_id), DOMF(getdomaininfo.ssidref), DOMF(getdomaininfo.handle), DOMF(getdomaininfo.cpupool), DOMF(getdomaininfo.gpaddr_bits)),
    DOM(getvcpuinfo, .u.getvcpuinfo.vcpu = 0, DOMF(getvcpuinfo.vcpu), DOMF(getvcpuinfo.online), DOMF(getvcpuinfo.blocked), DOMF(getvcpuinfo.running), DOMF(getvcpuinfo.cpu_time), DOMF(getvcpuinfo.cpu)),
    DOM(get_ext_vcpucontext, .u.ext_vcpucontext.vcpu = 0, DOMF(ext_vcpucontext.vcpu), DOMF(ext_vcpucontext.size), DOMF(ext_vcpucontext.sysenter_callback_eip), DOMF(ext_vcpucontext.syscall32_callback_eip), DOMF(ext_vcpucontext.sysenter_disables_events), DOMF(ext_vcpucontext.syscall32_disables_events)),
    DOM(gettscinfo, .u = {}, DOMF(tsc_info.tsc_mode), DOMF(tsc_info.gtsc_khz), DOMF(tsc_info.incarnation), DOMF(tsc_info.elapsed_nsec)),
    DOM(get_address_size, .u = {}, DOMF(address_size.size)),
    DOM(scheduler_op, .u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2 COMMA .u.scheduler_op.cmd = XEN_DOMCTL_SCHEDOP_getinfo, DOMF(scheduler_op.sched_id), DOMF(scheduler_op.cmd), DOMF(scheduler_op.u.credit2.weight), DOMF(scheduler_op.u.credit2.cap)),
    SYS(physinfo, .u = {}, NOTHING, SYSF(physinfo.threads_per_core), SYSF(physinfo.cores_per_socket), SYSF(physinfo.nr_cpus), SYSF(physinfo.max_cpu_id), SYSF(physinfo.nr_nodes), SYSF(physinfo.cpu_khz), SYSF(physinfo.capabilities), SYSF(physinfo.total_pages), SYSF(physinfo.free_pages), SYSF(physinfo.outstanding_pages), SYSF(physinfo.max_mfn), SYSF(physinfo.hw_cap)),
    SYS(sched_id, .u = {}, NOTHING, SYSF(sched_id.sched_id)),
    SYS(availheap, .u = {}, NOTHING, SYSF(availheap.avail_bytes)),
    SYS(getdomaininfolist, .u.getdomaininfolist = { .max_domains = 8 COMMA .buffer.p = LIST }, EACH(xen_domctl_getdomaininfo, F(xen_domctl_getdomaininfo, domain), { offsetof(struct xen_domctl_getdomaininfo, flags), offsetof(struct xen_domctl_getdomaininfo, gpaddr_bits) + 1 - offsetof(struct xen_domctl_getdomaininfo, flags) }), SYSF(getdomaininfolist.first_domain), SYSF(getdomaininfolist.max_domains), SYSF(getdomaininfolist.buffer), SYSF(getdomaininfolist.num_domains)),
    SYS(getcpuinfo, .u.getcpuinfo = { .max_cpus = 8 COMMA .info.p = LIST }, WORDS(8), SYSF(getcpuinfo.max_cpus), SYSF(getcpuinfo.info), SYSF(getcpuinfo.nr_cpus)),
    SYS(cputopoinfo, .u.cputopoinfo = { .num_cpus = 8 COMMA .cputopo.p = LIST }, WORDS(12), SYSF(cputopoinfo.num_cpus), SYSF(cputopoinfo.cputopo)),
    SYS(numainfo, .u.numainfo = { .num_nodes = 1 COMMA .meminfo.p = LIST }, WORDS(16), SYSF(numainfo.num_nodes), SYSF(numainfo.meminfo), SYSF(numainfo.distance)),
    SYS(cpupool_op, .u.cpupool_op = { .op = XEN_SYSCTL_CPUPOOL_OP_INFO COMMA .cpumap = { .bitmap.p = LIST COMMA .nr_bits = 64 } }, WORDS(8), SYSF(cpupool_op.op), SYSF(cpupool_op.cpupool_id), SYSF(cpupool_op.sched_id), SYSF(cpupool_op.domid), SYSF(cpupool_op.cpu), SYSF(cpupool_op.n_dom), SYSF(cpupool_op.cpumap.bitmap), SYSF(cpupool_op.cpumap.nr_bits)),
    SYS(get_cpu_featureset, .u.cpu_featureset = { .nr_features = 32 COMMA .features.p = LIST }, WORDS(4), SYSF(cpu_featureset.index), SYSF(cpu_featureset.nr_features), SYSF(cpu_featureset.features)),
    { .why = "XENPF_get_cpuinfo", .nr = __HYPERVISOR_platform_op, .control = true, .size = sizeof(struct xen_platform_op), .arg = { BUF }, IN(xen_platform_op, .cmd = XENPF_get_cpuinfo, .interface_version = XENPF_INTERFACE_VERSION), FIELDS(F(xen_platform_op, cmd), F(xen_platform_op, interface_version), F(xen_platform_op, u.pcpu_info.xen_cpuid), F(xen_platform_op, u.pcpu_info.max_present), F(xen_platform_op, u.pcpu_info.flags), F(xen_platform_op, u.pcpu_info.apic_id), F(xen_platform_op, u.pcpu_info.acpi_id)) },
    { .why = "XEN_MC_physcpuinfo", .nr = __HYPERVISOR_mca, .control = true, .size = sizeof(struct xen_mc), .arg = { BUF }, IN(xen_mc, .cmd = XEN_MC_physcpuinfo, .interface_version = XEN_MCA_INTERFACE_VERSION, .u.mc_physcpuinfo = { .ncpus = 1, .info.p = LIST }), FIELDS(F(xen_mc, cmd), F(xen_mc, interface_version), F(xen_mc, u.mc_physcpuinfo.ncpus), F(xen_mc, u.mc_physcpuinfo.info)), WORDS(sizeof(struct mcinfo_logical_cpu)) },
};
/* clang-format on */

/* Leave bytes of ours where the hypervisor's next structures will lie. */
static void stain_stack(void)
{
    uint8_t *stains = page[0];

    memset(stains, STAIN, ROOM);
    hc_event_channel_op(EVTCHNOP_status, stains);
    hc_mmuext_op(stains, 1, NULL, DOMID_SELF);
    hc_grant_table_op(GNTTABOP_map_grant_ref, stains, 1);
    hc_memory_op(XENMEM_exchange, stains);
    hc_multicall(stains, 1);
    HC(sysctl, stains);
    HC(domctl, stains);
}

static bool known(const struct field *f, unsigned int nr, unsigned int at)
{
    for (unsigned int i = 0; i < nr; i++)
        if (at >= f[i].at && at < f[i].at + f[i].size)
            return true;
    return false;
}

static void prepare(const struct out *o, uint8_t pattern)
{
    const uint8_t *in = o->data;

    memset(page, pattern, sizeof(page));
    for (unsigned int i = 0; in && i < o->size; i++)
        if (known(o->known, 16, i))
            page[0][i] = in[i];
}

/* Bytes that are neither a field's, nor untouched, nor zero. */
static unsigned int strange(const struct out *o, uint8_t pattern)
{
    unsigned int n = 0, end = 0;

    if (o->text)
        while (end < o->size && page[0][end])
            end++;
    for (unsigned int i = end; i < ROOM; i++)
        n += !known(o->known, 16, i) && page[0][i] && page[0][i] != pattern;
    for (unsigned int i = 0; i < ROOM; i++)
        n += !(o->each && known(o->listed, 5, i % o->each)) && page[1][i] &&
             page[1][i] != pattern;
    for (unsigned int i = 1; i <= 8; i++) /* no list is that long */
        n += page[1][ROOM - i] != pattern;
    return n;
}

static void one(const struct out *o, uint8_t pattern)
{
    unsigned long a[4];
    long rc;

    stain_stack();
    prepare(o, pattern);
    for (unsigned int i = 0; i < 4; i++)
        a[i] = o->arg[i] == BUF ? (uintptr_t)page[0] : o->arg[i];
    rc = hypercall(o->nr, a[0], a[1], a[2], a[3], 0);
    if (rc)
        test_fail("%s: rc %ld", o->why, rc);
    else if (strange(o, pattern))
        test_fail("%s: %u bytes that are no field's", o->why,
                  strange(o, pattern));
}

TEST(padding, "wrong/padding")
{
    long port = evtchn_alloc(DOMID_SELF); /* so that port 1 is one */

    grant_init();
    for (unsigned int i = 0; i < sizeof(outs) / sizeof(outs[0]); i++) {
        if (outs[i].control && !pv_is_dom0())
            continue;
        one(&outs[i], 0xa5);
        one(&outs[i], 0x5a);
    }
    evtchn_close((evtchn_port_t)port);
}
