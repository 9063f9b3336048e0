/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: hypercalls that do next to nothing, batches, the console. */
#include <xen/vcpu.h>
#include <xen/version.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include "bench.h"

/* A number in the table's range that no version has used. */
#define UNUSED_NUMBER 47

static struct multicall_entry calls[BATCH];
static struct vcpu_runstate_info runstate;
static xen_extraversion_t extraversion;

static long null(void)
{
    return insn_hypercall(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0) <
           0;
}

static long bad_number(void)
{
    return insn_hypercall(UNUSED_NUMBER, 0, 0, 0, 0);
}

static long copy_extraversion(void)
{
    return insn_hypercall(__HYPERVISOR_xen_version, XENVER_extraversion,
                          (uintptr_t)&extraversion, 0, 0);
}

static long copy_runstate(void)
{
    return insn_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_get_runstate_info, 0,
                          (uintptr_t)&runstate, 0);
}

static void fill_calls(void)
{
    for (unsigned int i = 0; i < BATCH; i++)
        calls[i] = (struct multicall_entry){
            .op = __HYPERVISOR_xen_version,
            .args = { XENVER_version },
        };
}

static long multicall(void)
{
    return insn_hypercall(__HYPERVISOR_multicall, (uintptr_t)calls, BATCH, 0,
                          0);
}

static long console_0(void)
{
    return insn_hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 0,
                          (uintptr_t) "", 0);
}

static long console_16(void)
{
    return insn_hypercall(__HYPERVISOR_console_io, CONSOLEIO_write, 16,
                          (uintptr_t) "a line, 16 bytes\n" + 1, 0);
}

static const struct row rows[] = {
    { "hypercall_null", .op = null },
    { "hypercall_bad_number", .op = bad_number, .want = -XEN_ENOSYS },
    { "hypercall_copy_extraversion", .op = copy_extraversion },
    { "hypercall_copy_runstate", .op = copy_runstate },
    { "multicall_32_null", .op = multicall, .before = fill_calls },
    { "console_io_0", .op = console_0 },
    { "console_io_16", .op = console_16 },
};

GROUP(call, NULL, NULL);
