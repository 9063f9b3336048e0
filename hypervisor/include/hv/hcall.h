/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls: the arguments as the handlers see them. */
#pragma once

#include <hv/types.h>

struct vcpu;

#define HCALL_ARGS_MAX 6

/*
 * One call.  A handler that has to stop half-way changes arg[] so that the
 * same call with these arguments goes on where it stopped, and returns
 * -ERESTART; the dispatcher stores them and repeats the call.
 */
struct hcall {
    unsigned long arg[HCALL_ARGS_MAX];
    struct vcpu *caller; /* the current vCPU */
};

typedef long hcall_fn(struct hcall *h);

/*
 * Who may call.  VALUE: anybody; what it returns is a number of the guest's,
 * which may look like -ERESTART and is not: it never stops half-way.
 */
enum hcall_who { ANY, CONTROL, VALUE };

/*
 * The only list of hypercalls: ABI name, argument count, who may call.
 * Unknown numbers are -ENOSYS; refused privilege is -EPERM.
 */
// clang-format off
#define HCALL_LIST(X)                       \
    X(set_trap_table,          1, ANY)      \
    X(mmu_update,              4, ANY)      \
    X(set_gdt,                 2, ANY)      \
    X(stack_switch,            2, ANY)      \
    X(fpu_taskswitch,          1, ANY)      \
    X(sched_op_compat,         2, ANY)      \
    X(platform_op,             1, CONTROL)  \
    X(set_debugreg,            2, ANY)      \
    X(get_debugreg,            1, VALUE)    \
    X(update_descriptor,       2, ANY)      \
    X(memory_op,               2, ANY)      \
    X(multicall,               2, ANY)      \
    X(update_va_mapping,       3, ANY)      \
    X(set_timer_op,            1, ANY)      \
    X(xen_version,             2, ANY)      \
    X(console_io,              3, ANY)      \
    X(grant_table_op,          3, ANY)      \
    X(vm_assist,               2, ANY)      \
    X(update_va_mapping_otherdomain, 4, CONTROL) \
    X(iret,                    0, VALUE)    \
    X(vcpu_op,                 3, ANY)      \
    X(set_segment_base,        2, ANY)      \
    X(mmuext_op,               4, ANY)      \
    X(sched_op,                2, ANY)      \
    X(callback_op,             2, ANY)      \
    X(event_channel_op,        2, ANY)      \
    X(physdev_op,              2, ANY)      \
    X(sysctl,                  1, CONTROL)  \
    X(domctl,                  1, CONTROL)  \
    X(mca,                     1, CONTROL)
// clang-format on

#define X(name, nargs, who) hcall_fn hc_##name;
HCALL_LIST(X)
#undef X
