/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Holding all other CPUs, by several at once: CPUs are threads.  Whoever
 * holds is alone, and nobody waits for ever.
 */
#include <hv/acpi.h>
#include <hv/boot.h>
#include <hv/clock.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/fpu.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include <hv/sched.h>
#include <hv/spec.h>
#include <hv/spin.h>
#include <hv/timer.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>
#include <setjmp.h>
#include <cmocka.h>

#define CPUS 3
#define HOLDS 20000

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = CPUS, nr_cpus_online = CPUS;
__thread struct stack_top fake_top;
struct acpi_info acpi;
const char *hv_cmdline = "";
const char trampoline[1], trampoline_end[1];

/* What smp.c needs for starting CPUs, which is not done here. */
void enter_guests(void) { abort(); }
void xpti_init_cpu(struct cpu *c) { (void)c; }
void cpu_tables_init(struct cpu *c, void *stack) { (void)c, (void)stack; }
void lapic_init_cpu(void) {}
void fpu_init_cpu(void) {}
void timer_cpu_init(unsigned int cpu) { (void)cpu; }
void sched_init(void) {}
void sched_cpu_online(unsigned int cpu) { (void)cpu; }
void sched_cpu_offline(unsigned int cpu) { (void)cpu; }
void timer_take_over(unsigned int cpu) { (void)cpu; }
void pirq_take_over(unsigned int cpu) { (void)cpu; }
void lapic_nmi_others(void) {}
void delay_us(unsigned int us) { (void)us; }
void hlt(void) {}
uint64_t boot_low_page(void) { return 0; }
uint64_t rdtsc_ordered(void) { return 0; }

bool sched_cpu_empty(unsigned int cpu)
{
    (void)cpu;
    return true;
}

void *heap_alloc(unsigned int order)
{
    (void)order;
    return NULL;
}

void lapic_start(uint32_t apic_id, unsigned int page)
{
    (void)apic_id, (void)page;
}

bool cmdline_get(const char *line, const char *key, char *buf, size_t size)
{
    (void)line, (void)key, (void)buf, (void)size;
    return false;
}

int parse_u64(const char *s, const char **end, uint64_t *v)
{
    (void)s, (void)end, (void)v;
    return -1;
}

void log_print(enum log_level level, const char *fmt, ...)
{
    (void)level, (void)fmt;
}

void panic(const char *fmt, ...)
{
    (void)fmt;
    abort();
}

void spin_relax(void) { sched_yield(); }
void spin_wait(void) { sched_yield(); }

static unsigned int moving;   /* CPUs that change something */
static unsigned int finished; /* of those that hold */

/* What a CPU does between two visits of a guest. */
static void work(void)
{
    uint32_t todo;

    __atomic_fetch_add(&moving, 1, __ATOMIC_SEQ_CST);
    __atomic_fetch_sub(&moving, 1, __ATOMIC_SEQ_CST);
    todo = __atomic_exchange_n(&fake_top.cpu->work, 0, __ATOMIC_ACQUIRE);
    if (todo & 1U << WORK_HOLD)
        smp_hold_here();
}

static void *work_on(void *cpu)
{
    fake_top.cpu = cpu;
    while (__atomic_load_n(&finished, __ATOMIC_ACQUIRE) < CPUS - 1)
        work();
    return NULL;
}

static void *hold_often(void *cpu)
{
    fake_top.cpu = cpu;
    for (unsigned int i = 0; i < HOLDS; i++) {
        smp_hold_others();
        for (unsigned int n = 0; n < 20; n++)
            if (__atomic_load_n(&moving, __ATOMIC_SEQ_CST))
                abort();
        smp_release_others();
        work();
    }
    __atomic_fetch_add(&finished, 1, __ATOMIC_ACQ_REL);
    return work_on(cpu);
}

static void who_holds_is_alone(void **state)
{
    pthread_t threads[CPUS];

    (void)state;
    alarm(60); /* who waits for ever ends the test */
    for (unsigned int i = 0; i < CPUS; i++) {
        cpus[i].id = i;
        cpus[i].online = true;
    }
    for (unsigned int i = 0; i < CPUS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL,
                                        i ? hold_often : work_on, &cpus[i]),
                         0);
    for (unsigned int i = 0; i < CPUS; i++)
        pthread_join(threads[i], NULL);
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_holds_is_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
