/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Benchmarks: other vCPUs: initialised, brought up, woken in turn. */
#include <xen/callback.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/trap.h>
#include "bench.h"

/* The first other vCPU; each is initialised once, so runs take the next. */
#define FIRST 1

static struct vcpu_guest_context context;
static struct evtchn_send there, back;
static unsigned int initialised, started; /* how many others */

void bench_vcpu_main(void) __attribute__((noreturn));

static long send(struct evtchn_send *arg)
{
    return insn_hypercall(__HYPERVISOR_event_channel_op, EVTCHNOP_send,
                          (uintptr_t)arg, 0, 0);
}

/* Block, with events masked, until the stub has taken one of this vCPU. */
static void wait_event(unsigned int id, volatile uint8_t *mask)
{
    uint64_t before = bench_upcalls[id];

    while (bench_upcalls[id] == before) {
        insn_hypercall(__HYPERVISOR_sched_op, SCHEDOP_block, 0, 0, 0);
        *mask = 1;
    }
}

/* vCPU 1 answers for ever, the others go down. */
void bench_vcpu_main(void)
{
    struct cpu *cpu = cpu_self();

    while (cpu->id != FIRST)
        hc_vcpu_op(VCPUOP_down, cpu->id, NULL);
    bench_callback(CALLBACKTYPE_event, bench_event_1);
    for (;;) {
        wait_event(FIRST, &cpu->info->evtchn_upcall_mask);
        send(&back);
    }
}

static void begin(void)
{
    long port = evtchn_alloc(DOMID_SELF);
    struct evtchn_bind_vcpu bind = { .vcpu = FIRST };

    there.port = (evtchn_port_t)port;
    back.port = (evtchn_port_t)evtchn_bind_local(there.port);
    bind.port = back.port;
    bench_must("EVTCHNOP_bind_vcpu",
               hc_event_channel_op(EVTCHNOP_bind_vcpu, &bind), 0);
    evtchn_forget(back.port); /* binding raises it, at vCPU 0 */
    bench_port_mask[0] = 1ull << there.port;
    bench_port_mask[1] = 1ull << back.port;
    bench_callback(CALLBACKTYPE_event, bench_event_0);
}

static uint64_t initialise(void)
{
    uint64_t start, cycles;
    struct cpu *cpu;
    long rc;

    if (FIRST + initialised == CPUS_MAX)
        return ~0ull;
    smp_context(&context, FIRST + initialised);
    cpu = (struct cpu *)(context.kernel_sp - STACK_SIZE);
    cpu->id = FIRST + initialised++;
    cpu->info = &pv_shared_info->vcpu_info[cpu->id];
    cpu->info->evtchn_upcall_mask = 1;
    context.user_regs.rip = (uintptr_t)bench_vcpu_entry;

    start = insn_rdtsc();
    rc = insn_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_initialise, cpu->id,
                        (uintptr_t)&context, 0);
    cycles = insn_rdtsc() - start;
    bench_must("VCPUOP_initialise", rc, 0);
    return cycles;
}

static uint64_t up(void)
{
    uint64_t start;

    if (started == initialised)
        return ~0ull;
    bench_first_tsc = 0;
    start = insn_rdtsc();
    bench_must("VCPUOP_up",
               insn_hypercall(__HYPERVISOR_vcpu_op, VCPUOP_up,
                              FIRST + started++, 0, 0),
               0);
    while (!bench_first_tsc)
        insn_hypercall(__HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0);
    return bench_first_tsc - start;
}

static long pingpong(void)
{
    send(&there);
    wait_event(0, &cpu_self()->info->evtchn_upcall_mask);
    return 0;
}

static const struct row rows[] = {
    { "vcpu_initialise", .measure = initialise },
    { "vcpu_up_to_first_instruction", .measure = up },
    { "vcpu_pingpong", .op = pingpong, .before = events_off },
};

GROUP(vcpu, begin, NULL);
