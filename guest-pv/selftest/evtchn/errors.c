/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong uses of event channels. */
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>

#define NO_PORT 1000000
#define CLOSED_PORT 900

TEST(evtchn_errors, "evtchn/errors")
{
    struct evtchn_bind_interdomain bind = { .remote_dom = 4242,
                                            .remote_port = 1 };
    struct evtchn_bind_vcpu move = { .port = CLOSED_PORT };
    struct evtchn_status status = { .dom = DOMID_SELF, .port = NO_PORT };

    test_eq("send, beyond the last port", evtchn_send(NO_PORT), -XEN_EINVAL);
    test_eq("send, closed", evtchn_send(CLOSED_PORT), -XEN_EINVAL);
    test_eq("close, beyond the last port", evtchn_close(NO_PORT), -XEN_EINVAL);
    test_eq("close, closed", evtchn_close(CLOSED_PORT), -XEN_EINVAL);
    test_eq("close port 0", evtchn_close(0), -XEN_EINVAL);
    test_eq("unmask, beyond the last port", evtchn_unmask(NO_PORT),
            -XEN_EINVAL);
    test_eq("bind to a domain that does not exist",
            hc_event_channel_op(EVTCHNOP_bind_interdomain, &bind), -XEN_ESRCH);
    test_eq("bind to a closed port", evtchn_bind_local(CLOSED_PORT),
            -XEN_EINVAL);
    test_eq("move a closed port",
            hc_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL);
    move.vcpu = 8000;
    test_eq("move to no such vCPU",
            hc_event_channel_op(EVTCHNOP_bind_vcpu, &move), -XEN_ENOENT);
    test_eq("status, beyond the last port",
            hc_event_channel_op(EVTCHNOP_status, &status), -XEN_EINVAL);
    test_eq("unknown command", hc_event_channel_op(99, &status), -XEN_ENOSYS);
    test_eq("argument that is not mapped",
            hc_event_channel_op(EVTCHNOP_send, (void *)UNMAPPED), -XEN_EFAULT);
    test_eq("argument inside the hypervisor",
            hc_event_channel_op(EVTCHNOP_send, (void *)HV_ADDR), -XEN_EFAULT);
}
