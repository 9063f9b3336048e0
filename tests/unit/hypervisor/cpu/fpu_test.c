/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's FPU state, taken out and put back: nothing of another's bytes goes
 * out, and nothing goes in that XRSTOR would refuse.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/features.h>
#include <hv/fpu.h>
#include <hv/heap.h>
#include <hv/policy.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define X87 1UL
#define SSE 2UL
#define AVX 4UL
#define PKRU 0x200UL
#define HEAD 16
#define BV (HEAD + 512) /* XSTATE_BV in the state, then XCOMP_BV */
#define AVX_AT (HEAD + 576)
#define SIZE (HEAD + 576 + 256)

struct cpu cpus[NR_CPUS];
static struct cpu cpu;
struct stack_top fake_top = { .cpu = &cpu };
bool cpu_features[NR_FEATURES];
struct cpu_policy host_policy = { .xcr0_max = X87 | SSE | AVX | PKRU };

/* ---- the machine ----------------------------------------------------------
 */

void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    memset(out, 0, 16);
    if (leaf != 0xd)
        return;
    if (sub == 0)
        out[1] = 2696;
    else if (sub == 2)
        out[0] = 256, out[1] = 576;
    else if (sub == 9)
        out[0] = 8, out[1] = 2688;
}

unsigned long read_cr0(void) { return 0; }
void write_cr0(unsigned long v) { (void)v; }
unsigned long read_cr4(void) { return 0; }
void write_cr4(unsigned long v) { (void)v; }
void clts(void) {}
void stts(void) {}
void fxsave(void *area) { memset(area, 0, 512); }
int fxrstor_safe(const void *area) { return area == NULL; }
void xsetbv(uint32_t i, uint64_t v) { (void)i, (void)v; }
void xsave(void *area, uint64_t mask) { (void)area, (void)mask; }
void xsaveopt(void *area, uint64_t mask) { (void)area, (void)mask; }

/* Where the last instruction of the x87 was; AMD's do not restore that. */
static uint64_t x87_pointer;

void fpu_touch(const uint32_t *p) { x87_pointer = (uintptr_t)p; }

int xrstor_safe(const void *area, uint64_t mask)
{
    (void)mask;
    if (cpu_features[FEAT_SYSENTER] || cpu_features[FEAT_FPU_POINTERS])
        memcpy(&x87_pointer, (const uint8_t *)area + 8, 8);
    return area == NULL;
}

void *heap_alloc(unsigned int order)
{
    return aligned_alloc(4096, 4096UL << order);
}

void heap_free(void *p, unsigned int order)
{
    (void)order;
    free(p);
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level;
    (void)fmt;
}

void panic(const char *fmt, ...)
{
    fail_msg("%s", fmt);
    abort();
}

/* ---- a guest that may use AVX and no PKRU ----------------------------------
 */

static struct domain domain = { .policy.xcr0_max = X87 | SSE | AVX };
static struct vcpu vcpu = { .domain = &domain };
static uint8_t *area;

static int setup(void **state)
{
    (void)state;
    fpu_init_cpu();
    assert_int_equal(fpu_vcpu_init(&vcpu), 0);
    area = vcpu.fpu.area;
    memset(area + 576, 0xdd, 4096 - 576); /* what was there before */
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fpu_vcpu_destroy(&vcpu);
    return 0;
}

static void put64(uint8_t *p, uint64_t v) { memcpy(p, &v, 8); }

static uint64_t get64(const uint8_t *p)
{
    uint64_t v;

    memcpy(&v, p, 8);
    return v;
}

static void its_size_is_that_of_its_components(void **state)
{
    uint64_t mask;

    (void)state;
    assert_int_equal(fpu_state_size(&vcpu, &mask), SIZE);
    assert_int_equal(mask, X87 | SSE | AVX);
    domain.policy.xcr0_max = 0;
    assert_int_equal(fpu_state_size(&vcpu, &mask), 0);
    domain.policy.xcr0_max = X87 | SSE | AVX;
}

static void what_is_initial_goes_out_as_zero(void **state)
{
    uint8_t out[SIZE];

    (void)state;
    memset(area + 32, 0xdd, 480); /* registers of somebody else */
    fpu_get_state(&vcpu, out);
    assert_int_equal(get64(out), vcpu.fpu.xcr0);
    assert_int_equal(get64(out + 8), X87 | SSE | AVX);
    assert_int_equal(get64(out + BV), 0);
    for (unsigned int i = 0; i < SIZE; i++)
        if (i != 0 && i != 8 && (i < HEAD || i >= HEAD + 2))
            if (i < HEAD + 24 || i >= HEAD + 32) /* MXCSR and its mask */
                assert_int_equal(out[i], 0);
}

static void there_and_back(void **state)
{
    uint8_t first[SIZE], second[SIZE];

    (void)state;
    put64(area + 512, X87 | SSE | AVX);
    memset(area + 160, 0x11, 256);
    memset(area + 576, 0x22, 256);
    vcpu.fpu.xcr0 = X87 | SSE | AVX;
    fpu_get_state(&vcpu, first);
    memset(area, 0, 4096);
    vcpu.fpu.xcr0 = X87;
    assert_int_equal(fpu_set_state(&vcpu, first, SIZE), 0);
    assert_int_equal(vcpu.fpu.xcr0, X87 | SSE | AVX);
    fpu_get_state(&vcpu, second);
    assert_memory_equal(first, second, SIZE);
    assert_int_equal(second[AVX_AT + 255], 0x22);
}

static const struct {
    const char *why;
    unsigned int at; /* eight bytes that are changed */
    uint64_t to;
    uint64_t size;
    int ret;
} cases[] = {
    { "as it was", 0, 7, SIZE, 0 },
    { "without AVX", BV, X87 | SSE, HEAD + 576, 0 },
    { "nothing ever used", 8, 0, HEAD, 0 }, /* and XCR0 is zeroed too */
    { "cut off in AVX", 0, 7, SIZE - 1, -EINVAL },
    { "cut off in its head", 0, 7, 15, -EINVAL },
    { "no header", 0, 7, HEAD + 575, -EINVAL },
    { "XCR0 without x87", 0, SSE, SIZE, -EINVAL },
    { "AVX without SSE", 0, X87 | AVX, SIZE, -EINVAL },
    { "another's component", 8, 7 | PKRU, SIZE, -EINVAL },
    { "more than it ever had", 8, X87 | SSE, SIZE, -EINVAL },
    { "in use, never had", BV, 7 | PKRU, SIZE, -EINVAL },
    { "the compacted format", BV + 8, 1UL << 63, SIZE, -EINVAL },
    { "a reserved field", BV + 16, 1, SIZE, -EINVAL },
    { "the last reserved field", BV + 56, 1, SIZE, -EINVAL },
};

static void what_xrstor_refuses_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint8_t in[SIZE] = { 0 };

        print_message("%s\n", cases[i].why);
        put64(in, 7);
        put64(in + 8, 7);
        put64(in + BV, 7);
        put64(in + cases[i].at, cases[i].to);
        if (!get64(in + 8))
            put64(in, 0);
        memset(area, 0xaa, 4096);
        assert_int_equal(fpu_set_state(&vcpu, in, cases[i].size), cases[i].ret);
        if (cases[i].ret) /* nothing has changed */
            for (unsigned int b = 0; b < 4096; b++)
                assert_int_equal(area[b], 0xaa);
    }
}

static void mxcsr_never_has_reserved_bits(void **state)
{
    uint8_t in[SIZE] = { 0 };
    uint32_t mxcsr = ~0U;

    (void)state;
    put64(in, 7);
    put64(in + 8, 7);
    memcpy(in + HEAD + 24, &mxcsr, 4);
    assert_int_equal(fpu_set_state(&vcpu, in, SIZE), 0);
    memcpy(&mxcsr, area + 24, 4);
    assert_int_equal(mxcsr, 0xffbf);
}

static void nobody_sees_where_another_computed(void **state)
{
    static const enum feature makes[] = { FEAT_SYSENTER, FEAT_FPU_POINTERS,
                                          NR_FEATURES };
    const uint64_t anothers = 0x123456789;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(makes); i++) {
        x87_pointer = anothers;
        if (makes[i] < NR_FEATURES)
            cpu_features[makes[i]] = true;
        fpu_load(&vcpu);
        if (makes[i] < NR_FEATURES)
            cpu_features[makes[i]] = false;
        assert_int_not_equal(x87_pointer, anothers);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(its_size_is_that_of_its_components,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_initial_goes_out_as_zero, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(there_and_back, setup, teardown),
        cmocka_unit_test_setup_teardown(what_xrstor_refuses_is_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(mxcsr_never_has_reserved_bits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(nobody_sees_where_another_computed,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
