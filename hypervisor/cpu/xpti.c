/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest tables without the hypervisor, for CPUs on which user code can read
 * what is mapped for the supervisor (Meltdown).
 *
 * In ring 0 CR3 has the guest's own L4, with all of our slots.  On the way to
 * the guest a copy goes there: the guest's slots, the machine-to-physical
 * table, and of the rest only what the processor needs to get back in: text,
 * the IDT, this CPU's stack and TSS, the descriptor windows.  Each CPU has a
 * copy for kernel and one for user mode, made anew when the L4 is another
 * one or has changed.
 *
 * An L4 entry that goes is safe: its table is freed only after each CPU has
 * flushed, for which it enters ring 0, and there it comes to xpti_enter().
 */
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/spec.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/pte.h>

#define M2P_SLOT 256
#define FIX_SLOT 259

extern const char image_start[], image_rodata_end[];

static uint64_t changes = 1;

void xpti_l4_changed(void)
{
    __atomic_fetch_add(&changes, 1, __ATOMIC_SEQ_CST);
}

static void alias_range(mfn_t root, const void *from, unsigned long bytes)
{
    unsigned long va = (unsigned long)from & PAGE_MASK;

    for (; va < (unsigned long)from + bytes; va += PAGE_SIZE)
        hvmap_alias(root, va);
}

/* The hypervisor's slots of a root: the same tables for both of a CPU's. */
static void fill(struct cpu *c, pte_t *l4)
{
    const pte_t *all = mfn_to_virt(idle_pgd);
    mfn_t root = virt_to_mfn(l4);

    l4[M2P_SLOT] = all[M2P_SLOT];
    l4[FIX_SLOT] = all[FIX_SLOT];
    alias_range(root, image_start, image_rodata_end - image_start);
    alias_range(root, idt, sizeof(idt));
    alias_range(root, c->stack, STACK_SIZE);
    alias_range(root, c->tss, sizeof(*c->tss));
}

void xpti_init_cpu(struct cpu *c)
{
    pte_t *l4[2];

    if (!spec_on[SPEC_XPTI] || c->xpti[0].age)
        return;
    for (unsigned int i = 0; i < 2; i++) {
        l4[i] = heap_alloc(0);
        if (!l4[i])
            panic("no memory for the guest tables of CPU %u", c->id);
        c->xpti[i].mfn = virt_to_mfn(l4[i]);
        c->xpti[i].age = 1;
    }
    fill(c, l4[0]);
    memcpy(&l4[1][HV_L4_FIRST], &l4[0][HV_L4_FIRST],
           (HV_L4_LAST - HV_L4_FIRST + 1) * sizeof(pte_t));
}

INIT_TEXT void xpti_init(void) { xpti_init_cpu(&cpus[0]); }

static void copy(struct xpti_root *r, unsigned long src, uint64_t age)
{
    const pte_t *from = mfn_to_virt(mfn(src >> PAGE_SHIFT));
    pte_t *to = mfn_to_virt(r->mfn);

    r->src = src;
    r->age = age;
    memcpy(to, from, HV_L4_FIRST * sizeof(*to));
    memcpy(to + HV_L4_LAST + 1, from + HV_L4_LAST + 1,
           (511 - HV_L4_LAST) * sizeof(*to));
}

unsigned long xpti_enter(void)
{
    struct stack_top *top = stack_top();
    struct vcpu *v = top->current;
    struct xpti_root *r = &top->cpu->xpti[v->kernel_mode];
    uint64_t now = __atomic_load_n(&changes, __ATOMIC_SEQ_CST);

    top->hv_cr3 = v->cr3[v->kernel_mode];
    if (r->src != top->hv_cr3 || r->age != now)
        copy(r, top->hv_cr3, now);
    top->guest_cr3 = mfn_x(r->mfn) << PAGE_SHIFT;

    return top->guest_cr3;
}
