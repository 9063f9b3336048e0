/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other vCPUs. */
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/time.h>
#include <pv/trap.h>

#define PATIENCE (10 * SECOND)

static uint8_t stacks[CPUS_MAX][STACK_SIZE]
    __attribute__((aligned(STACK_SIZE)));
static struct vcpu_guest_context context;

static struct {
    bool initialised;
    void (*fn)(void *arg);
    void *arg;
} jobs[CPUS_MAX];

/* First code on another vCPU; down() returns when it is brought up again. */
static void __attribute__((noreturn)) other_main(void)
{
    unsigned int id = cpu_self()->id;

    trap_init();
    for (;;) {
        if (jobs[id].fn)
            jobs[id].fn(jobs[id].arg);
        jobs[id].fn = NULL;
        events_off();
        hc_vcpu_op(VCPUOP_down, id, NULL);
    }
}

void smp_context(struct vcpu_guest_context *ctxt, unsigned int id)
{
    const struct trap_info *table = trap_table();
    uintptr_t top = (uintptr_t)stacks[id] + STACK_SIZE;

    memset(ctxt, 0, sizeof(*ctxt));
    ctxt->flags = VGCF_IN_KERNEL;
    ctxt->user_regs.rip = (uintptr_t)other_main;
    ctxt->user_regs.rsp = top - 8; /* as if called */
    ctxt->user_regs.cs = FLAT_KERNEL_CS;
    ctxt->user_regs.ss = FLAT_KERNEL_SS;
    ctxt->user_regs.rflags = 0x200;
    for (; table->address; table++)
        ctxt->trap_ctxt[table->vector] = *table;
    ctxt->kernel_ss = FLAT_KERNEL_SS;
    ctxt->kernel_sp = top;
    ctxt->ctrlreg[3] = xen_pfn_to_cr3(mfn_of(mm_l4()));
    ctxt->event_callback_eip = (uintptr_t)trap_stub_event;
    ctxt->failsafe_callback_eip = (uintptr_t)trap_stub_failsafe;
}

long smp_initialise(unsigned int id, const struct vcpu_guest_context *ctxt)
{
    struct cpu *cpu = (struct cpu *)stacks[id];
    long rc;

    cpu->id = id;
    cpu->info = &pv_shared_info->vcpu_info[id];
    cpu->info->evtchn_upcall_mask = 1;
    rc = hc_vcpu_op(VCPUOP_initialise, id, (void *)ctxt);
    if (!rc)
        jobs[id].initialised = true;
    return rc;
}

long smp_begin(unsigned int id, void (*fn)(void *arg), void *arg)
{
    long rc = 0;

    jobs[id].fn = fn;
    jobs[id].arg = arg;
    if (!jobs[id].initialised) {
        smp_context(&context, id);
        rc = smp_initialise(id, &context);
    }
    return rc ? rc : hc_vcpu_op(VCPUOP_up, id, NULL);
}

static bool is_down(void *id)
{
    return !hc_vcpu_op(VCPUOP_is_up, *(unsigned int *)id, NULL);
}

bool smp_end(unsigned int id) { return time_wait(is_down, &id, PATIENCE); }
