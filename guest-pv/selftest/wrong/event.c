/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong uses of event_channel_op, sched_op, vcpu_op and callback_op. */
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include "rows.h"

#define NO_DOMAIN 4242
#define NO_PORT 1000000
#define NO_VCPU 8000
#define NO_FRAME 0xffffffffffull

/* clang-format off */
/* event_channel_op with a structure that is named as the operation. */
#define EV(why_, op, rc, ...)                                                  \
    ROW(why_, event_channel_op, EVTCHNOP_##op, rc,                             \
        DATA(struct evtchn_##op, __VA_ARGS__))
#define EV_BUF(op)                                                             \
    ROW("buffer", event_channel_op, EVTCHNOP_##op, BOTH(-XEN_EFAULT),          \
        .size = sizeof(struct evtchn_##op))

static const struct row channels[] = {
    EV_BUF(bind_interdomain), EV_BUF(bind_virq), EV_BUF(bind_pirq),
    EV_BUF(close), EV_BUF(send), EV_BUF(status), EV_BUF(alloc_unbound),
    EV_BUF(bind_ipi), EV_BUF(bind_vcpu), EV_BUF(unmask), EV_BUF(reset),
    EV_BUF(init_control), EV_BUF(expand_array), EV_BUF(set_priority),
    EV("no such domain", alloc_unbound, BOTH(-XEN_ESRCH), .dom = NO_DOMAIN),
    EV("another's ports", alloc_unbound, GUEST(-XEN_EPERM), .dom = 0, .remote_dom = DOMID_SELF),
    EV("reserved domain", alloc_unbound, BOTH(-XEN_ESRCH), .dom = DOMID_IO),
    EV("no such domain", bind_interdomain, BOTH(-XEN_ESRCH), .remote_dom = NO_DOMAIN, .remote_port = 1),
    EV("no such port", bind_interdomain, BOTH(-XEN_EINVAL), .remote_dom = DOMID_SELF, .remote_port = NO_PORT),
    EV("port 0", bind_interdomain, BOTH(-XEN_EINVAL), .remote_dom = DOMID_SELF),
    EV("last number", bind_interdomain, BOTH(-XEN_EINVAL), .remote_dom = DOMID_SELF, .remote_port = ~0u),
    EV("dom0's, not for us", bind_interdomain, GUEST(-XEN_EINVAL), .remote_dom = 0, .remote_port = 1),
    EV("no such VIRQ", bind_virq, BOTH(-XEN_EINVAL), .virq = 24),
    EV("last number", bind_virq, BOTH(-XEN_EINVAL), .virq = ~0u),
    EV("no such vCPU", bind_virq, BOTH(-XEN_ENOENT), .virq = VIRQ_XENOPROF, .vcpu = NO_VCPU),
    EV("global, on another vCPU", bind_virq, BOTH(-XEN_EINVAL), .virq = VIRQ_CONSOLE, .vcpu = 1),
    EV("no such PIRQ", bind_pirq, PRIV(-XEN_EINVAL), .pirq = ~0u),
    EV("unknown flag", bind_pirq, PRIV(-XEN_EINVAL), .pirq = 1, .flags = 2),
    EV("no such vCPU", bind_ipi, BOTH(-XEN_ENOENT), .vcpu = NO_VCPU),
    EV("port 0", close, BOTH(-XEN_EINVAL), .port = 0),
    EV("no such port", close, BOTH(-XEN_EINVAL), .port = NO_PORT),
    EV("last number", close, BOTH(-XEN_EINVAL), .port = ~0u),
    EV("port 0", send, BOTH(-XEN_EINVAL), .port = 0),
    EV("no such port", send, BOTH(-XEN_EINVAL), .port = NO_PORT),
    EV("last number", send, BOTH(-XEN_EINVAL), .port = ~0u),
    EV("no such domain", status, BOTH(-XEN_ESRCH), .dom = NO_DOMAIN),
    EV("another's ports", status, GUEST(-XEN_EPERM), .dom = 0, .port = 1),
    EV("no such port", status, BOTH(-XEN_EINVAL), .dom = DOMID_SELF, .port = NO_PORT),
    ROW("read-only", event_channel_op, EVTCHNOP_status, BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(struct evtchn_status, .dom = DOMID_SELF, .port = 1)),
    EV("no such vCPU", bind_vcpu, BOTH(-XEN_ENOENT), .port = 1, .vcpu = NO_VCPU),
    EV("no such port", bind_vcpu, BOTH(-XEN_EINVAL), .port = NO_PORT),
    EV("port 0", bind_vcpu, BOTH(-XEN_EINVAL), .port = 0),
    EV("no such port", unmask, BOTH(-XEN_EINVAL), .port = NO_PORT),
    EV("no such domain", reset, BOTH(-XEN_ESRCH), .dom = NO_DOMAIN),
    EV("another's ports", reset, GUEST(-XEN_EPERM), .dom = 0),
    EV("no such vCPU", init_control, BOTH(-XEN_ENOENT), .vcpu = NO_VCPU),
    EV("not aligned", init_control, BOTH(-XEN_EINVAL), .offset = 4),
    EV("over the page's end", init_control, BOTH(-XEN_EINVAL), .offset = 4096 - 64),
    EV("no such frame", init_control, BOTH(-XEN_EINVAL), .control_gfn = NO_FRAME),
    EV("no such port", set_priority, BOTH(-XEN_EINVAL), .port = NO_PORT),
    ROW("unknown", event_channel_op, 14, BOTH(-XEN_ENOSYS), DATA(struct evtchn_send, 0)),
    ROW("last number", event_channel_op, ~0ul, BOTH(-XEN_ENOSYS), DATA(struct evtchn_send, 0)),
};

#define SCHED(why_, op, rc, ...) ROW(why_, sched_op, SCHEDOP_##op, rc, __VA_ARGS__)

static const struct row sched[] = {
    SCHED("buffer", shutdown, BOTH(-XEN_EFAULT), .size = sizeof(struct sched_shutdown)),
    SCHED("buffer", poll, BOTH(-XEN_EFAULT), .size = sizeof(struct sched_poll)),
    SCHED("buffer", remote_shutdown, BOTH(-XEN_EFAULT), .size = sizeof(struct sched_remote_shutdown)),
    SCHED("no such reason", shutdown, BOTH(-XEN_EINVAL), DATA(struct sched_shutdown, .reason = SHUTDOWN_MAX + 1)),
    SCHED("last number", shutdown, BOTH(-XEN_EINVAL), DATA(struct sched_shutdown, .reason = ~0u)),
    SCHED("too many ports", poll, BOTH(-XEN_EINVAL), DATA(struct sched_poll, .nr_ports = 129)),
    SCHED("most ports of all", poll, BOTH(-XEN_EINVAL), DATA(struct sched_poll, .nr_ports = ~0u)),
    SCHED("list of ports", poll, BOTH(-XEN_EFAULT), DATA(struct sched_poll, .ports.p = (void *)UNMAPPED, .nr_ports = 1)),
    SCHED("list inside the hypervisor", poll, BOTH(-XEN_EFAULT), DATA(struct sched_poll, .ports.p = (void *)HV_ADDR, .nr_ports = 1)),
    SCHED("no such domain", remote_shutdown, PRIV(-XEN_ESRCH), DATA(struct sched_remote_shutdown, .domain_id = NO_DOMAIN)),
    SCHED("no such reason", remote_shutdown, PRIV(-XEN_EINVAL), DATA(struct sched_remote_shutdown, .domain_id = NO_DOMAIN, .reason = 77)),
    SCHED("not here", pin_override, PRIV(-XEN_ENOSYS), DATA(struct sched_pin_override, .pcpu = 0)),
    SCHED("not here", shutdown_code, BOTH(-XEN_ENOSYS), DATA(struct sched_shutdown, 0)),
    SCHED("not here", watchdog, BOTH(-XEN_ENOSYS), DATA(struct sched_watchdog, 0)),
    ROW("last number", sched_op, ~0ul, BOTH(-XEN_ENOSYS), DATA(struct sched_shutdown, 0)),
    ROW_ANY("no such reason", sched_op_compat, .arg = { SCHEDOP_shutdown, 77 }, BOTH(-XEN_EINVAL), DATA(uint64_t, 0)),
    ROW("not in this form", sched_op_compat, SCHEDOP_poll, BOTH(-XEN_ENOSYS), DATA(struct sched_poll, .nr_ports = 0)),
    /* SCHEDOP_yield and SCHEDOP_block have no argument. */
};

#define VCPU(why_, op, id, rc, ...)                                            \
    ROW_ANY(#op ": " why_, vcpu_op, .arg = { VCPUOP_##op, id, BUF }, rc, __VA_ARGS__)
#define VCPU_BUF(op, type) VCPU("buffer", op, 0, BOTH(-XEN_EFAULT), .size = sizeof(type))
#define VCPU_NONE(op) VCPU("no such vCPU", op, NO_VCPU, BOTH(-XEN_ENOENT), DATA(uint64_t, 0))
#define AREA(type, where) DATA(type, .addr.v = (void *)(where))

static const struct row vcpu[] = {
    VCPU_BUF(initialise, struct vcpu_guest_context),
    VCPU_BUF(get_runstate_info, struct vcpu_runstate_info),
    VCPU_BUF(register_runstate_memory_area, struct vcpu_register_runstate_memory_area),
    VCPU_BUF(set_periodic_timer, struct vcpu_set_periodic_timer),
    VCPU_BUF(set_singleshot_timer, struct vcpu_set_singleshot_timer),
    VCPU_BUF(register_vcpu_info, struct vcpu_register_vcpu_info),
    VCPU_BUF(register_vcpu_time_memory_area, struct vcpu_register_time_memory_area),
    VCPU_NONE(initialise), VCPU_NONE(up), VCPU_NONE(down), VCPU_NONE(is_up),
    VCPU_NONE(get_runstate_info), VCPU_NONE(register_runstate_memory_area),
    VCPU_NONE(set_periodic_timer), VCPU_NONE(stop_periodic_timer),
    VCPU_NONE(set_singleshot_timer), VCPU_NONE(stop_singleshot_timer),
    VCPU_NONE(register_vcpu_info), VCPU_NONE(send_nmi), VCPU_NONE(get_physid),
    VCPU_NONE(register_vcpu_time_memory_area),
    VCPU("last number", is_up, ~0ul, BOTH(-XEN_ENOENT), DATA(uint64_t, 0)),
    /* initialise of one that has a context: sched/smp */
    VCPU("read-only", get_runstate_info, 0, BOTH(-XEN_EFAULT), .flags = READ_ONLY, DATA(struct vcpu_runstate_info, 0)),
    VCPU("area inside the hypervisor", register_runstate_memory_area, 0, BOTH(-XEN_EFAULT), AREA(struct vcpu_register_runstate_memory_area, HV_ADDR)),
    VCPU("area over the last address", register_runstate_memory_area, 0, BOTH(-XEN_EFAULT), AREA(struct vcpu_register_runstate_memory_area, ~7ul)),
    VCPU("area inside the hypervisor", register_vcpu_time_memory_area, 0, BOTH(-XEN_EFAULT), AREA(struct vcpu_register_time_memory_area, HV_ADDR)),
    VCPU("period 0", set_periodic_timer, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_set_periodic_timer, 0)),
    VCPU("period too short", set_periodic_timer, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_set_periodic_timer, .period_ns = 999999)),
    VCPU("period without end", set_periodic_timer, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_set_periodic_timer, .period_ns = ~0ul)),
    VCPU("in the past", set_singleshot_timer, 0, BOTH(-XEN_ETIME), DATA(struct vcpu_set_singleshot_timer, .timeout_abs_ns = 1, .flags = VCPU_SSHOTTMR_future)),
    VCPU("no such frame", register_vcpu_info, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_register_vcpu_info, .mfn = NO_FRAME)),
    VCPU("a frame that is not ours", register_vcpu_info, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_register_vcpu_info, .mfn = 0x10)),
    VCPU("over the page's end", register_vcpu_info, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_register_vcpu_info, .offset = 4040)),
    VCPU("offset that overflows", register_vcpu_info, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_register_vcpu_info, .offset = ~0u)),
    VCPU("argument", send_nmi, 0, BOTH(-XEN_EINVAL), DATA(uint64_t, 0)),
    VCPU("not pinned", get_physid, 0, BOTH(-XEN_EINVAL), DATA(struct vcpu_get_physid, 0)),
    ROW_ANY("unknown", vcpu_op, .arg = { 14, 0, BUF }, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
    ROW_ANY("last number", vcpu_op, .arg = { ~0ul, 0, BUF }, BOTH(-XEN_ENOSYS), DATA(uint64_t, 0)),
};

#define CB(why_, op, rc, ...) ROW(why_, callback_op, CALLBACKOP_##op, rc, DATA(struct callback_##op, __VA_ARGS__))

static const struct row callbacks[] = {
    ROW("buffer", callback_op, CALLBACKOP_register, BOTH(-XEN_EFAULT), .size = sizeof(struct callback_register)),
    ROW("buffer", callback_op, CALLBACKOP_unregister, BOTH(-XEN_EFAULT), .size = sizeof(struct callback_unregister)),
    CB("no such type", register, BOTH(-XEN_ENOSYS), .type = 99),
    CB("address that is none", register, BOTH(-XEN_EINVAL), .type = CALLBACKTYPE_event, .address = NON_CANONICAL),
    CB("NMI's, likewise", register, BOTH(-XEN_EINVAL), .type = CALLBACKTYPE_nmi, .address = NON_CANONICAL),
    CB("no such type", unregister, BOTH(-XEN_ENOSYS), .type = 99),
    CB("events", unregister, BOTH(-XEN_EINVAL), .type = CALLBACKTYPE_event),
    CB("failsafe", unregister, BOTH(-XEN_EINVAL), .type = CALLBACKTYPE_failsafe),
    CB("system calls", unregister, BOTH(-XEN_EINVAL), .type = CALLBACKTYPE_syscall),
    ROW("unknown", callback_op, 2, BOTH(-XEN_ENOSYS), DATA(struct callback_register, 0)),
};
/* clang-format on */

TEST(wrong_event, "wrong/event") { WRONG_ROWS(channels); }

TEST(wrong_sched, "wrong/sched")
{
    WRONG_ROWS(sched);
    WRONG_ROWS(callbacks);
}

TEST(wrong_vcpu, "wrong/vcpu") { WRONG_ROWS(vcpu); }
