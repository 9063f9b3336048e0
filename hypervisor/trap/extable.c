/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instructions of ours that may fault on a guest's account, and where to go
 * on when they do; and what to print when one faults that may not.
 */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/guest.h>
#include <hv/trap.h>
#include <x86/insn.h>

/* Offsets relative to each field: the table needs no relocation. */
struct ex_entry {
    int32_t from, to;
};

extern const struct ex_entry ex_table_start[], ex_table_end[];
extern const char image_start[], image_text_end[];

unsigned long extable_fixup(unsigned long rip)
{
    for (const struct ex_entry *e = ex_table_start; e < ex_table_end; e++)
        if ((unsigned long)&e->from + e->from == rip)
            return (unsigned long)&e->to + e->to;
    return 0;
}

void dump_regs(const struct cpu_user_regs *r)
{
    log_err("rip %04x:%016lx  rflags %08lx  vector %u  error %#x\n", r->cs,
            (unsigned long)r->rip, (unsigned long)r->rflags, r->entry_vector,
            r->error_code);
    log_err("rax %016lx  rbx %016lx  rcx %016lx\n", (unsigned long)r->rax,
            (unsigned long)r->rbx, (unsigned long)r->rcx);
    log_err("rdx %016lx  rsi %016lx  rdi %016lx\n", (unsigned long)r->rdx,
            (unsigned long)r->rsi, (unsigned long)r->rdi);
    log_err("rbp %016lx  rsp %016lx  r8  %016lx\n", (unsigned long)r->rbp,
            (unsigned long)r->rsp, (unsigned long)r->r8);
    log_err("r9  %016lx  r10 %016lx  r11 %016lx\n", (unsigned long)r->r9,
            (unsigned long)r->r10, (unsigned long)r->r11);
    log_err("r12 %016lx  r13 %016lx  r14 %016lx\n", (unsigned long)r->r12,
            (unsigned long)r->r13, (unsigned long)r->r14);
    log_err("r15 %016lx  ss %04x  cr3 %016lx  cr2 %016lx\n",
            (unsigned long)r->r15, r->ss, read_cr3(), read_cr2());
}

/* Everything on our stack that looks like a return address. */
void dump_stack(const struct cpu_user_regs *r)
{
    unsigned long sp = r->rsp & ~7UL;
    unsigned long end = (sp & ~(STACK_SIZE - 1)) + STACK_SIZE;
    unsigned int n = 0;

    if (end != (unsigned long)(stack_top() + 1))
        return;
    for (; sp < end && n < 32; sp += 8) {
        unsigned long word = *(const unsigned long *)sp;

        if (word >= (unsigned long)image_start &&
            word < (unsigned long)image_text_end) {
            log_err("  [%016lx] %016lx\n", sp, word);
            n++;
        }
    }
}

#define GUEST_STACK_LINES 12

void dump_guest_stack(const struct cpu_user_regs *r)
{
    for (unsigned int i = 0; i < GUEST_STACK_LINES; i++) {
        unsigned long w[4], sp = r->rsp + i * sizeof(w);

        if (copy_from_guest(w, sp, sizeof(w)))
            return;
        log_err("  %016lx: %016lx %016lx %016lx %016lx\n", sp, w[0], w[1], w[2],
                w[3]);
    }
}
