/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tables that a processor needs to come into ring 0 and out of it: GDT,
 * IDT, TSS, system call entry points; and its control registers.
 */
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/cpu.h>
#include <hv/features.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/spec.h>
#include <hv/string.h>
#include <x86/insn.h>
#include <x86/regs.h>

#define VECTOR_STUB 16
#define SYSCALL_STUB 64

/* Flags that `syscall' clears: nothing of the guest's reaches our code. */
#define SYSCALL_CLEARS                                                         \
    (EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | \
     EFLAGS_VM | EFLAGS_AC)

extern const char vector_stubs[], syscall_stubs[];
extern const char syscall_entry[], syscall32_entry[], sysenter_entry[];

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus = 1, nr_cpus_online = 1;

struct idt_entry idt[256] __attribute__((aligned(4096)));

static void set_gate(unsigned int vec, unsigned int dpl, unsigned int ist)
{
    unsigned long addr = (unsigned long)vector_stubs + vec * VECTOR_STUB;

    idt[vec].lo = (addr & 0xffff) | ((uint64_t)SEL_HV_CS << 16) |
                  ((uint64_t)ist << 32) | (0x8eUL << 40) |
                  ((uint64_t)dpl << 45) | ((addr >> 16 & 0xffff) << 48);
    idt[vec].hi = addr >> 32;
}

static void fill_idt(void)
{
    for (unsigned int vec = 0; vec < 256; vec++)
        set_gate(vec, 0, 0);
    set_gate(VEC_BP, 3, 0);
    set_gate(VEC_OF, 3, 0);
    set_gate(VEC_INT80, 3, 0);
    set_gate(VEC_DF, 0, IST_DF);
    set_gate(VEC_NMI, 0, IST_NMI);
    set_gate(VEC_MC, 0, IST_MC);
    set_gate(VEC_DB, 0, IST_DB);
}

/* A 16-byte system descriptor: TSS (type 9) or LDT (type 2). */
static void set_system_desc(uint64_t *d, unsigned long base, uint32_t limit,
                            unsigned int type)
{
    d[0] = (limit & 0xffff) | ((base & 0xffffff) << 16) |
           ((uint64_t)(0x80 | type) << 40) |
           ((uint64_t)(limit >> 16 & 0xf) << 48) | ((base >> 24 & 0xff) << 56);
    d[1] = base >> 32;
}

static void fill_gdt(struct cpu *c)
{
    uint64_t *gdt = c->gdt - GDT_RESERVED_FIRST; /* indexed by selector >> 3 */

    gdt[SEL_HV_CS >> 3] = DESC_HV_CS;
    gdt[SEL_HV_DS >> 3] = DESC_HV_DS;
    gdt[SEL_FLAT_CS32 >> 3] = DESC_FLAT_CS32;
    gdt[SEL_FLAT_DS >> 3] = DESC_FLAT_DS;
    gdt[SEL_FLAT_CS64 >> 3] = DESC_FLAT_CS64;
    set_system_desc(&gdt[SEL_TSS >> 3], (unsigned long)c->tss,
                    sizeof(*c->tss) - 1, 9);
}

/*
 * This CPU's own start of the syscall path (see entry/syscall.S):
 *      movabs rax, [slot]; mov rsp, rax; movabs $top, rsp; jmp entry
 */
static const void *make_syscall_stub(unsigned int nr, struct stack_top *top,
                                     const char *entry)
{
    const char *stub = syscall_stubs + nr * SYSCALL_STUB;
    uint8_t *p = image_alias(stub);
    unsigned long slot = (unsigned long)&top->regs.rax;
    unsigned long frame = (unsigned long)&top->regs.es;
    int32_t jump;

    memcpy(p, "\x48\xa3", 2);
    memcpy(p + 2, &slot, 8);
    memcpy(p + 10, "\x48\x89\xe0\x48\xbc", 5);
    memcpy(p + 15, &frame, 8);
    p[23] = 0xe9;
    jump = entry - (stub + 28);
    memcpy(p + 24, &jump, 4);
    return stub;
}

static void set_syscall_entries(struct cpu *c, struct stack_top *top)
{
    wrmsr(MSR_STAR,
          ((uint64_t)SEL_FLAT_CS32 << 48) | ((uint64_t)SEL_HV_CS << 32));
    wrmsr(MSR_LSTAR,
          (unsigned long)make_syscall_stub(2 * c->id, top, syscall_entry));
    wrmsr(MSR_CSTAR, (unsigned long)make_syscall_stub(2 * c->id + 1, top,
                                                      syscall32_entry));
    wrmsr(MSR_SYSCALL_MASK, SYSCALL_CLEARS);
    if (CPU_HAS(SYSENTER)) {
        wrmsr(MSR_SYSENTER_CS, SEL_HV_CS);
        wrmsr(MSR_SYSENTER_ESP, (unsigned long)&top->regs.es);
        wrmsr(MSR_SYSENTER_EIP, (unsigned long)sysenter_entry);
    }
}

static void fill_tss(struct tss *tss, char *stack, struct stack_top *top)
{
    tss->rsp[0] = (unsigned long)&top->regs.es;
    tss->ist[IST_DF - 1] = (unsigned long)stack + 1 * PAGE_SIZE;
    tss->ist[IST_NMI - 1] = (unsigned long)stack + 2 * PAGE_SIZE;
    tss->ist[IST_MC - 1] = (unsigned long)stack + 3 * PAGE_SIZE;
    tss->ist[IST_DB - 1] = (unsigned long)stack + 4 * PAGE_SIZE;
    tss->iomap_base = sizeof(*tss); /* none: every port traps */
}

static void load_tables(struct cpu *c)
{
    struct desc_ptr gdtr = { GDT_PAGES * PAGE_SIZE - 1, GDT_WINDOW(c->id) };
    struct desc_ptr idtr = { sizeof(idt) - 1, (unsigned long)idt };

    lgdt(&gdtr);
    reload_cs(SEL_HV_CS);
    load_ds(0);
    load_es(0);
    load_fs(0);
    load_gs(0);
    load_ss(0);
    lldt(0);
    ltr(SEL_TSS);
    lidt(&idtr);
}

static void *alloc_pages(unsigned int order)
{
    if (boot_alloc_usable())
        return mfn_to_virt(mfn(boot_alloc(PAGE_SIZE << order) >> PAGE_SHIFT));
    return heap_alloc(order);
}

static void make_tables(struct cpu *c, char *stack, struct stack_top *top)
{
    c->gdt = alloc_pages(1);
    c->tss = alloc_pages(0);
    if (!c->gdt || !c->tss)
        panic("no memory for the tables of CPU %u", c->id);
    fill_gdt(c);
    fill_tss(c->tss, stack, top);
    hvmap_range(GDT_WINDOW(c->id), mfn(0), GDT_PAGES + LDT_PAGES, 0);
    hvmap_range(GDT_WINDOW(c->id) + GDT_GUEST_PAGES * PAGE_SIZE,
                virt_to_mfn(c->gdt), GDT_PAGES - GDT_GUEST_PAGES,
                PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
    if (!c->id)
        fill_idt();
}

void cpu_tables_init(struct cpu *c, void *stack)
{
    struct stack_top *top =
        (struct stack_top *)((char *)stack + STACK_SIZE) - 1;

    static_assert(sizeof(struct stack_top) % 16 ==
                      offsetof(struct cpu_user_regs, es) % 16,
                  "the frame of an exception starts at &regs.es");
    top->cpu = c;
    c->stack = stack;
    if (!c->gdt)
        make_tables(c, stack, top);
    load_tables(c);
    set_syscall_entries(c, top);
    wrmsr(MSR_PAT, PAT_XEN);
    c->cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_MCE |
             (CPU_HAS(SMEP) ? CR4_SMEP : 0) | (CPU_HAS(SMAP) ? CR4_SMAP : 0);
    write_cr4(c->cr4);
    spec_init_cpu();
}
