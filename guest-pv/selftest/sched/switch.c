/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vCPU keeps while another one runs: FPU, bases, debug registers. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/smp.h>
#include <pv/test.h>

#define ROUNDS 200

static volatile unsigned int wrong[2], done;
static uint64_t here[2] = { 0x1111, 0x2222 };

static void keep(void *arg)
{
    unsigned int id = cpu_self()->id;
    uint64_t mine = 0x0123456789abcdef ^ id * 0xffff;

    (void)arg;
    insn_set_xmm7(mine);
    insn_set_x87(1000 + id);
    hc_set_segment_base(SEGBASE_FS, (uintptr_t)&here[id]);
    hc_set_segment_base(SEGBASE_GS_KERNEL, (uintptr_t)&here[id]);
    hc_set_debugreg(2, 0x1000 + id);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        hc_sched_op(SCHEDOP_yield, NULL);
        wrong[id] += insn_get_xmm7() != mine;
        wrong[id] += insn_fs0() != here[id];
        wrong[id] += insn_gs0() != here[id];
        wrong[id] += hc_get_debugreg(2) != 0x1000 + (long)id;
    }
    wrong[id] += insn_get_x87() != 1000 + id;
    hc_set_segment_base(SEGBASE_FS, 0);
    hc_set_segment_base(SEGBASE_GS_KERNEL, 0);
    hc_set_debugreg(2, 0);
    done++;
}

TEST(vcpu_switch, "sched/switch")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    wrong[0] = 0;
    wrong[1] = 0;
    done = 0;
    test_eq("start", smp_begin(1, keep, NULL), 0);
    keep(NULL);
    test_ok("it ends", smp_end(1));
    test_eq("both are done", done, 2);
    test_eq("changed on vCPU 0", wrong[0], 0);
    test_eq("changed on vCPU 1", wrong[1], 0);
}
