/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The runstate area: where the time of a vCPU went. */
#include <xen/vcpu.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/test.h>
#include <pv/time.h>

TEST(runstate, "sched/runstate")
{
    static volatile struct vcpu_runstate_info state, copy;
    struct vcpu_register_runstate_memory_area arg = { 0 };
    uint64_t sum, now;

    arg.addr.p = (uint64_t)(uintptr_t)&state;
    test_eq("register",
            hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &arg), 0);
    test_eq("running", (uint64_t)state.state, RUNSTATE_running);
    test_eq("read it by hypercall",
            hc_vcpu_op(VCPUOP_get_runstate_info, 0, (void *)&copy), 0);
    now = time_ns();
    test_eq("running", (uint64_t)copy.state, RUNSTATE_running);
    sum = copy.time[0] + copy.time[1] + copy.time[2] + copy.time[3];
    test_ok("times are not longer than the machine runs", sum <= now);
    test_ok("it has run", copy.time[RUNSTATE_running] > 0);
    test_eq("of no such vCPU",
            hc_vcpu_op(VCPUOP_get_runstate_info, 8000, (void *)&copy),
            -XEN_ENOENT);
    arg.addr.p = UNMAPPED;
    test_ok("registering no memory does no harm",
            hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &arg) <= 0);
    arg.addr.p = (uint64_t)(uintptr_t)&state;
    test_eq("register again",
            hc_vcpu_op(VCPUOP_register_runstate_memory_area, 0, &arg), 0);
}
