/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CPUID policies: what tools read, and what of theirs is taken over. */
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/policy.h>
#include <hv/string.h>
#include "../../../../hypervisor/ctl/local.h"
#include <setjmp.h>
#include <cmocka.h>

struct cpu_policy host_policy;
static struct domain dom1;
static unsigned int indexed, paused;

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    if (!u)
        return -EFAULT;
    memcpy(to, (void *)u, len);
    return 0;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    memcpy((void *)u, from, len);
    return 0;
}

void policy_index(struct cpu_policy *p)
{
    (void)p;
    indexed++;
}

void domain_pause(struct domain *d)
{
    (void)d;
    paused++;
}

void domain_unpause(struct domain *d)
{
    (void)d;
    paused--;
}

static const struct cpu_leaf host[] = {
    { 0, POLICY_NO_SUB, 0x16, 1, 2, 3 },
    { 1, POLICY_NO_SUB, 0xabc, 0x800, 0x00ff, 0x0f0f },
    { 4, 1, 1, 2, 3, 4 },
    { 7, 0, 2, 0x0000ff00, 0x10, 0x20 },
    { 0x16, POLICY_NO_SUB, 2500, 0, 0, 0 },
    { 0x80000008, POLICY_NO_SUB, 0x3030, 0x201, 0, 0 },
};

static int setup(void **state)
{
    (void)state;
    memset(&host_policy, 0, sizeof(host_policy));
    memcpy(host_policy.leaf, host, sizeof(host));
    host_policy.nr = ARRAY_SIZE(host);
    dom1.policy = host_policy;
    indexed = paused = 0;
    return 0;
}

static long set(xen_cpuid_leaf_t *l, uint32_t nr)
{
    struct xen_domctl c = { .cmd = XEN_DOMCTL_set_cpu_policy };
    long err;

    c.u.cpu_policy.nr_leaves = nr;
    set_xen_guest_handle_raw(c.u.cpu_policy.leaves, l);
    err = domctl_set_cpu_policy(&dom1, &c);
    assert_int_equal(paused, 0);
    return err;
}

static void without_an_array_the_maximum_is_told(void **state)
{
    uint32_t leaves = 0, msrs = 0;

    (void)state;
    assert_int_equal(policy_to_guest(&dom1.policy, 0, &leaves, 0, &msrs), 0);
    assert_true(leaves >= ARRAY_SIZE(host));
    assert_int_equal(msrs, 2);
}

/* What libxc writes back is no more than it got: 119 leaves. */
static void arrays_have_one_form(void **state)
{
    xen_cpuid_leaf_t out[128];
    uint32_t leaves = 128, msrs = 2, sums = 0;

    (void)state;
    assert_int_equal(policy_to_guest(&dom1.policy, (unsigned long)out, &leaves,
                                     (unsigned long)out, &msrs),
                     0);
    assert_int_equal(leaves, 119);
    assert_int_equal(msrs, 0);
    for (uint32_t i = 0; i < leaves; i++) {
        assert_true(out[i].leaf != 0x16); /* tools would refuse it */
        sums += out[i].a;
        if (out[i].leaf == 4 && out[i].subleaf == 1)
            assert_int_equal(out[i].d, 4);
    }
    assert_int_equal(sums, 0x16 + 0xabc + 1 + 2 + 0x3030);
    leaves = 118;
    assert_int_equal(
        policy_to_guest(&dom1.policy, (unsigned long)out, &leaves, 0, &msrs),
        -ENOBUFS);
}

static void features_can_go_and_not_come(void **state)
{
    xen_cpuid_leaf_t l[] = {
        { 1, XEN_CPUID_NO_SUBLEAF, 0xdef, 0x900, 0x100f, 0xffff },
        { 7, 0, 1, 0xffffffff, 0, 0x21 },
        { 0x33, XEN_CPUID_NO_SUBLEAF, 1, 1, 1, 1 },
    };

    (void)state;
    assert_int_equal(set(l, 3), 0);
    assert_int_equal(dom1.policy.leaf[1].a, 0xdef); /* no features: as told */
    assert_int_equal(dom1.policy.leaf[1].b, 0x900);
    assert_int_equal(dom1.policy.leaf[1].c, 0x000f);
    assert_int_equal(dom1.policy.leaf[1].d, 0x0f0f);
    assert_int_equal(dom1.policy.leaf[3].b, 0x0000ff00);
    assert_int_equal(dom1.policy.leaf[3].c, 0);
    assert_int_equal(dom1.policy.leaf[3].d, 0x20);
    assert_int_equal(dom1.policy.nr, ARRAY_SIZE(host));
    assert_int_equal(indexed, 1);

    l[0].c = 0x00ff; /* what was taken away can be given back */
    assert_int_equal(set(l, 1), 0);
    assert_int_equal(dom1.policy.leaf[1].c, 0x00ff);
}

static void bad_arrays_are_errors(void **state)
{
    (void)state;
    assert_int_equal(set(NULL, 1), -EFAULT);
    assert_int_equal(indexed, 1); /* what was done so far is consistent */
    assert_int_equal(set(NULL, 0), 0);
    assert_int_equal(set(NULL, 100000), -EINVAL);
}

static void what_was_handed_out_is_accepted(void **state)
{
    xen_cpuid_leaf_t out[128];
    uint32_t leaves = 128, msrs;

    (void)state;
    assert_int_equal(
        policy_to_guest(&dom1.policy, (unsigned long)out, &leaves, 0, &msrs),
        0);
    assert_int_equal(set(out, leaves), 0);
    assert_memory_equal(dom1.policy.leaf, host, sizeof(host));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        TEST(without_an_array_the_maximum_is_told), TEST(arrays_have_one_form),
        TEST(features_can_go_and_not_come),         TEST(bad_arrays_are_errors),
        TEST(what_was_handed_out_is_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
