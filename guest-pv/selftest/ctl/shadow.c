/* SPDX-License-Identifier: GPL-2.0-or-later */
/* shadow_op: the dirty log of a domain that is being built, and its errors. */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/memory.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>

#define NR_PAGES 256

static struct xen_domctl ctl;
static uint64_t bitmap[NR_PAGES / 64 + 1];
static domid_t victim;

static long domctl(uint32_t cmd, domid_t domain)
{
    ctl.cmd = cmd;
    ctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    ctl.domain = domain;
    return HC(domctl, &ctl);
}

static long shadow(uint32_t op, domid_t domain)
{
    memset(&ctl, 0, sizeof(ctl));
    memset(bitmap, 0, sizeof(bitmap));
    ctl.u.shadow_op.op = op;
    ctl.u.shadow_op.pages = NR_PAGES;
    set_xen_guest_handle(ctl.u.shadow_op.dirty_bitmap, (uint8_t *)bitmap);
    return domctl(XEN_DOMCTL_shadow_op, domain);
}

static bool create(void)
{
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.createdomain.max_vcpus = 1;
    ctl.u.createdomain.max_evtchn_port = 1023;
    ctl.u.createdomain.max_grant_frames = 4;
    ctl.u.createdomain.max_maptrack_frames = 4;
    ctl.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
    if (domctl(XEN_DOMCTL_createdomain, DOMID_INVALID))
        return false;
    victim = ctl.domain;
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.max_mem.max_memkb = NR_PAGES * 4;
    return !domctl(XEN_DOMCTL_max_mem, victim);
}

/* Give the domain a page with this number. */
static xen_pfn_t populate(xen_pfn_t gpfn)
{
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = victim };

    set_xen_guest_handle(r.extent_start, &gpfn);
    test_eq("populate_physmap", HC(memory_op, XENMEM_populate_physmap, &r), 1);
    return gpfn;
}

static void clear_page_of(xen_pfn_t frame)
{
    struct mmuext_op op = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = frame };

    test_eq("clear_page", HC(mmuext_op, &op, 1, NULL, victim), 0);
}

static void refused(void)
{
    test_eq("off, but never on", shadow(XEN_DOMCTL_SHADOW_OP_OFF, victim),
            -XEN_EINVAL);
    test_eq("peek", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, victim), -XEN_EINVAL);
    test_eq("clean", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, victim), -XEN_EINVAL);
    test_eq("unknown", shadow(77, victim), -XEN_EINVAL);
    test_eq("no flag", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE, victim),
            -XEN_EINVAL);
    test_eq("test mode", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_TEST, victim),
            -XEN_EINVAL);
    test_eq("ourselves", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, 0),
            -XEN_EINVAL);
    test_eq("without vCPUs",
            shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, victim), -XEN_EINVAL);
}

static void log_of(xen_pfn_t before)
{
    xen_pfn_t frame;

    test_eq("on", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, victim), 0);
    test_eq("again", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, victim),
            -XEN_EINVAL);
    test_eq("peek", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, victim), 0);
    test_eq("empty", bitmap[0] | bitmap[1], 0);
    test_eq("its size", ctl.u.shadow_op.pages, NR_PAGES);

    frame = populate(70);
    clear_page_of(before);
    test_eq("peek", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, victim), 0);
    test_eq("cleared page", bitmap[0], 1UL << 5);
    test_eq("new page", bitmap[1], 1UL << 6);
    test_eq("dirty pages", ctl.u.shadow_op.stats.dirty_count, 2);
    test_eq("clean", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, victim), 0);
    test_eq("the same", bitmap[1], 1UL << 6);
    clear_page_of(frame);
    test_eq("clean", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, victim), 0);
    test_eq("not any more", bitmap[0], 0);
    test_eq("but that", bitmap[1], 1UL << 6);
    test_eq("clean", shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, victim), 0);
    test_eq("nothing", bitmap[0] | bitmap[1], 0);

    clear_page_of(frame);
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_CLEAN;
    ctl.u.shadow_op.pages = NR_PAGES;
    set_xen_guest_handle(ctl.u.shadow_op.dirty_bitmap, (uint8_t *)UNMAPPED);
    test_eq("no buffer", domctl(XEN_DOMCTL_shadow_op, victim), -XEN_EFAULT);
    test_eq("peek", shadow(XEN_DOMCTL_SHADOW_OP_PEEK, victim), 0);
    test_eq("all may be dirty", bitmap[1], ~0UL);

    test_eq("limit", shadow(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, victim), 0);
    test_ok("its MiB", ctl.u.shadow_op.mb > 0);
    test_eq("off", shadow(XEN_DOMCTL_SHADOW_OP_OFF, victim), 0);
    test_eq("off again", shadow(XEN_DOMCTL_SHADOW_OP_OFF, victim), -XEN_EINVAL);
}

TEST(shadow, "ctl/shadow")
{
    long err;

    if (!pv_is_dom0())
        test_skip("for dom0 only");
    test_ok("a domain", create());
    refused();
    memset(&ctl, 0, sizeof(ctl));
    ctl.u.max_vcpus.max = 1;
    test_eq("max_vcpus", domctl(XEN_DOMCTL_max_vcpus, victim), 0);
    log_of(populate(5));

    /* It dies in the mode. */
    test_eq("on", shadow(XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, victim), 0);
    do {
        memset(&ctl, 0, sizeof(ctl));
        err = domctl(XEN_DOMCTL_destroydomain, victim);
    } while (err == -XEN_EAGAIN);
    test_eq("destroy", err, 0);
}
