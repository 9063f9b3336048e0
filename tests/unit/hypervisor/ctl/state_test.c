/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack's way to a vCPU's extended state and registers. */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/fpu.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include "../../../../hypervisor/ctl/local.h"
#include <setjmp.h>
#include <stdlib.h>
#include <cmocka.h>

#define SIZE 848
#define MASK 7

static struct vcpu vcpu;
static struct vcpu *table[2] = { &vcpu, NULL };
static struct domain dom1 = { .vcpu = table, .max_vcpus = 2 };
static int paused, unloaded, allocated;
static uint8_t kept[SIZE];

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    if (!u)
        return -EFAULT;
    memcpy(to, (void *)u, len);
    return 0;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    if (u == 1)
        return -EFAULT;
    memcpy((void *)u, from, len);
    return 0;
}

void domain_pause(struct domain *d)
{
    assert_ptr_equal(d, &dom1);
    paused++;
}

void domain_unpause(struct domain *d)
{
    (void)d;
    paused--;
}

void vcpu_unload(struct vcpu *v)
{
    assert_int_equal(paused, 1);
    assert_ptr_equal(v, &vcpu);
    unloaded++;
}

void *heap_alloc(unsigned int order)
{
    allocated++;
    return calloc(1, 4096UL << order);
}

void heap_free(void *p, unsigned int order)
{
    (void)order;
    allocated--;
    free(p);
}

uint64_t fpu_state_size(const struct vcpu *v, uint64_t *mask)
{
    (void)v;
    *mask = MASK;
    return SIZE;
}

void fpu_get_state(const struct vcpu *v, void *to)
{
    (void)v;
    assert_int_equal(unloaded, 1);
    memcpy(to, kept, SIZE);
}

int fpu_set_state(struct vcpu *v, const void *from, uint64_t size)
{
    (void)v;
    assert_int_equal(unloaded, 1);
    if (*(const uint8_t *)from == 0xbd)
        return -EINVAL;
    memcpy(kept, from, size);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    unloaded = 0;
    memset(kept, 0x5a, SIZE);
    return 0;
}

static const struct {
    const char *why;
    uint32_t vcpu;
    uint64_t size, mask;
    unsigned long buffer; /* 0 none, 1 not writable, 2 a good one */
    long ret;
    bool copied;
} gets[] = {
    { "how much?", 0, 0, 0, 2, 0, false },
    { "no buffer", 0, SIZE, MASK, 0, 0, false },
    { "all of it", 0, SIZE, MASK, 2, 0, true },
    { "too small", 0, SIZE - 1, MASK, 2, -EINVAL, false },
    { "other components", 0, SIZE, MASK + 1, 2, -EINVAL, false },
    { "not writable", 0, SIZE, MASK, 1, -EFAULT, false },
    { "a vCPU that was not made", 1, 0, 0, 2, -ESRCH, false },
    { "no such vCPU", 2, 0, 0, 2, -ESRCH, false },
};

static void state_goes_out(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(gets); i++) {
        static uint8_t buffer[SIZE];
        struct xen_domctl c = { .u.vcpuextstate = { .vcpu = gets[i].vcpu,
                                                    .size = gets[i].size,
                                                    .xfeature_mask =
                                                        gets[i].mask } };
        void *to = gets[i].buffer == 2 ? buffer : (void *)gets[i].buffer;

        print_message("%s\n", gets[i].why);
        setup(state);
        memset(buffer, 0, sizeof(buffer));
        set_xen_guest_handle_raw(c.u.vcpuextstate.buffer, to);
        assert_int_equal(domctl_getvcpuextstate(&dom1, &c), gets[i].ret);
        assert_int_equal(buffer[SIZE - 1], gets[i].copied ? 0x5a : 0);
        assert_int_equal(paused, 0);
        assert_int_equal(allocated, 0);
        if (!gets[i].ret) {
            assert_int_equal(c.u.vcpuextstate.size, SIZE);
            assert_int_equal(c.u.vcpuextstate.xfeature_mask, MASK);
        }
    }
}

static const struct {
    const char *why;
    uint32_t vcpu;
    uint64_t size;
    uint8_t first; /* byte of the state; 0xbd is refused */
    bool readable;
    long ret;
} sets[] = {
    { "all of it", 0, SIZE, 1, true, 0 },
    { "less", 0, 16, 1, true, 0 },
    { "more than it can have", 0, SIZE + 1, 1, true, -EINVAL },
    { "what the FPU refuses", 0, SIZE, 0xbd, true, -EINVAL },
    { "not readable", 0, SIZE, 1, false, -EFAULT },
    { "no such vCPU", 1, SIZE, 1, true, -ESRCH },
};

static void state_comes_in(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        static uint8_t buffer[SIZE];
        struct xen_domctl c = { .u.vcpuextstate = { .vcpu = sets[i].vcpu,
                                                    .size = sets[i].size } };

        print_message("%s\n", sets[i].why);
        setup(state);
        buffer[0] = sets[i].first;
        set_xen_guest_handle_raw(c.u.vcpuextstate.buffer,
                                 sets[i].readable ? (void *)buffer : NULL);
        assert_int_equal(domctl_setvcpuextstate(&dom1, &c), sets[i].ret);
        assert_int_equal(kept[0], sets[i].ret ? 0x5a : 1);
        assert_int_equal(paused, 0);
        assert_int_equal(allocated, 0);
    }
}

static void no_registers_go_out(void **state)
{
    struct xen_domctl c = { .u.vcpu_msrs.msr_count = 9 };

    (void)state;
    assert_int_equal(domctl_get_vcpu_msrs(&dom1, &c), 0);
    assert_int_equal(c.u.vcpu_msrs.msr_count, 0);
    c.u.vcpu_msrs.vcpu = 1;
    assert_int_equal(domctl_get_vcpu_msrs(&dom1, &c), -ESRCH);
}

/* Zeros are what all of them are; anything else but TSC_AUX would be lost. */
static void only_zeros_come_in(void **state)
{
    struct xen_domctl_vcpu_msr msrs[3] = { { .index = 0x48 },
                                           { .index = 0xc0011027 } };
    struct xen_domctl_vcpu_msr tsc_aux = { .index = 0xc0000103, .value = 3 };
    struct xen_domctl c = { .u.vcpu_msrs.msr_count = 2 };

    (void)state;
    set_xen_guest_handle_raw(c.u.vcpu_msrs.msrs, msrs);
    assert_int_equal(domctl_set_vcpu_msrs(&dom1, &c), 0);
    msrs[1].value = 1;
    c.u.vcpu_msrs.msr_count = 2;
    assert_int_equal(domctl_set_vcpu_msrs(&dom1, &c), -EINVAL);
    assert_int_equal(c.u.vcpu_msrs.msr_count, 1);
    msrs[0].reserved = 1;
    c.u.vcpu_msrs.msr_count = 2;
    assert_int_equal(domctl_set_vcpu_msrs(&dom1, &c), -EINVAL);
    assert_int_equal(c.u.vcpu_msrs.msr_count, 0);
    msrs[0] = tsc_aux;
    c.u.vcpu_msrs.msr_count = 1;
    assert_int_equal(domctl_set_vcpu_msrs(&dom1, &c), 0);
    c.u.vcpu_msrs.msr_count = 65;
    assert_int_equal(domctl_set_vcpu_msrs(&dom1, &c), -EINVAL);
    c.u.vcpu_msrs.msr_count = 1;
    set_xen_guest_handle_raw(c.u.vcpu_msrs.msrs, NULL);
    assert_int_equal(domctl_set_vcpu_msrs(&dom1, &c), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(state_goes_out, setup),
        cmocka_unit_test_setup(state_comes_in, setup),
        cmocka_unit_test_setup(no_registers_go_out, setup),
        cmocka_unit_test_setup(only_zeros_come_in, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
