/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Other processors: starting them, taking them out of service and in again,
 * and stopping them for a panic.
 *
 * A CPU is started by one that waits for it, one at a time.  Between them is
 * `phase'; the CPU gets its own memory from here, so it starts with nothing
 * but a stack.
 *
 * INVARIANT CPU-1: cpu.online and nr_cpus_online change only while all other
 * CPUs are held.  One that is taken out of service stays in its idle loop,
 * with nothing loaded, no timer, no interrupt of a device: so there is
 * nothing to set up when it comes back.
 */
#include <hv/acpi.h>
#include <hv/boot.h>
#include <hv/clock.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/fpu.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include <hv/lock.h>
#include <hv/sched.h>
#include <hv/spec.h>
#include <hv/string.h>
#include <hv/timer.h>
#include <x86/insn.h>

#define START_MS 1000

/* Readings of both TSCs that have to be in order; each is a few 100 ns. */
#define TSC_READINGS 2000

enum phase { ABSENT, ALIVE, COMPARE, COMPARED, RUN };

extern const char trampoline[], trampoline_end[];
extern void enter_guests(void) __attribute__((noreturn));
void start_here(void) __attribute__((noreturn));

static struct lock start_lock = LOCK_INIT(LR_CPU_START);
static uint32_t phase;
static uint64_t start_page;
static struct cpu *stopper; /* the CPU that panics, which stops the others */

static struct {
    struct lock lock;
    uint64_t last, worst; /* how far one went behind the other */
} tsc;

void *start_stack; /* for trampoline.S */

static void set_phase(enum phase p)
{
    __atomic_store_n(&phase, p, __ATOMIC_RELEASE);
}

static bool phase_reached(enum phase p)
{
    return __atomic_load_n(&phase, __ATOMIC_ACQUIRE) >= p;
}

static void wait_for(enum phase p)
{
    while (!phase_reached(p))
        spin_relax();
}

/* Both CPUs do this at once: time must never seem to go back. */
static void compare_tsc(void)
{
    for (unsigned int i = 0; i < TSC_READINGS; i++) {
        uint64_t now;

        lock_take(&tsc.lock);
        now = rdtsc_ordered();
        if (now < tsc.last)
            tsc.worst = MAX(tsc.worst, tsc.last - now);
        tsc.last = now;
        lock_release(&tsc.lock);
    }
}

/* The first C function of another CPU. */
void start_here(void)
{
    struct cpu *c = this_cpu();

    cpu_tables_init(c, c->stack);
    xpti_init_cpu(c);
    lapic_init_cpu();
    fpu_init_cpu();
    timer_cpu_init(c->id);
    sched_init();
    set_phase(ALIVE);

    wait_for(COMPARE);
    compare_tsc();
    set_phase(COMPARED);
    wait_for(RUN);
    if (!c->started)
        for (;;)
            hlt(); /* refused; interrupts are off */

    work_raise(c, WORK_SCHED);
    enter_guests();
}

static int prepare(struct cpu *c)
{
    struct stack_top *top;

    if (!c->stack)
        c->stack = heap_alloc(STACK_ORDER);
    if (!c->stack)
        return -ENOMEM;
    top = (struct stack_top *)((char *)c->stack + STACK_SIZE) - 1;
    top->cpu = c;
    top->current = NULL;
    start_stack = (void *)ALIGN_DOWN((unsigned long)top, 16UL);
    c->work = 0;
    c->loaded = NULL;
    lock_init(&tsc.lock, LR_CPU_TSC);
    tsc.last = tsc.worst = 0;
    set_phase(ABSENT);
    return 0;
}

static bool answers(const struct cpu *c)
{
    lapic_start(c->apic_id, start_page >> PAGE_SHIFT);
    for (unsigned int ms = 0; ms < START_MS && !phase_reached(ALIVE); ms++)
        delay_us(1000);
    return phase_reached(ALIVE);
}

static int start(struct cpu *c)
{
    int err = prepare(c);

    if (err)
        return err;
    if (!answers(c)) {
        log_err("CPU %u (APIC %u) does not answer\n", c->id, c->apic_id);
        return -EIO;
    }
    set_phase(COMPARE);
    compare_tsc();
    wait_for(COMPARED);
    if (tsc.worst) {
        log_err("CPU %u is not used: its TSC is %lu cycles off\n", c->id,
                tsc.worst);
        err = -EIO;
    }
    c->started = !err;
    set_phase(RUN);
    return err;
}

int cpu_up(unsigned int id)
{
    struct cpu *c = &cpus[id];
    int err = 0;

    if (id >= nr_cpus)
        return -EINVAL;
    if (cpu_online(id))
        return -EEXIST;
    if (!lock_try(&start_lock))
        return -ERESTART; /* who holds it may want to hold us */
    if (!c->started)
        err = start_page ? start(c) : -EIO;
    if (!err && !cpu_online(id)) {
        smp_hold_others();
        __atomic_store_n(&c->online, true, __ATOMIC_RELEASE);
        nr_cpus_online++;
        sched_cpu_online(id);
        smp_release_others();
        cpu_kick(id); /* out of its halt, to look for vCPUs */
    }
    lock_release(&start_lock);
    return err;
}

int cpu_down(unsigned int id)
{
    struct cpu *c = &cpus[id];
    int err = 0;

    if (!id || id >= nr_cpus)
        return -EINVAL;
    if (!cpu_online(id))
        return -EEXIST;
    if (!lock_try(&start_lock))
        return -ERESTART;
    smp_hold_others();
    sched_cpu_offline(id);
    smp_release_others();
    cpu_kick(id); /* if it is idle: to let go of what is loaded */
    if (c == this_cpu()) {
        err = -ERESTART; /* on another one: the caller may not run here */
    } else if (cpu_online(id)) {
        while (!sched_cpu_empty(id) ||
               __atomic_load_n(&c->loaded, __ATOMIC_ACQUIRE))
            spin_wait();
        smp_hold_others();
        timer_take_over(id);
        pirq_take_over(id);
        __atomic_store_n(&c->online, false, __ATOMIC_RELEASE);
        nr_cpus_online--;
        smp_release_others();
    }
    lock_release(&start_lock);
    return err;
}

/* CPU numbers: the boot CPU first, then as the MADT has them. */
static INIT_TEXT void number_cpus(void)
{
    for (unsigned int i = 0; i < acpi.nr_cpus && nr_cpus < NR_CPUS; i++) {
        struct cpu *c = &cpus[nr_cpus];

        if (acpi.cpu_apic_id[i] == cpus[0].apic_id)
            c = &cpus[0];
        else
            c->id = nr_cpus++;
        c->apic_id = acpi.cpu_apic_id[i];
        c->acpi_id = acpi.cpu_acpi_id[i];
    }
}

INIT_TEXT void smp_init(void)
{
    uint64_t max = NR_CPUS;
    const char *end;
    char buf[8];

    if (cmdline_get(hv_cmdline, "maxcpus", buf, sizeof(buf)) &&
        (parse_u64(buf, &end, &max) || *end || !max))
        log_warn("maxcpus=%s: not a number\n", buf);
    number_cpus();
    start_page = boot_low_page();
    if (nr_cpus == 1)
        return;
    if (!start_page) {
        log_warn("No page below 1 MiB to start other CPUs from\n");
        return;
    }
    memcpy(mfn_to_virt(mfn(start_page >> PAGE_SHIFT)), trampoline,
           trampoline_end - trampoline);
    for (unsigned int i = 1; i < nr_cpus && i < max; i++)
        cpu_up(i);
    log_info("CPUs: %u of %u online\n", nr_cpus_online, nr_cpus);
}

static uint32_t holder;  /* CPU that holds the others, plus 1; 0 none */
static uint32_t hold_nr; /* counts the times; cpu.held says where one is */

void smp_hold_here(void)
{
    struct cpu *c = this_cpu();

    do {
        __atomic_store_n(&c->held, __atomic_load_n(&hold_nr, __ATOMIC_ACQUIRE),
                         __ATOMIC_RELEASE);
        spin_relax();
    } while (__atomic_load_n(&holder, __ATOMIC_ACQUIRE));
    __atomic_store_n(&c->held, 0, __ATOMIC_RELEASE);
}

void smp_hold_others(void)
{
    struct cpu *me = this_cpu();
    uint32_t nobody = 0, nr;

    while (!__atomic_compare_exchange_n(&holder, &nobody, me->id + 1, false,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
        smp_hold_here(); /* another one was faster */
        nobody = 0;
    }
    nr = __atomic_add_fetch(&hold_nr, 1, __ATOMIC_ACQ_REL);
    for (unsigned int i = 0; i < nr_cpus; i++) {
        if (i == me->id || !cpu_online(i))
            continue;
        work_raise(&cpus[i], WORK_HOLD);
        cpu_kick(i);
    }
    for (unsigned int i = 0; i < nr_cpus; i++)
        while (i != me->id && cpu_online(i) &&
               __atomic_load_n(&cpus[i].held, __ATOMIC_ACQUIRE) != nr)
            spin_relax();
}

void smp_release_others(void)
{
    __atomic_store_n(&holder, 0, __ATOMIC_RELEASE);
}

void smp_stop_others(void)
{
    struct cpu *nobody = NULL;

    if (__atomic_compare_exchange_n(&stopper, &nobody, this_cpu(), false,
                                    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        if (nr_cpus_online > 1)
            lapic_nmi_others();
    }
    while (smp_stopping())
        hlt(); /* two panics: the first one speaks */
}

bool smp_stopping(void)
{
    struct cpu *c = __atomic_load_n(&stopper, __ATOMIC_ACQUIRE);

    return c && c != this_cpu();
}
