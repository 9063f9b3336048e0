/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interrupt vectors and who handles them. */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/irq.h>
#include <hv/mm.h>
#include <x86/insn.h>
#include <x86/regs.h>
#include "local.h"

/* Vectors given to devices: 0x80 is the guests' int80 gate. */
#define VECTOR_DEVICE_FIRST 0x30
#define VECTOR_DEVICE_LAST 0xef

#define PIC1_COMMAND 0x20
#define PIC1_DATA 0x21
#define PIC2_COMMAND 0xa0
#define PIC2_DATA 0xa1

static struct lock vector_lock = LOCK_INIT(LR_IRQ);
static struct {
    irq_handler *fn; /* NULL: free */
    void *arg;
} handlers[256];

/* The hypervisor's own lines. */
#define MAX_OWN 4
static struct own {
    unsigned int gsi;
    irq_handler *fn;
    void *arg;
} own[MAX_OWN];
static unsigned int nr_own;

static unsigned long nr_stray;

/* Devices know eight bits of it. */
uint32_t irq_target(unsigned int cpu)
{
    uint32_t id = cpus[cpu].apic_id;

    return id < 0xff ? id : cpus[0].apic_id;
}

uint8_t vector_alloc(irq_handler *fn, void *arg)
{
    uint8_t found = 0;

    lock_take(&vector_lock);
    for (unsigned int v = VECTOR_DEVICE_FIRST;
         v <= VECTOR_DEVICE_LAST && !found; v++)
        if (!handlers[v].fn && v != VEC_INT80)
            found = v;
    if (found) {
        handlers[found].arg = arg;
        handlers[found].fn = fn;
    }
    lock_release(&vector_lock);
    return found;
}

void vector_free(uint8_t vector)
{
    ASSERT(handlers[vector].fn);
    handlers[vector].fn = NULL;
}

/* A guest is interrupted, a preemption point, or the idle loop. */
static void kicked(struct cpu *c)
{
    if (!c->idle) {
        tlb_answer();
        return;
    }
    if (__atomic_load_n(&c->tlb_page, __ATOMIC_RELAXED))
        work_raise(c, WORK_TLB); /* it lets go of everything */
    if (__atomic_fetch_and(&c->work, ~(1U << WORK_HOLD), __ATOMIC_ACQUIRE) &
        1U << WORK_HOLD)
        smp_hold_here();
}

void cpu_kick(unsigned int id)
{
    if (id != this_cpu_id())
        lapic_kick(cpus[id].apic_id);
}

void irq_dispatch(unsigned int vector)
{
    irq_handler *fn = handlers[vector & 0xff].fn;

    if (vector == VECTOR_TIMER) {
        lapic_eoi();
        work_raise(this_cpu(), WORK_TIMER);
    } else if (vector == VECTOR_KICK) {
        lapic_eoi();
        kicked(this_cpu());
    } else if (fn) {
        fn(handlers[vector].arg);
    } else if (vector != VECTOR_SPURIOUS) {
        lapic_eoi();
        nr_stray++;
    }
}

bool gsi_is_ours(unsigned int gsi)
{
    for (unsigned int i = 0; i < nr_own; i++)
        if (own[i].gsi == gsi)
            return true;
    return false;
}

static void own_fire(void *arg)
{
    struct own *o = arg;

    o->fn(o->arg);
    lapic_eoi();
}

int irq_own_gsi(unsigned int gsi, void (*fn)(void *), void *arg)
{
    struct own *o = &own[nr_own];
    uint8_t vector;

    if (!gsi_valid(gsi) || gsi_is_ours(gsi) || nr_own == MAX_OWN)
        return -EBUSY;
    *o = (struct own){ gsi, fn, arg };
    vector = vector_alloc(own_fire, o);
    if (!vector)
        return -EBUSY;
    nr_own++;
    gsi_route(gsi, vector, 0); /* the CPU that is always there */
    gsi_unmask(gsi);
    return 0;
}

/* The old controllers only ever disturb: renumber and mask them. */
static void pic_off(void)
{
    outb(PIC1_COMMAND, 0x11); /* ICW1: edge, cascade, ICW4 follows */
    outb(PIC2_COMMAND, 0x11);
    outb(PIC1_DATA, VECTOR_FIRST); /* ICW2: vectors */
    outb(PIC2_DATA, VECTOR_FIRST + 8);
    outb(PIC1_DATA, 4); /* ICW3: the second is behind line 2 */
    outb(PIC2_DATA, 2);
    outb(PIC1_DATA, 1); /* ICW4: 8086 mode */
    outb(PIC2_DATA, 1);
    outb(PIC1_DATA, 0xff);
    outb(PIC2_DATA, 0xff);
}

void irq_init(void)
{
    pic_off();
    lapic_init();
    mmio_deny(mfn(acpi.lapic_address >> PAGE_SHIFT), 1);
    ioapic_init();
}

void irq_dump(void)
{
    for (unsigned int i = 0; i < gsi_count(); i++)
        if (gsi_word(i) & 0xff)
            log_err("GSI %u: %#x%s\n", i, gsi_word(i),
                    gsi_is_ours(i) ? ", ours" : "");
    log_err("%lu stray interrupts\n", nr_stray);
}
