/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Time: the arithmetic of vcpu_time_info, waiting, the one-shot timer. */
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/time.h>

uint64_t time_ns(void)
{
    volatile struct vcpu_time_info *t = &cpu_self()->info->time;
    uint32_t version;
    uint64_t delta, ns;

    do {
        version = t->version & ~1u; /* odd: being written */
        insn_barrier();
        delta = insn_rdtsc() - t->tsc_timestamp;
        delta =
            t->tsc_shift < 0 ? delta >> -t->tsc_shift : delta << t->tsc_shift;
        ns = (uint64_t)(((unsigned __int128)delta * t->tsc_to_system_mul) >>
                        32) +
             t->system_time;
        insn_barrier();
    } while (t->version != version);
    return ns;
}

/* What counts between two looks: the rest went by while nobody had a CPU. */
#define LOOK_MAX (10 * MS)

bool time_wait(bool (*cond)(void *arg), void *arg, uint64_t limit_ns)
{
    uint64_t last = time_ns(), waited = 0, now;

    while (!cond(arg)) {
        if (waited > limit_ns)
            return cond(arg);
        hc_sched_op(SCHEDOP_yield, NULL);
        now = time_ns();
        waited += now - last < LOOK_MAX ? now - last : LOOK_MAX;
        last = now;
    }
    return true;
}

long timer_set(uint64_t at_ns, uint32_t flags)
{
    struct vcpu_set_singleshot_timer arg = { .timeout_abs_ns = at_ns,
                                             .flags = flags };

    return hc_vcpu_op(VCPUOP_set_singleshot_timer, cpu_self()->id, &arg);
}

long timer_stop(void)
{
    return hc_vcpu_op(VCPUOP_stop_singleshot_timer, cpu_self()->id, NULL);
}
