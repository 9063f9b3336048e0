/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The local APIC (SDM volume 3, chapter 10): end of interrupt, this CPU's
 * one-shot timer, interrupts to other CPUs.  Its registers are MSRs where the
 * CPU has the x2APIC mode, otherwise memory.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/features.h>
#include <hv/hvmap.h>
#include <hv/irq.h>
#include <hv/scale.h>
#include <x86/insn.h>
#include <x86/msr.h>
#include "local.h"

#define LAPIC_ID 0x20
#define LAPIC_VERSION 0x30
#define LAPIC_TPR 0x80
#define LAPIC_EOI 0xb0
#define LAPIC_SVR 0xf0
#define LAPIC_ICR 0x300
#define LAPIC_ICR_HIGH 0x310
#define LAPIC_LVT_TIMER 0x320
#define LAPIC_LVT_THERMAL 0x330
#define LAPIC_LVT_PERF 0x340
#define LAPIC_LVT_LINT0 0x350
#define LAPIC_LVT_LINT1 0x360
#define LAPIC_LVT_ERROR 0x370
#define LAPIC_TIMER_INIT 0x380
#define LAPIC_TIMER_COUNT 0x390
#define LAPIC_TIMER_DIVIDE 0x3e0

#define APIC_BASE_X2APIC (1UL << 10)
#define APIC_BASE_ENABLE (1UL << 11)
#define SVR_ENABLE 0x100
#define LVT_MASKED 0x10000
#define LVT_NMI 0x400
#define LVT_TSC_DEADLINE 0x40000
#define DIVIDE_BY_1 0xb
#define MSR_TSC_DEADLINE 0x6e0

#define MSR_X2APIC(reg) (0x800 + (reg) / 16)

#define ICR_NMI 0x400
#define ICR_INIT 0x500
#define ICR_STARTUP 0x600
#define ICR_PENDING 0x1000
#define ICR_ASSERT 0x4000
#define ICR_OTHERS 0xc0000
#define ICR_SELF 0x40000

#define INIT_US 10000 /* between INIT and start-up, and the two start-ups */
#define STARTUP_US 200

/* As good as never, and of any processor's ticks no more than 64 bits hold. */
#define FAR_NS (1UL << 60)

#define CALIBRATE_MS 10
#define CALIBRATE_TRIES 5

static volatile uint32_t *regs;
static uint64_t ticks_per_ns; /* of the timer, times 2^32 */

static uint32_t reg_read(unsigned int reg)
{
    return CPU_HAS(X2APIC) ? rdmsr(MSR_X2APIC(reg)) : regs[reg / 4];
}

static void reg_write(unsigned int reg, uint32_t v)
{
    if (CPU_HAS(X2APIC))
        wrmsr(MSR_X2APIC(reg), v);
    else
        regs[reg / 4] = v;
}

uint32_t lapic_id(void)
{
    return CPU_HAS(X2APIC) ? reg_read(LAPIC_ID) : reg_read(LAPIC_ID) >> 24;
}

static void send(uint32_t apic_id, uint32_t what)
{
    if (CPU_HAS(X2APIC)) {
        mfence(); /* such an MSR does not wait for stores to be seen */
        wrmsr(MSR_X2APIC(LAPIC_ICR), (uint64_t)apic_id << 32 | what);
        return;
    }
    while (reg_read(LAPIC_ICR) & ICR_PENDING)
        pause_cpu();
    reg_write(LAPIC_ICR_HIGH, apic_id << 24);
    reg_write(LAPIC_ICR, what);
}

void lapic_kick(uint32_t apic_id) { send(apic_id, ICR_ASSERT | VECTOR_KICK); }

/* An NMI may have come between the two writes of send(): leave the first. */
void lapic_kick_self(void)
{
    reg_write(LAPIC_ICR, ICR_SELF | ICR_ASSERT | VECTOR_KICK);
}

void lapic_nmi_others(void) { send(0, ICR_OTHERS | ICR_ASSERT | ICR_NMI); }

void lapic_start(uint32_t apic_id, unsigned int page)
{
    send(apic_id, ICR_ASSERT | ICR_INIT);
    delay_us(INIT_US);
    for (int i = 0; i < 2; i++) {
        send(apic_id, ICR_ASSERT | ICR_STARTUP | page);
        delay_us(STARTUP_US);
    }
}

void lapic_eoi(void) { reg_write(LAPIC_EOI, 0); }

void lapic_timer_set(uint64_t ns)
{
    uint64_t now, ticks;

    if (!ns) {
        if (CPU_HAS(TSC_DEADLINE))
            wrmsr(MSR_TSC_DEADLINE, 0);
        else
            reg_write(LAPIC_TIMER_INIT, 0);
        return;
    }

    now = now_ns();
    ns = ns <= now ? 0 : MIN(ns - now, FAR_NS);
    ticks = (unsigned __int128)ns * ticks_per_ns >> 32;
    if (CPU_HAS(TSC_DEADLINE)) {
        wrmsr(MSR_TSC_DEADLINE, rdtsc() + ticks);
        return;
    }
    /* Too far away: it fires early, and whoever waits sets it again. */
    if (ticks >= UINT32_MAX)
        ticks = UINT32_MAX - 1;
    reg_write(LAPIC_TIMER_INIT, ticks + 1);
}

/* Count with the timer while the TSC advances by CALIBRATE_MS or more. */
static struct counted count_once(void)
{
    uint64_t begin, began, end, ended, left;

    begin = rdtsc_ordered();
    reg_write(LAPIC_TIMER_INIT, UINT32_MAX);
    began = rdtsc_ordered();
    while (rdtsc() - began < (uint64_t)tsc_khz * CALIBRATE_MS)
        pause_cpu();
    end = rdtsc_ordered();
    left = reg_read(LAPIC_TIMER_COUNT);
    ended = rdtsc_ordered();
    reg_write(LAPIC_TIMER_INIT, 0);

    return (struct counted){
        .ticks = left ? UINT32_MAX - left : 0, /* 0: it has run out */
        .cycles = (end + ended) / 2 - (begin + began) / 2,
        .doubt = ended - end + began - begin,
    };
}

/* The timer's rate against the TSC.  A machine below ours may halt us at any
 * place, so several tries are made unless the first is good. */
static void calibrate(void)
{
    struct counted best = { 0, 0, 0 };

    BUG_ON(!tsc_khz);
    if (CPU_HAS(TSC_DEADLINE)) {
        ticks_per_ns = ((uint64_t)tsc_khz << 32) / 1000000;
        return;
    }
    for (int i = 0; i < CALIBRATE_TRIES && !count_is_good(best); i++)
        best = count_better(best, count_once());
    ticks_per_ns = count_rate(best, tsc_khz);
    if (!ticks_per_ns)
        panic("the local APIC's timer does not count");
    log_debug("lapic: timer at %lu kHz\n", ticks_per_ns * 1000000 >> 32);
}

void lapic_init_cpu(void)
{
    uint64_t base = rdmsr(MSR_APIC_BASE);

    /* Into x2APIC mode the way leads through "on". */
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    if (CPU_HAS(X2APIC))
        wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE | APIC_BASE_X2APIC);

    reg_write(LAPIC_TPR, 0);
    reg_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
    reg_write(LAPIC_LVT_THERMAL, LVT_MASKED);
    reg_write(LAPIC_LVT_PERF, LVT_MASKED);
    reg_write(LAPIC_LVT_LINT0, LVT_MASKED);
    reg_write(LAPIC_LVT_LINT1, LVT_NMI);
    reg_write(LAPIC_LVT_ERROR, LVT_MASKED);
    reg_write(LAPIC_TIMER_DIVIDE, DIVIDE_BY_1);
    if (!ticks_per_ns) {
        reg_write(LAPIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
        calibrate();
    }
    reg_write(LAPIC_LVT_TIMER,
              VECTOR_TIMER | (CPU_HAS(TSC_DEADLINE) ? LVT_TSC_DEADLINE : 0));
    lapic_eoi(); /* an interrupt that the firmware left in service */
}

void lapic_init(void)
{
    regs = hvmap_mmio(acpi.lapic_address, PAGE_SIZE);
    if (!regs)
        panic("cannot map the local APIC at %#lx", acpi.lapic_address);
    lapic_init_cpu();
    log_info("lapic: id %u at %#lx, version %#x%s%s\n", lapic_id(),
             acpi.lapic_address, reg_read(LAPIC_VERSION),
             CPU_HAS(X2APIC) ? ", x2APIC" : "",
             CPU_HAS(TSC_DEADLINE) ? ", TSC deadline" : "");
}
