/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vcpu_op on vCPUs that are not there, and on our own. */
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/test.h>

static struct vcpu_guest_context context;

TEST(vcpu_op, "sched/vcpu-op")
{
    test_eq("vCPU 0 is up", hc_vcpu_op(VCPUOP_is_up, 0, NULL), 1);
    test_eq("a vCPU beyond the maximum", hc_vcpu_op(VCPUOP_is_up, 8000, NULL),
            -XEN_ENOENT);
    test_eq("far beyond", hc_vcpu_op(VCPUOP_is_up, ~0u, NULL), -XEN_ENOENT);
    smp_context(&context, 0);
    test_eq("initialise vCPU 0", hc_vcpu_op(VCPUOP_initialise, 0, &context),
            -XEN_EEXIST);
    test_eq("initialise from no memory",
            hc_vcpu_op(VCPUOP_initialise, 0, (void *)UNMAPPED), -XEN_EFAULT);
    test_eq("initialise no such vCPU",
            hc_vcpu_op(VCPUOP_initialise, 8000, &context), -XEN_ENOENT);
    test_eq("unknown command", hc_vcpu_op(99, 0, NULL), -XEN_ENOSYS);
}
