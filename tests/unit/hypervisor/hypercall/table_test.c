/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dispatcher: results and repetitions, alone and in a list. */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "../../../../hypervisor/hypercall/local.h"

#define RIP 0x1002

struct cpu cpus[NR_CPUS];
struct stack_top fake_top = { .cpu = &cpus[0] };
static struct domain dom = { .control = true };
static struct vcpu vcpu = { .domain = &dom };
static long answer;

/* All hypercalls are one here, but for the list. */
static long handler(struct hcall *h)
{
    h->arg[1] = 77; /* what is left to do */
    return answer;
}

#define hc_multicall not_the_list /* that one is real */
#define X(name, nargs, who)                                                    \
    long hc_##name(struct hcall *h) { return handler(h); }
HCALL_LIST(X)
#undef X
#undef hc_multicall

bool preempt_needed(void) { return false; }

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    memcpy(to, (void *)u, len);
    return 0;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    memcpy((void *)u, from, len);
    return 0;
}

int put_guest_u64(unsigned long u, uint64_t v)
{
    *(uint64_t *)u = v;
    return 0;
}

/* Call @nr; true: it is to be repeated, else its result is in *@rax. */
static bool call(unsigned long nr, unsigned long *rax)
{
    struct cpu_user_regs regs = { .rax = nr, .rsi = 1, .rip = RIP };

    hcall_entry(&regs, &vcpu);
    *rax = regs.rax;
    assert_int_equal(regs.rsi, regs.rip == RIP ? 1 : 77);
    assert_true(regs.rip == RIP || regs.rip == RIP - 2);
    return regs.rip != RIP;
}

/* The same as the only entry of a list. */
static bool call_in_list(unsigned long nr, unsigned long *result)
{
    struct multicall_entry e = { .op = nr };
    struct hcall h = { .arg = { (unsigned long)&e, 1 }, .caller = &vcpu };
    long err = hc_multicall(&h);

    assert_true(err == 0 || err == -ERESTART);
    assert_int_equal(h.arg[1], err ? 1 : 0);
    assert_int_equal(e.args[1], err ? 77 : 0);
    *result = e.result;
    return err;
}

/* -ERESTART, where it is a number of the guest's, is one like others. */
static void only_who_may_stop_is_repeated(void **state)
{
    static const long answers[] = { 0, 5, -EINVAL, -ERESTART };
    unsigned long result;

    (void)state;
    for (unsigned long nr = 0; nr < NR_HCALLS; nr++) {
        if (!hcall_table[nr].fn || nr == __HYPERVISOR_multicall)
            continue;
        print_message("%s\n", hcall_table[nr].name);
        for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
            bool again = answers[i] == -ERESTART && nr != __HYPERVISOR_iret &&
                         nr != __HYPERVISOR_get_debugreg;

            answer = answers[i];
            assert_int_equal(call(nr, &result), again);
            assert_int_equal(result, again ? nr : (unsigned long)answer);
            if (nr == __HYPERVISOR_iret)
                continue; /* not in a list */
            assert_int_equal(call_in_list(nr, &result), again);
            if (!again)
                assert_int_equal(result, answer);
        }
    }
}

static void unknown_and_refused(void **state)
{
    unsigned long result;

    (void)state;
    answer = 0;
    assert_false(call(NR_HCALLS, &result));
    assert_int_equal(result, -ENOSYS);
    assert_false(call(~0UL, &result));
    assert_int_equal(result, -ENOSYS);
    dom.control = false;
    assert_false(call(__HYPERVISOR_domctl, &result));
    assert_int_equal(result, -EPERM);
    assert_false(call_in_list(__HYPERVISOR_domctl, &result));
    assert_int_equal(result, -EPERM);
    assert_false(call_in_list(__HYPERVISOR_iret, &result));
    assert_int_equal(result, -EINVAL);
    dom.control = true;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_who_may_stop_is_repeated),
        cmocka_unit_test(unknown_and_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
