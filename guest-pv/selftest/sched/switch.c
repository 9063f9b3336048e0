/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a vCPU keeps while another one runs: FPU, bases, debug registers. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/trap.h>

#define ROUNDS 200

/* DR7: DR2 for writes of 8 bytes. */
#define WATCH_DR2 (1u << 4 | 1u << 24 | 2u << 26)

static volatile unsigned int wrong[2], done, hits[2];
static volatile uint64_t watched[2];
static uint64_t here[2] = { 0x1111, 0x2222 };

static bool count(struct cpu_user_regs *regs)
{
    (void)regs;
    hits[cpu_self()->id]++;
    return true;
}

static void keep(void *arg)
{
    unsigned int id = cpu_self()->id;
    uint64_t mine = 0x0123456789abcdef ^ id * 0xffff;

    (void)arg;
    insn_set_xmm7(mine);
    insn_set_x87(1000 + id);
    hc_set_segment_base(SEGBASE_FS, (uintptr_t)&here[id]);
    hc_set_segment_base(SEGBASE_GS_KERNEL, (uintptr_t)&here[id]);
    hc_set_debugreg(2, (uintptr_t)&watched[id]);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        hc_sched_op(SCHEDOP_yield, NULL);
        wrong[id] += insn_get_xmm7() != mine;
        wrong[id] += insn_fs0() != here[id];
        wrong[id] += insn_gs0() != here[id];
        wrong[id] += hc_get_debugreg(2) != (long)&watched[id];
    }
    hc_set_debugreg(7, WATCH_DR2);
    watched[id] = 1;
    hc_set_debugreg(7, 0);
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
    hits[0] = 0;
    hits[1] = 0;
    trap_hook(TRAP_DB, count);
    test_eq("start", smp_begin(1, keep, NULL), 0);
    keep(NULL);
    test_ok("it ends", smp_end(1));
    test_eq("both are done", done, 2);
    test_eq("changed on vCPU 0", wrong[0], 0);
    test_eq("changed on vCPU 1", wrong[1], 0);
    test_eq("its own breakpoint, vCPU 0", hits[0], 1);
    test_eq("its own breakpoint, vCPU 1", hits[1], 1);
    trap_hook(TRAP_DB, NULL);
}
