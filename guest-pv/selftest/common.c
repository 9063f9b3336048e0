/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What several tests need to know. */
#include <xen/event_channel.h>
#include <xen/memory.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/test.h>
#include <pv/user.h>

/* The status of an unbound port names the domain that may bind it. */
unsigned int test_own_domid(void)
{
    struct evtchn_status status = { .dom = DOMID_SELF };
    long port = evtchn_alloc(DOMID_SELF);

    status.port = (evtchn_port_t)port;
    if (port < 0 || hc_event_channel_op(EVTCHNOP_status, &status))
        test_skip("the domain's own number is not known");
    evtchn_close(status.port);
    return status.u.unbound.dom;
}

/* The frame above our own pages whose M2P entry does not lead back to us. */
uint64_t test_stranger(void)
{
    const uint64_t *p2m = (const uint64_t *)pv_start_info->mfn_list;
    uint64_t low = ~0ull;

    for (uint64_t i = 0; i < pv_start_info->nr_pages; i++)
        low = p2m[i] < low ? p2m[i] : low;
    for (uint64_t mfn = low; mfn-- > low - 4096 && mfn > 256;) {
        uint64_t pfn = machine_to_phys_mapping[mfn];

        if (pfn >= pv_start_info->nr_pages || p2m[pfn] != mfn)
            return mfn;
    }
    return ~0ull;
}

void test_refused(const char *what, long rc)
{
    if (rc != -XEN_EBUSY && rc != -XEN_EINVAL && rc != -XEN_EPERM)
        test_fail("%s: got %ld, want a refusal", what, rc);
}

void test_user_ready(void)
{
    static bool ready;
    int rc;

    if (ready)
        return;
    rc = user_init();
    if (rc)
        test_skip("no user address space: rc %d", rc);
    ready = true;
}
