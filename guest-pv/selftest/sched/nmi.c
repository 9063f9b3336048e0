/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each NMI arrives, at a vCPU that is just going to sleep too. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/hypercall.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>
#include <pv/trap.h>

#define ROUNDS 500

static volatile unsigned int arrived;

static bool count(struct cpu_user_regs *regs)
{
    (void)regs;
    arrived++;
    return true;
}

static void sleeper(void *arg)
{
    (void)arg;
    while (arrived < ROUNDS)
        hc_sched_op(SCHEDOP_block, NULL);
}

static bool reached(void *arg) { return arrived >= *(unsigned int *)arg; }

TEST(nmi, "sched/nmi")
{
    if (hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("the domain has one vCPU");
    arrived = 0;
    trap_hook(TRAP_NMI, count);
    test_eq("start", smp_begin(1, sleeper, NULL), 0);
    for (unsigned int i = 1; i <= ROUNDS; i++) {
        test_eq("send", hc_vcpu_op(VCPUOP_send_nmi, 1, NULL), 0);
        if (!time_wait(reached, &i, 5 * SECOND)) {
            test_fail("%u of %u arrived", arrived, i);
            arrived = ROUNDS;
            hc_vcpu_op(VCPUOP_send_nmi, 1, NULL);
            break;
        }
    }
    test_ok("it ends", smp_end(1));
    trap_hook(TRAP_NMI, NULL);
}
