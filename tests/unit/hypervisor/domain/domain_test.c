/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding domains, and the end of one: what others see while it is freed. */
#include <hv/acpi.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <hv/trap.h>
#include <stdarg.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <xen/domctl.h>

#define ID 7

struct stack_top fake_top;
static struct vcpu vcpu;
static unsigned int allocations, looks;

/* Another CPU, at a moment when the domain is being taken apart. */
static void look_from_outside(void)
{
    looks++;
    assert_null(domain_get_by_id(ID));
    for_each_domain (d)
        assert_int_not_equal(d->id, ID);
}

void panic(const char *fmt, ...)
{
    fail_msg("panic: %s", fmt);
    __builtin_unreachable();
}

void *heap_alloc(unsigned int order)
{
    allocations++;
    return calloc(1, PAGE_SIZE << order);
}

void heap_free(void *p, unsigned int order)
{
    (void)order;
    allocations -= p != NULL;
    free(p);
}

void *hv_alloc(size_t size)
{
    allocations++;
    return calloc(1, size);
}

void hv_free(void *p)
{
    allocations -= p != NULL;
    free(p);
}

void sched_domain_init(struct domain *d) { (void)d; }

void sched_domain_destroy(struct domain *d)
{
    (void)d;
    look_from_outside();
}

void vcpu_unload(struct vcpu *v)
{
    assert_ptr_equal(v, &vcpu);
    look_from_outside();
}

void vcpu_destroy(struct vcpu *v)
{
    v->domain->vcpu[v->id] = NULL;
    look_from_outside();
}

void grant_domain_destroy(struct domain *d)
{
    (void)d;
    look_from_outside();
}

int grant_domain_init(struct domain *d, unsigned int max_frames,
                      unsigned int max_maptrack, unsigned int max_version)
{
    (void)d, (void)max_frames, (void)max_maptrack, (void)max_version;
    return 0;
}

int evtchn_domain_init(struct domain *d, unsigned int max_port)
{
    (void)d, (void)max_port;
    return 0;
}

/* The rest of what domain.c wants does nothing here. */
void evtchn_domain_free(struct domain *d) { (void)d; }
int pirq_domain_init(struct domain *d) { return d ? 0 : -EINVAL; }
void pirq_domain_destroy(struct domain *d) { (void)d; }
void policy_domain_init(struct domain *d) { (void)d; }
void wallclock_update(struct domain *d) { (void)d; }
void vcpu_sleep(struct vcpu *v) { (void)v; }
void vcpu_wake(struct vcpu *v) { (void)v; }
void vcpu_wait_stopped(struct vcpu *v) { (void)v; }
void virq_raise_global(unsigned int virq) { (void)virq; }
void dump_regs(const struct cpu_user_regs *regs) { (void)regs; }
void dump_guest_stack(const struct cpu_user_regs *regs) { (void)regs; }
void machine_power_off(void) { panic("switched off"); }
void machine_restart(void) { panic("restarted"); }

void frame_share(mfn_t m, struct domain *d, bool read_only)
{
    (void)m, (void)d, (void)read_only;
}

int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
    (void)buf, (void)size, (void)fmt, (void)ap;
    return 0;
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level, (void)fmt;
}

static struct domain *create(domid_t id, int want)
{
    const struct xen_domctl_createdomain cfg = { .max_vcpus = 1 };
    struct domain *d = NULL;

    assert_int_equal(domain_create(id, &cfg, false, &d), want);
    return d;
}

static void ids_are_given_in_turn(void **state)
{
    struct domain *a, *b, *c;

    (void)state;
    a = create(DOMID_INVALID, 0);
    b = create(DOMID_INVALID, 0);
    assert_int_equal(b->id, a->id + 1);
    create(a->id, -EEXIST);
    domain_put(a);
    c = create(DOMID_INVALID, 0);
    assert_int_equal(c->id, b->id + 1);
    assert_ptr_equal(domain_get_by_id(c->id), c);
    assert_int_equal(c->refs, 2);
    domain_put(c);
    domain_put(c);
    domain_put(b);
    assert_int_equal(allocations, 0);
}

/* A guest that names it in a grant or a port must not get hold of it. */
static void nobody_finds_a_domain_that_is_being_freed(void **state)
{
    struct domain *d = create(ID, 0);

    (void)state;
    vcpu = (struct vcpu){ .domain = d };
    d->vcpu[0] = &vcpu;
    assert_ptr_equal(domain_get_by_id(ID), d);
    domain_put(d);

    looks = 0;
    domain_put(d);
    assert_int_equal(looks, 4);
    assert_int_equal(allocations, 0);
}

/* Its last reference has gone, the table is yet to be told. */
static void no_reference_comes_back(void **state)
{
    struct domain *d = create(ID, 0);

    (void)state;
    d->refs = 0;
    assert_null(domain_get_by_id(ID));
    assert_int_equal(d->refs, 0);
    d->refs = 1;
    domain_put(d);
    assert_int_equal(allocations, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_given_in_turn),
        cmocka_unit_test(nobody_finds_a_domain_that_is_being_freed),
        cmocka_unit_test(no_reference_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
