/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: event channels. */
#include <xen/event_channel.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/start.h>
#include "fuzz.h"

/* The tools' ports stay open: our last words go through one. */
#define NR_PORTS 128

static bool is_tools(uint32_t port)
{
    return !pv_is_dom0() && (port == pv_start_info->console.domU.evtchn ||
                             port == pv_start_info->store_evtchn);
}

static uint32_t any_port(struct worker *w)
{
    uint32_t port =
        one_in(w, 32) ? (uint32_t)odd_number(w) : (uint32_t)rnd(w, NR_PORTS);

    return is_tools(port) ? 0 : port;
}

static uint32_t any_vcpu(struct worker *w)
{
    return one_in(w, 16) ? (uint32_t)odd_number(w) : (uint32_t)rnd(w, 4);
}

static domid_t partner(struct worker *w)
{
    if (one_in(w, 16))
        return odd_domid(w);
    return one_in(w, 2) ? DOMID_SELF : peer_domid;
}

/* The longest argument, in words: each command takes what it knows of it. */
union arg {
    struct evtchn_bind_interdomain bind;
    struct evtchn_bind_virq virq;
    struct evtchn_bind_ipi ipi;
    struct evtchn_alloc_unbound alloc;
    struct evtchn_status status;
    struct evtchn_bind_vcpu vcpu;
    struct evtchn_init_control control;
    struct evtchn_expand_array expand;
    struct evtchn_set_priority priority;
    uint32_t port; /* send, close, unmask */
    uint64_t words[8];
};

static void fill(struct worker *w, unsigned int cmd, union arg *a)
{
    a->port = any_port(w);
    switch (cmd) {
    case EVTCHNOP_bind_interdomain:
        a->bind.remote_dom = partner(w);
        a->bind.remote_port = any_port(w);
        break;
    case EVTCHNOP_bind_virq:
        a->virq.virq = (uint32_t)(one_in(w, 8) ? odd_number(w) : rnd(w, 24));
        a->virq.vcpu = any_vcpu(w);
        break;
    case EVTCHNOP_bind_ipi:
        a->ipi.vcpu = any_vcpu(w);
        break;
    case EVTCHNOP_alloc_unbound:
        a->alloc.dom = DOMID_SELF;
        a->alloc.remote_dom = partner(w);
        break;
    case EVTCHNOP_status:
        a->status.dom = DOMID_SELF;
        a->status.port = any_port(w);
        break;
    case EVTCHNOP_bind_vcpu:
        a->vcpu.vcpu = any_vcpu(w);
        break;
    case EVTCHNOP_init_control:
    case EVTCHNOP_expand_array:
        a->words[0] = lent_frame(w);
        a->words[1] = one_in(w, 2) ? rnd(w, 4096) : odd_number(w);
        break;
    case EVTCHNOP_set_priority:
        a->priority.priority = (uint32_t)rnd(w, 20);
        break;
    default:
        break;
    }
}

static void op_event(struct worker *w)
{
    static const uint8_t often[] = {
        EVTCHNOP_bind_interdomain,
        EVTCHNOP_alloc_unbound,
        EVTCHNOP_bind_ipi,
        EVTCHNOP_bind_virq,
        EVTCHNOP_close,
        EVTCHNOP_close,
        EVTCHNOP_send,
        EVTCHNOP_send,
        EVTCHNOP_unmask,
        EVTCHNOP_bind_vcpu,
        EVTCHNOP_status,
    };
    union arg *a = args(w, sizeof(*a));
    unsigned int cmd =
        one_in(w, 4) ? (unsigned int)rnd(w, 16) : often[rnd(w, sizeof(often))];

    if (cmd == EVTCHNOP_reset && !pv_is_dom0())
        return;
    fill(w, cmd, a);
    call(w, __HYPERVISOR_event_channel_op, cmd, odd_ptr(w, a), 0, 0, 0);
}

/* Pending and mask bits belong to us as much as to the hypervisor. */
static void op_bits(struct worker *w)
{
    evtchn_port_t port = (evtchn_port_t)rnd(w, NR_PORTS);

    w->tried++;
    if (one_in(w, 2))
        evtchn_set_mask(port, one_in(w, 2));
    else if (one_in(w, 2))
        pv_shared_info->evtchn_pending[port / 64] ^= 1ull << port % 64;
    else
        (void)(one_in(w, 2) ? events_on() : events_off());
}

const struct fuzz_op ops_event[] = {
    { "event_channel_op", op_event, 16, true },
    { "event bits", op_bits, 4, false },
    { 0 },
};

void event_restore(void)
{
    for (uint32_t port = 1; port < NR_PORTS; port++)
        if (!is_tools(port))
            evtchn_close(port);
}
