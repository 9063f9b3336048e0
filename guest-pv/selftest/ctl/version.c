/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xen_version: every command that a kernel or a tool reads. */
#include <xen/features.h>
#include <xen/version.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>

static uint8_t buf[4096];

static void strings(void)
{
    test_eq("extra version", hc_xen_version(XENVER_extraversion, buf), 0);
    test_ok("is a string", strlen((char *)buf) < sizeof(xen_extraversion_t));
    test_eq("compiler", hc_xen_version(XENVER_compile_info, buf), 0);
    test_eq("capabilities", hc_xen_version(XENVER_capabilities, buf), 0);
    test_ok("64-bit PV guests", str_begins((char *)buf, "xen-3.0-x86_64"));
    test_eq("changeset", hc_xen_version(XENVER_changeset, buf), 0);
    test_ok("command line", hc_xen_version(XENVER_commandline, buf) <= 0);
}

static void features(void)
{
    struct xen_feature_info f = { .submap_idx = 0 };
    uint32_t need = 1u << XENFEAT_mmu_pt_update_preserve_ad |
                    1u << XENFEAT_gnttab_map_avail_bits;
    uint32_t never = 1u << XENFEAT_writable_page_tables |
                     1u << XENFEAT_writable_descriptor_tables |
                     1u << XENFEAT_auto_translated_physmap;

    test_eq("features", hc_xen_version(XENVER_get_features, &f), 0);
    test_eq("needed", f.submap & need, need);
    test_eq("not ours", f.submap & never, 0);
    test_eq("dom0", f.submap >> XENFEAT_dom0 & 1, pv_is_dom0());
    f.submap_idx = 77;
    test_eq("no such features", hc_xen_version(XENVER_get_features, &f),
            -XEN_EINVAL);
}

TEST(version, "ctl/version")
{
    struct xen_platform_parameters p = { 0 };
    long v = hc_xen_version(XENVER_version, NULL);

    test_ok("4.2 or later", v >= 0x00040002 && v < 0x00100000);
    test_eq("page size", hc_xen_version(XENVER_pagesize, NULL), PAGE_SIZE);
    test_eq("platform", hc_xen_version(XENVER_platform_parameters, &p), 0);
    test_eq("where the hypervisor is", p.virt_start, HYPERVISOR_VIRT_START);
    test_eq("domain's handle", hc_xen_version(XENVER_guest_handle, buf), 0);
    strings();
    features();
    test_eq("unknown command", hc_xen_version(99, buf), -XEN_ENOSYS);
    test_eq("no buffer", hc_xen_version(XENVER_extraversion, NULL),
            -XEN_EFAULT);
}
