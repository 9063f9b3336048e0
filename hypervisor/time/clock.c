/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System time: the time-stamp counter, and how its frequency is found.  One
 * base and one scale hold for all CPUs and never change, so that the clock
 * is monotonic and equal everywhere, in the hypervisor and in guests.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/features.h>
#include <hv/hvmap.h>
#include <hv/spin.h>
#include <hv/timer.h>
#include <x86/insn.h>
#include "local.h"

#define CALIBRATE_MS 20
#define SAMPLES 16

#define PMTMR_HZ 3579545
#define PIT_HZ 1193182
#define FS_PER_S 1000000000000000UL
#define HPET_PERIOD 4 /* femtoseconds per tick, the high half of register 0 */
#define HPET_CONFIG 0x10
#define HPET_COUNTER 0xf0
#define PORT_PIT_CH2 0x42
#define PORT_PIT_MODE 0x43
#define PORT_NMI_STATUS 0x61 /* bit 0: gate of channel 2, bit 1: speaker */

struct time_scale clock_scale;
uint64_t clock_base;
uint32_t tsc_khz;
bool tsc_stable;
static const char *source = "none";

/* A counter of known frequency that goes up and wraps at @mask. */
struct reference {
    const char *name;
    bool (*start)(void); /* false: this machine has none */
    uint32_t (*read)(void);
    uint32_t mask;
    uint64_t hz; /* set by start(), unless it is constant */
};

static volatile uint32_t *hpet;
static struct reference references[];

uint64_t now_ns(void) { return scale_apply(clock_scale, rdtsc() - clock_base); }

void delay_us(unsigned int us)
{
    uint64_t end = rdtsc() + (uint64_t)us * tsc_khz / 1000;

    ASSERT(tsc_khz);
    while ((int64_t)(rdtsc() - end) < 0)
        spin_relax();
}

static bool INIT_TEXT hpet_start(void)
{
    if (!acpi.hpet_address)
        return false;
    hpet = hvmap_mmio(acpi.hpet_address, 0x400);
    if (!hpet)
        return false;
    if (!hpet[HPET_PERIOD / 4] || hpet[HPET_PERIOD / 4] > 100000000)
        return false; /* the specification's slowest is 100 ns */

    references[0].hz = FS_PER_S / hpet[HPET_PERIOD / 4];
    hpet[HPET_CONFIG / 4] |= 1;
    return true;
}

static uint32_t INIT_TEXT hpet_read(void) { return hpet[HPET_COUNTER / 4]; }

static bool INIT_TEXT pmtmr_start(void) { return acpi.pm_timer_port; }

static uint32_t INIT_TEXT pmtmr_read(void) { return inl(acpi.pm_timer_port); }

/* Channel 2, mode 2 (rate generator), full range; the speaker stays off. */
static bool INIT_TEXT pit_start(void)
{
    outb(PORT_NMI_STATUS, (inb(PORT_NMI_STATUS) & ~2) | 1);
    outb(PORT_PIT_MODE, 0xb4);
    outb(PORT_PIT_CH2, 0);
    outb(PORT_PIT_CH2, 0);
    return true;
}

static uint32_t INIT_TEXT pit_read(void)
{
    uint32_t v;

    outb(PORT_PIT_MODE, 0x80); /* latch */
    v = inb(PORT_PIT_CH2);
    v |= inb(PORT_PIT_CH2) << 8;
    return 0xffff - v; /* it counts down */
}

/* Best first. */
// clang-format off
static INIT_DATA struct reference references[] = {
    { "HPET",     hpet_start,  hpet_read,  0xffffffff, 0 },
    { "PM timer", pmtmr_start, pmtmr_read, 0xffffff,   PMTMR_HZ },
    { "PIT",      pit_start,   pit_read,   0xffff,     PIT_HZ },
};
// clang-format on

/*
 * Read both counters at one moment: of several tries the one where nothing
 * came in between.  Returns the TSC, sets *@count.
 */
static uint64_t INIT_TEXT sample(const struct reference *r, uint32_t *count)
{
    uint64_t best = UINT64_MAX, at = 0;

    for (unsigned int i = 0; i < SAMPLES; i++) {
        uint64_t before = rdtsc();
        uint32_t c = r->read();
        uint64_t after = rdtsc();

        if (after - before < best) {
            best = after - before;
            at = before + (after - before) / 2;
            *count = c;
        }
    }
    return at;
}

/* The TSC's frequency against @r, or 0 if @r does not count. */
static uint64_t INIT_TEXT calibrate(const struct reference *r)
{
    uint32_t first = 0, now, last = 0;
    uint64_t want = r->hz * CALIBRATE_MS / 1000;
    uint64_t start, end, loops = 0;

    start = sample(r, &first);
    do {
        now = r->read();
        if (++loops > 4000000)
            return 0;
    } while (((now - first) & r->mask) < want);
    end = sample(r, &last);

    /* A few 10^8 cycles times at most 10^8 Hz: it fits. */
    return (end - start) * r->hz / ((last - first) & r->mask);
}

/* Leaf 0x15 in full, or the leaf that hypervisors offer; 0: not told. */
static uint64_t INIT_TEXT tsc_hz_from_cpuid(void)
{
    uint32_t r[4];

    cpuid(0, 0, r);
    if (r[0] >= 0x15) {
        cpuid(0x15, 0, r);
        if (r[0] && r[1] && r[2])
            return (uint64_t)r[2] * r[1] / r[0];
    }

    if (!CPU_HAS(HYPERVISOR))
        return 0;
    cpuid(0x40000000, 0, r);
    if (r[0] < 0x40000010 || r[0] > 0x400000ff)
        return 0;
    cpuid(0x40000010, 0, r);
    return (uint64_t)r[0] * 1000;
}

static uint64_t INIT_TEXT tsc_hz(void)
{
    uint64_t hz = tsc_hz_from_cpuid();

    if (hz) {
        source = "CPUID";
        return hz;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(references); i++) {
        if (!references[i].start())
            continue;
        source = references[i].name;
        hz = calibrate(&references[i]);
        if (hz)
            return hz;
        log_warn("clock: %s does not count\n", source);
    }
    panic("no clock to measure the TSC with");
}

void INIT_TEXT clock_init(void)
{
    uint64_t hz = tsc_hz();

    tsc_khz = hz / 1000;
    /* CPUs that start with another TSC are refused; a hypervisor below keeps
       them together, as one that counts at another speed would break it. */
    tsc_stable = CPU_HAS(TSC_INVARIANT) || CPU_HAS(HYPERVISOR) || nr_cpus == 1;
    clock_base = rdtsc();
    clock_scale = scale_from_hz(hz);
    timer_cpu_init(this_cpu_id());
    wallclock_read_rtc();
    log_info("clock: TSC %u.%03u MHz (%s)%s\n", tsc_khz / 1000, tsc_khz % 1000,
             source, tsc_stable ? "" : ", not said to be invariant");
}
