/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NMI, double fault, machine check: each on its own stack, because each can
 * arrive while rsp is not ours.
 *
 * `nmi=' says what the machine's own NMIs (a bus error, a watchdog, a button)
 * are for: `dom0' (the default) hands them on, `fatal' panics, `ignore' does
 * nothing.  They reach all CPUs; the boot CPU answers them.
 */
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include <xen/nmi.h>
#include "local.h"

/* System control port B: where an NMI came from, and how to silence it. */
#define PORT_B 0x61
#define PORT_B_KEEP 0x0f

static const struct {
    const char *name;
    uint32_t reason;      /* XEN_NMIREASON_* */
    uint8_t bit, silence; /* of PORT_B; the last row is any other */
} sources[] = {
    { "PCI system error", XEN_NMIREASON_pci_serr, 0x80, 0x04 },
    { "I/O check", XEN_NMIREASON_io_error, 0x40, 0x08 },
    { "unknown source", XEN_NMIREASON_unknown, 0, 0 },
};

static uint32_t news; /* reasons that dom0 has not been told */

/* Nothing but atomic operations here: a lock may be what was interrupted. */
static void nmi(const struct cpu_user_regs *regs)
{
    char policy[8] = "dom0";
    uint8_t port = inb(PORT_B);
    unsigned int i = 0;

    if (this_cpu_id())
        return;
    while (sources[i].bit && !(port & sources[i].bit))
        i++;
    if (sources[i].silence)
        outb(PORT_B, (port & PORT_B_KEEP) | sources[i].silence);
    cmdline_get(hv_cmdline, "nmi", policy, sizeof(policy));
    if (!strcmp(policy, "fatal"))
        panic_regs(regs, "NMI: %s", sources[i].name);
    if (!strcmp(policy, "ignore"))
        return;
    __atomic_fetch_or(&news, sources[i].reason, __ATOMIC_RELAXED);
    work_raise(this_cpu(), WORK_NMI);
    lapic_kick_self();
}

int vcpu_nmi(struct vcpu *v)
{
    unsigned int cpu;

    if (!v->traps[VEC_NMI].address)
        return -EINVAL;
    __atomic_store_n(&v->nmi_pending, true, __ATOMIC_SEQ_CST);
    vcpu_unblock(v);
    cpu = __atomic_load_n(&v->sched.cpu, __ATOMIC_SEQ_CST);
    work_raise(&cpus[cpu], WORK_NMI);
    cpu_kick(cpu);
    return 0;
}

static void tell_dom0(uint32_t reasons)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(sources); i++)
        if (reasons & sources[i].reason)
            log_warn("NMI: %s\n", sources[i].name);
    if (!dom0 || !dom0->vcpu[0])
        return;
    dom0->shared->arch.nmi_reason = reasons;
    vcpu_nmi(dom0->vcpu[0]);
}

void nmi_work(void)
{
    uint32_t reasons = __atomic_exchange_n(&news, 0, __ATOMIC_RELAXED);
    struct vcpu *v = current_vcpu();

    if (reasons)
        tell_dom0(reasons);
    if (this_cpu()->idle || !v || v->nmi_masked ||
        !__atomic_exchange_n(&v->nmi_pending, false, __ATOMIC_ACQUIRE))
        return;
    v->nmi_masked = true;
    trap_inject(VEC_NMI, 0);
}

void nmi_unmask(struct vcpu *v)
{
    v->nmi_masked = false;
    if (__atomic_load_n(&v->nmi_pending, __ATOMIC_RELAXED))
        work_raise(this_cpu(), WORK_NMI);
}

void ist_dispatch(struct cpu_user_regs *regs)
{
    while (smp_stopping())
        hlt(); /* another CPU panics */
    if (regs->entry_vector == VEC_NMI) {
        nmi(regs);
        return;
    }
    panic_regs(regs, "%s, error %#x",
               regs->entry_vector == VEC_DF ? "double fault" : "machine check",
               regs->error_code);
}
