/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domctl's dispatcher: one at a time, whatever the operation answers. */
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include "../../../../hypervisor/ctl/local.h"
#include <setjmp.h>
#include <cmocka.h>

#define ID 3

struct stack_top fake_top;
struct list domain_list = LIST_INIT(domain_list);
struct lock domain_list_lock = LOCK_INIT(LR_DOMAIN_LIST);
static struct domain dom0_fake = { .control = true }, target = { .id = ID };
static struct vcpu caller = { .domain = &dom0_fake };
static unsigned int runs;
static long answer;

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

struct domain *domain_get_target(domid_t id)
{
    if (id != ID)
        return NULL;
    target.refs++;
    return &target;
}

void domain_put(struct domain *d) { d->refs--; }

static long call(uint32_t cmd, uint32_t version, domid_t id)
{
    struct xen_domctl c = { .cmd = cmd,
                            .interface_version = version,
                            .domain = id };
    struct hcall h = { .arg = { (unsigned long)&c }, .caller = &caller };

    return hc_domctl(&h);
}

/* Another CPU's call, while one is under way. */
static void call_from_elsewhere(void)
{
    assert_int_equal(
        call(XEN_DOMCTL_destroydomain, XEN_DOMCTL_INTERFACE_VERSION, ID),
        -ERESTART);
    assert_int_equal(
        call(XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_INTERFACE_VERSION, 0),
        -ERESTART);
}

int domain_kill(struct domain *d)
{
    assert_ptr_equal(d, &target);
    assert_int_equal(++runs, 1);
    call_from_elsewhere();
    return answer;
}

/* Handlers and what they would use; none of them is called. */
#define HANDLER(name)                                                          \
    long domctl_##name(struct domain *d, struct xen_domctl *c)                 \
    {                                                                          \
        (void)d, (void)c;                                                      \
        fail();                                                                \
        return 0;                                                              \
    }
HANDLER(max_vcpus)
HANDLER(setvcpucontext)
HANDLER(getvcpucontext)
HANDLER(getvcpuinfo)
HANDLER(setvcpuaffinity)
HANDLER(getvcpuaffinity)
HANDLER(scheduler_op)
HANDLER(settscinfo)
HANDLER(gettscinfo)
HANDLER(get_cpu_policy)
HANDLER(set_cpu_policy)
HANDLER(set_ext_vcpucontext)
HANDLER(get_ext_vcpucontext)
HANDLER(setvcpuextstate)
HANDLER(getvcpuextstate)
HANDLER(set_vcpu_msrs)
HANDLER(get_vcpu_msrs)
HANDLER(max_mem)
HANDLER(getpageframeinfo3)
HANDLER(shadow_op)
HANDLER(hypercall_init)
HANDLER(setnodeaffinity)
HANDLER(getnodeaffinity)
HANDLER(irq_permission)
HANDLER(iomem_permission)
HANDLER(ioport_permission)

int domain_create(domid_t id, const struct xen_domctl_createdomain *cfg,
                  bool control, struct domain **out)
{
    (void)id, (void)cfg, (void)control, (void)out;
    return -EINVAL;
}

void domain_pause(struct domain *d) { (void)d; }
void domain_unpause(struct domain *d) { (void)d; }
void domain_resume(struct domain *d) { (void)d; }
void wallclock_update(struct domain *d) { (void)d; }

void vcpu_get_runstate(struct vcpu *v, struct vcpu_runstate_info *out)
{
    (void)v, (void)out;
}

void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    (void)leaf, (void)sub;
    r[0] = 0;
}

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

static const struct {
    const char *why;
    uint32_t cmd, version;
    domid_t id;
    long answer, want;
    bool runs;
} cases[] = {
    { "a whole one", XEN_DOMCTL_destroydomain, XEN_DOMCTL_INTERFACE_VERSION, ID,
      0, 0, true },
    { "one that wants to go on", XEN_DOMCTL_destroydomain,
      XEN_DOMCTL_INTERFACE_VERSION, ID, -ERESTART, -ERESTART, true },
    { "one that fails", XEN_DOMCTL_destroydomain, XEN_DOMCTL_INTERFACE_VERSION,
      ID, -EINVAL, -EINVAL, true },
    { "no such domain", XEN_DOMCTL_destroydomain, XEN_DOMCTL_INTERFACE_VERSION,
      ID + 1, 0, -ESRCH, false },
    { "unknown", ~0U, XEN_DOMCTL_INTERFACE_VERSION, ID, 0, -ENOSYS, false },
    { "another version", XEN_DOMCTL_destroydomain, 1, ID, 0, -EACCES, false },
};

static void one_call_at_a_time(void **state)
{
    struct hcall nowhere = { .caller = &caller };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        runs = 0;
        answer = cases[i].answer;
        assert_int_equal(call(cases[i].cmd, cases[i].version, cases[i].id),
                         cases[i].want);
        assert_int_equal(runs, cases[i].runs);
        assert_int_equal(target.refs, 0);
        assert_int_equal(hc_domctl(&nowhere), -EFAULT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_at_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
