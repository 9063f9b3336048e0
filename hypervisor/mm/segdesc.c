/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Descriptor tables of guests.  Their pages are typed PT_SEGDESC, which
 * checks every descriptor, and appear in each CPU's windows: GDT pages when
 * the vCPU is loaded, LDT pages when the processor first touches them.
 *
 * Window pages without a guest page behind them are not present; the fault
 * becomes the #GP that a wrong selector deserves.  The processor sets
 * "accessed" bits through the window, so it is writable; guests have no
 * writable mapping of such pages (PT-1).
 */
#include <hv/features.h>
#include <hv/hcall.h>
#include <hv/hvmap.h>
#include <hv/mm.h>
#include <x86/insn.h>

#include "local.h"

#define DESCS_PER_PAGE (PAGE_SIZE / sizeof(uint64_t))
#define DESC_S (1UL << 44) /* code or data, not a system descriptor */
#define DESC_P (1UL << 47)
#define DESC_DPL (3UL << 45)
#define DESC_TYPE (15UL << 40)
#define DESC_LDT_TYPE (2UL << 40)

bool desc_check(uint64_t *desc)
{
    uint64_t d = *desc;

    if (!(d & DESC_P))
        return true; /* using it faults */
    if (!(d & DESC_S))
        return !(d & DESC_TYPE); /* upper half of nothing; no gates */

    /* A guest kernel runs at CPL 3, and nobody but us below. */
    if ((d & DESC_DPL) != DESC_DPL)
        *desc = d | DESC_DPL;
    return true;
}

/* Page @va of a window becomes @m, or nothing. */
static void window_set(unsigned long va, mfn_t m)
{
    uint64_t nx = CPU_HAS(NX) ? PTE_NX : 0;
    pte_t *slot = hvmap_l1e(va);
    pte_t e = mfn_eq(m, MFN_INVALID)
                  ? 0
                  : pte_make(m, PTE_P | PTE_RW | PTE_A | PTE_D | nx);

    if (*slot == e)
        return;
    *slot = e;
    invlpg(va);
}

/* Bring this CPU's GDT window to @n pages of @v's. */
static void gdt_load(struct cpu *c, struct vcpu *v)
{
    unsigned int n = DIV_UP(v->gdt_ents, DESCS_PER_PAGE);

    for (unsigned int i = 0; i < MAX(n, c->gdt_loaded); i++)
        window_set(GDT_WINDOW(c->id) + i * PAGE_SIZE,
                   i < n ? v->gdt_frames[i] : MFN_INVALID);
    c->gdt_loaded = n;
}

static void ldt_load(struct cpu *c, struct vcpu *v)
{
    unsigned long base = LDT_WINDOW(c->id), limit;
    uint64_t *desc = &c->gdt[(SEL_LDT >> 3) - GDT_RESERVED_FIRST];

    if (!v->ldt_ents && !c->ldt_loaded)
        return;

    /* Empty slots fault, and ldt_fault() fills them. */
    for (unsigned int i = 0; i < LDT_PAGES; i++)
        window_set(base + i * PAGE_SIZE,
                   v->ldt_mapped & (1U << i) ? v->ldt_frames[i] : MFN_INVALID);
    c->ldt_loaded = v->ldt_ents ? LDT_PAGES : 0;
    if (!v->ldt_ents) {
        lldt(0);
        return;
    }

    limit = v->ldt_ents * sizeof(uint64_t) - 1;
    desc[0] = (limit & 0xffff) | (base & 0xffffff) << 16 | DESC_LDT_TYPE |
              DESC_P | (limit >> 16 & 0xf) << 48 | (base >> 24 & 0xff) << 56;
    desc[1] = base >> 32;
    lldt(SEL_LDT);
}

void segdesc_load(struct vcpu *v)
{
    struct cpu *c = this_cpu();

    gdt_load(c, v);
    ldt_load(c, v);
}

static void put_frames(const mfn_t *frames, unsigned int n)
{
    for (unsigned int i = 0; i < n; i++)
        frame_put_with_type(frames[i]);
}

int gdt_set(struct vcpu *v, const unsigned long *frames, unsigned int nents)
{
    unsigned int n = DIV_UP(nents, DESCS_PER_PAGE);
    unsigned int nr_old = DIV_UP(v->gdt_ents, DESCS_PER_PAGE);
    mfn_t new[GDT_GUEST_FRAMES], old[GDT_GUEST_FRAMES];

    if (nents > GDT_GUEST_FRAMES * DESCS_PER_PAGE)
        return -EINVAL;
    for (unsigned int i = 0; i < n; i++) {
        new[i] = mfn(frames[i]);
        if (frame_get_with_type(new[i], v->domain, PT_SEGDESC)) {
            put_frames(new, i);
            return -EINVAL;
        }
    }

    for (unsigned int i = 0; i < nr_old; i++)
        old[i] = v->gdt_frames[i];
    for (unsigned int i = 0; i < n; i++)
        v->gdt_frames[i] = new[i];
    v->gdt_ents = nents;
    if (v == current_vcpu())
        gdt_load(this_cpu(), v);
    put_frames(old, nr_old);
    return 0;
}

void gdt_drop(struct vcpu *v) { gdt_set(v, NULL, 0); }

int ldt_set(struct vcpu *v, unsigned long base, unsigned int nents)
{
    mfn_t old[LDT_PAGES];
    unsigned int n = 0;

    if (nents > LDT_PAGES * DESCS_PER_PAGE || (base & ~PAGE_MASK) ||
        !va_canonical(base) ||
        (nents && base < HV_VIRT_END && base + nents * 8UL > HV_VIRT_START))
        return -EINVAL;

    for (unsigned int i = 0; i < LDT_PAGES; i++)
        if (v->ldt_mapped & (1U << i))
            old[n++] = v->ldt_frames[i];
    v->ldt_mapped = 0;
    v->ldt_base = base;
    v->ldt_ents = nents;
    if (v == current_vcpu())
        ldt_load(this_cpu(), v);
    put_frames(old, n);
    return 0;
}

void ldt_drop(struct vcpu *v) { ldt_set(v, 0, 0); }

bool ldt_fault(struct vcpu *v, unsigned long offset)
{
    unsigned int i = offset >> PAGE_SHIFT;
    mfn_t table;
    pte_t e;

    if (offset >= v->ldt_ents * sizeof(uint64_t) ||
        (v->ldt_mapped & (1U << i)) ||
        !pt_find_l1(v->guest_table, v->ldt_base + i * PAGE_SIZE, &table))
        return false;

    e = load64((pte_t *)mfn_to_virt(table) +
               pt_index(v->ldt_base + i * PAGE_SIZE, 1));
    if (!(e & PTE_P) || !frame_valid(pte_mfn(e)) ||
        frame_get_with_type(pte_mfn(e), v->domain, PT_SEGDESC))
        return false;

    v->ldt_frames[i] = pte_mfn(e);
    v->ldt_mapped |= 1U << i;
    window_set(LDT_WINDOW(this_cpu_id()) + i * PAGE_SIZE, pte_mfn(e));
    return true;
}

long hc_update_descriptor(struct hcall *h)
{
    mfn_t m = mfn(h->arg[0] >> PAGE_SHIFT);
    unsigned int index = (h->arg[0] & ~PAGE_MASK) / sizeof(uint64_t);
    uint64_t desc = h->arg[1];
    struct frame *f = frame_of(m);
    enum page_type type;
    long err;

    if ((h->arg[0] % sizeof(desc)) || !desc_check(&desc) ||
        !frame_get(m, h->caller->domain))
        return -EINVAL;

    /* A page not (yet) used for descriptors is plain memory. */
    type = tw_type(load64(&f->type)) == PT_SEGDESC ? PT_SEGDESC : PT_WRITABLE;
    err = frame_type_get(f, type);
    if (!err) {
        __atomic_store_n((uint64_t *)mfn_to_virt(m) + index, desc,
                         __ATOMIC_RELEASE);
        track_mark(m);
        frame_put_type(m, false);
    }
    frame_put(m);
    return err;
}
