/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a PV guest sees of a processor that has everything. */
#include <hv/clock.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/features.h>
#include <hv/policy.h>
#include <hv/vcpu.h>
#include <x86/msr.h>
#include <x86/regs.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

bool cpu_features[NR_FEATURES];
uint32_t tsc_khz = 2000000;
bool tsc_stable = true;

/* The machine: all ones but for what must make sense. */
static bool has_avx;

void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    memset(out, 0xff, 16);
    if (leaf == 0)
        out[0] = 0x20;
    else if (leaf == 0x80000000)
        out[0] = 0x80000030;
    else if (leaf == 0xd && sub == 0)
        out[0] = has_avx ? 0x2ff : 3, out[3] = 0;
    else if (leaf == 0xd && sub == 2)
        out[0] = 256, out[1] = 576;
    else if (leaf == 0xd && sub >= 5)
        out[0] = 512, out[1] = 1024 + sub * 512;
}

static uint64_t last_written;

uint64_t rdmsr(uint32_t msr)
{
    return msr == MSR_EFER ? EFER_SCE | EFER_LMA | EFER_SVME : 0x1234;
}

void wrmsr(uint32_t msr, uint64_t v)
{
    (void)msr;
    last_written = v;
}

int rdmsr_safe(uint32_t msr, uint64_t *v)
{
    (void)msr;
    *v = 0;
    return -1; /* the machine has none of those */
}

uint64_t rdtsc(void) { return 77; }

static struct domain domain;
static struct vcpu vcpu = { .domain = &domain, .id = 3 };

static int setup(void **state)
{
    (void)state;
    memset(cpu_features, 1, sizeof(cpu_features));
    memset(&vcpu.traps, 0, sizeof(vcpu.traps));
    has_avx = true;
    vcpu.fpu.xcr0 = 1;
    domain.hardware = false;
    policy_init();
    policy_domain_init(&domain);
    return 0;
}

static uint32_t reg(uint32_t leaf, uint32_t sub, unsigned int r)
{
    uint32_t out[4];

    policy_cpuid(&vcpu, leaf, sub, out);
    return out[r];
}

/* Facts 3.2: what must not be seen, and what must. */
static const struct {
    const char *why;
    uint32_t leaf, sub;
    uint8_t reg;
    uint32_t clear, set;
} cases[] = {
    { "leaf 1 edx", 1, 0, 3,
      1U << 1 | 1U << 3 | 1U << 12 | 1U << 13 | 1U << 17 | 1U << 21 | 1U << 29 |
          1U << 31,
      1U << 9 | 1U << 6 | 1U << 26 },
    { "leaf 1 ecx", 1, 0, 2,
      1U << 2 | 1U << 3 | 1U << 4 | 1U << 5 | 1U << 6 | 1U << 7 | 1U << 8 |
          1U << 15 | 1U << 17 | 1U << 18 | 1U << 21 | 1U << 24,
      1U << 26 | 1U << 27 | 1U << 28 | 1U << 31 },
    { "FSGSBASE, SMEP, SMAP, INVPCID, MPX, PT, HLE, RTM", 7, 0, 1,
      1U << 0 | 1U << 1 | 1U << 2 | 1U << 4 | 1U << 7 | 1U << 10 | 1U << 11 |
          1U << 12 | 1U << 14 | 1U << 15 | 1U << 20 | 1U << 25,
      1U << 5 },
    { "UMIP, PKU, OSPKE, CET, LA57, RDPID", 7, 0, 2,
      1U << 2 | 1U << 3 | 1U << 4 | 1U << 7 | 1U << 16 | 1U << 22 | 1U << 27 |
          1U << 28 | 1U << 29,
      0 },
    { "speculation controls: no MSR behind them", 7, 0, 3,
      1U << 15 | 1U << 20 | 1U << 22 | 1U << 24 | 1U << 25 | 1U << 26 |
          1U << 27 | 1U << 28 | 1U << 29 | 1U << 30 | 1U << 31,
      0 },
    { "SVM, EXTAPIC, CR8, OSVW, IBS, SKINIT, WDT, TOPOEXT", 0x80000001, 0, 2,
      1U << 2 | 1U << 3 | 1U << 4 | 1U << 9 | 1U << 10 | 1U << 12 | 1U << 13 |
          1U << 15 | 1U << 19 | 1U << 22 | 1U << 23 | 1U << 29,
      1U << 0 },
    { "PAGE1GB", 0x80000001, 0, 3, 1U << 26 | 1U << 3 | 1U << 13 | 1U << 17,
      1U << 20 | 1U << 29 | 1U << 11 },
    { "XSAVES", 0xd, 1, 0, 1U << 3, 1U << 0 },
    { "x87 to AVX-512, no MPX, no PKRU", 0xd, 0, 0, 0x218, 0xe7 },
    { "signature", 0x40000000, 0, 1, 0, 0x566e6558 },
    { "version", 0x40000001, 0, 0, 0, 0x00040011 },
    { "A/D bits are preserved", 0x40000002, 0, 2, 0, 1 },
};

static void masks(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t v = reg(cases[i].leaf, cases[i].sub, cases[i].reg);

        print_message("%s\n", cases[i].why);
        assert_int_equal(v & cases[i].clear, 0);
        assert_int_equal(v & cases[i].set, cases[i].set);
    }
}

static void leaves_out_of_range_are_zero(void **state)
{
    static const uint32_t leaves[] = { 0x5,        0xa,        0xb,
                                       0x17,       0x1f,       0x20,
                                       0x1000,     0x40000006, 0x40000100,
                                       0x4000ff00, 0x8000000a, 0x80000022,
                                       0x80000040, 0x80860000, 0xffffffff };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(leaves); i++)
        for (unsigned int r = 0; r < 4; r++)
            assert_int_equal(reg(leaves[i], 0, r), 0);
    assert_int_equal(reg(0, 0, 0), 0x16);
    assert_int_equal(reg(0x80000000, 0, 0), 0x80000021);
    assert_int_equal(reg(4, 9, 0), 0);
    assert_int_equal(reg(0xd, 3, 0), 0);
}

static void sizes_follow_xcr0(void **state)
{
    (void)state;
    assert_int_equal(reg(0xd, 0, 1), 576);
    vcpu.fpu.xcr0 = 7;
    assert_int_equal(reg(0xd, 0, 1), 832);
    assert_int_equal(reg(0xd, 0, 2), 1024 + 7 * 512 + 512);
}

static void without_xsave_there_is_no_avx(void **state)
{
    (void)state;
    cpu_features[FEAT_XSAVE] = false;
    policy_init();
    policy_domain_init(&domain);
    assert_int_equal(reg(1, 0, 2) & (1U << 26 | 1U << 27 | 1U << 28 | 1U << 12),
                     0);
    assert_int_equal(reg(7, 0, 1) & (1U << 5 | 1U << 16), 0);
    assert_int_equal(reg(0xd, 0, 0), 0);
    assert_int_equal(domain.policy.xcr0_max, 0);
}

static void without_avx_nothing_needs_it(void **state)
{
    (void)state;
    has_avx = false;
    policy_init();
    policy_domain_init(&domain);
    assert_int_equal(domain.policy.xcr0_max, 3);
    assert_int_equal(reg(1, 0, 2) & (1U << 28 | 1U << 12 | 1U << 29), 0);
    assert_int_equal(reg(7, 0, 1) & (1U << 5 | 1U << 16), 0);
    assert_int_equal(reg(7, 0, 2) & (3U << 9), 0);
}

static void only_dom0_sees_an_invariant_tsc(void **state)
{
    (void)state;
    assert_int_equal(reg(0x80000007, 0, 3), 0);
    domain.hardware = true;
    assert_int_equal(reg(0x80000007, 0, 3), 1U << 8);
}

static void apic_ids_are_spaced(void **state)
{
    (void)state;
    assert_int_equal(reg(1, 0, 1) >> 24, 6);
}

static void msrs(void **state)
{
    uint64_t v;

    (void)state;
    vcpu.traps[VEC_GP].address = 0x1000;
    assert_int_equal(policy_rdmsr(&vcpu, MSR_EFER, &v), 0);
    assert_int_equal(v & EFER_SVME, 0);
    assert_int_equal(policy_wrmsr(&vcpu, MSR_EFER, v), 0);
    assert_int_equal(policy_wrmsr(&vcpu, MSR_EFER, v | EFER_NXE), -EINVAL);

    assert_int_equal(policy_wrmsr(&vcpu, MSR_GS_BASE, 0xffff888000000000), 0);
    assert_int_equal(last_written, 0xffff888000000000);
    last_written = 0;
    assert_int_equal(policy_wrmsr(&vcpu, MSR_FS_BASE, 0x8000000000000000),
                     -EINVAL);
    assert_int_equal(last_written, 0);

    assert_int_equal(policy_rdmsr(&vcpu, MSR_PAT, &v), 0);
    assert_int_equal(v, PAT_XEN);
    assert_int_equal(policy_rdmsr(&vcpu, 0x41f, &v), 0);
    assert_int_equal(v, 0);
    assert_int_equal(policy_rdmsr(&vcpu, 0x8b, &v), -EINVAL);
    assert_int_equal(policy_rdmsr(&vcpu, MSR_LSTAR, &v), -EINVAL);
    assert_int_equal(policy_wrmsr(&vcpu, MSR_LSTAR, 1), -EINVAL);
    assert_int_equal(last_written, 0);
}

static void before_it_can_recover_nothing_faults(void **state)
{
    uint64_t v = 5;

    (void)state;
    assert_int_equal(policy_rdmsr(&vcpu, 0x12345, &v), 0);
    assert_int_equal(v, 0);
    last_written = 0;
    assert_int_equal(policy_wrmsr(&vcpu, MSR_LSTAR, 1), 0);
    assert_int_equal(last_written, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(masks, setup),
        cmocka_unit_test_setup(leaves_out_of_range_are_zero, setup),
        cmocka_unit_test_setup(sizes_follow_xcr0, setup),
        cmocka_unit_test_setup(without_xsave_there_is_no_avx, setup),
        cmocka_unit_test_setup(without_avx_nothing_needs_it, setup),
        cmocka_unit_test_setup(only_dom0_sees_an_invariant_tsc, setup),
        cmocka_unit_test_setup(apic_ids_are_spaced, setup),
        cmocka_unit_test_setup(msrs, setup),
        cmocka_unit_test_setup(before_it_can_recover_nothing_faults, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
