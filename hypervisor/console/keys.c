/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Debug keys, from the serial line or sysctl debug_keys: one table. */
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <hv/sched.h>
#include <hv/trap.h>
#include <hv/vcpu.h>

/* What a key prints was asked for: no threshold holds it back. */
#define say(...) log_print(LOG_ERR, __VA_ARGS__)

void console_dump_here(void)
{
    const struct vcpu *v = current_vcpu();

    if (this_cpu()->idle || !v) {
        say("CPU %u: idle\n", this_cpu_id());
        return;
    }
    say("CPU %u: d%u v%u\n", this_cpu_id(), v->domain->id, v->id);
    dump_regs(guest_regs());
}

static void key_registers(void)
{
    for (unsigned int i = 0; i < nr_cpus; i++)
        if (cpu_online(i)) {
            work_raise(&cpus[i], WORK_DUMP);
            cpu_kick(i);
        }
}

static void key_memory(void)
{
    say("%lu of %lu pages free\n", heap_free_pages(), heap_total_pages());
    for_each_domain (d)
        say("d%u: %u of at most %u pages\n", d->id, d->tot_pages, d->max_pages);
}

static void dump_vcpu(const struct vcpu *v)
{
    say("  v%u:%s%s%s, upcall %spending %smasked, cpu %u\n", v->id,
        v->sched.up ? " up" : " down", v->sched.blocked ? " blocked" : "",
        v->sched.running ? " running" : "",
        v->info->evtchn_upcall_pending ? "" : "not ",
        v->info->evtchn_upcall_mask ? "" : "not ", v->sched.cpu);
}

static void key_domains(void)
{
    for_each_domain (d) {
        say("d%u: %s%s%s life %u, references %u, pauses %u\n", d->id,
            d->control ? "control " : "", d->hardware ? "hardware " : "",
            d->shut_down ? "shut down" : "", d->life, d->refs, d->pause_count);
        for_each_vcpu (v, d)
            dump_vcpu(v);
    }
}

static void key_dom0(void)
{
    if (!dom0)
        return;
    for_each_vcpu (v, dom0) {
        dump_vcpu(v);
        dump_regs(v == current_vcpu() ? guest_regs() : &v->regs);
    }
}

/* What is held of guests' frames, beside page tables and vCPUs. */
static void audit_others(const struct domain *d, audit_count_fn *count)
{
    grant_audit(d, count);
    evtchn_audit(d, count);
    pirq_audit(d, count);
}

static void key_audit(void)
{
    say("audit: %lu violations\n", mm_audit(audit_others));
}

static void key_restart(void)
{
    say("restart by debug key\n");
    machine_restart();
}

static void key_help(void);

// clang-format off
static const struct {
    char key;
    void (*fn)(void);
    const char *help;
} keys[] = {
    { 'h', key_help,      "this help" },
    { '0', key_dom0,      "registers of dom0's vCPUs" },
    { 'a', key_audit,     "recount every frame's references" },
    { 'd', key_registers, "registers of the vCPU that each CPU runs" },
    { 'e', evtchn_dump,   "event channels" },
    { 'g', grant_dump,    "grant tables" },
    { 'i', irq_dump,      "interrupts" },
    { 'l', stretch_dump,  "longest times with interrupts off" },
    { 'm', key_memory,    "memory" },
    { 'q', key_domains,   "domains and vCPUs" },
    { 'r', sched_dump,    "run queues" },
    { 'R', key_restart,   "restart the machine" },
};
// clang-format on

static void key_help(void)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
        say("%c: %s\n", keys[i].key, keys[i].help);
}

void console_key(char c)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++)
        if (keys[i].key == c) {
            smp_hold_others(); /* all of this looks at what others change */
            keys[i].fn();
            smp_release_others();
            return;
        }
    say("no such key; h for help\n");
}
