/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * This CPU's timer: a guest's deadline may be any number, and none may make
 * the interrupt come at once for ever.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/features.h>
#include <hv/hvmap.h>
#include <hv/irq.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../../../hypervisor/irq/local.h"

#define KHZ 3000000U
#define NOW_NS 5000000000UL
#define MSR_TSC_DEADLINE 0x6e0

struct acpi_info acpi;
bool cpu_features[NR_FEATURES];
uint32_t tsc_khz = KHZ;
static uint64_t deadline; /* as the processor has it */

uint64_t now_ns(void) { return NOW_NS; }
uint64_t rdtsc(void) { return NOW_NS * (KHZ / 1000) / 1000; }
uint64_t rdtsc_ordered(void) { return rdtsc(); }
void mfence(void) {}
void pause_cpu(void) {}
void delay_us(unsigned int us) { (void)us; }

uint64_t rdmsr(uint32_t msr)
{
    (void)msr;
    return 0;
}

void wrmsr(uint32_t msr, uint64_t v)
{
    if (msr == MSR_TSC_DEADLINE)
        deadline = v;
}

void *hvmap_mmio(uint64_t phys, size_t bytes)
{
    (void)phys, (void)bytes;
    return NULL;
}

struct counted count_better(struct counted a, struct counted b)
{
    (void)b;
    return a;
}

bool count_is_good(struct counted c)
{
    (void)c;
    return true;
}

uint64_t count_rate(struct counted c, uint32_t khz)
{
    (void)c, (void)khz;
    return 0;
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level, (void)fmt;
}

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

static int setup(void **state)
{
    (void)state;
    cpu_features[FEAT_X2APIC] = cpu_features[FEAT_TSC_DEADLINE] = true;
    lapic_init_cpu();
    return 0;
}

static void near_ones_are_exact(void **state)
{
    (void)state;
    lapic_timer_set(NOW_NS + 1000);
    assert_in_range(deadline, rdtsc() + 2999, rdtsc() + 3001);
    lapic_timer_set(NOW_NS - 1); /* past: at once */
    assert_int_equal(deadline, rdtsc());
    lapic_timer_set(0);
    assert_int_equal(deadline, 0);
}

/* In cycles these are about 2^64, or more: cut off, they would be past. */
static void far_ones_do_not_come_at_once(void **state)
{
    static const uint64_t far[] = {
        UINT64_MAX,         UINT64_MAX - 1,     UINT64_MAX / 3,
        UINT64_MAX / 3 * 2, UINT64_MAX / 3 + 5, UINT64_MAX / 3 + NOW_NS + 1,
        1UL << 62,          1UL << 63,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(far); i++) {
        lapic_timer_set(far[i]);
        assert_true(deadline > rdtsc() + (1UL << 60));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_ones_are_exact),
        cmocka_unit_test(far_ones_do_not_come_at_once),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
