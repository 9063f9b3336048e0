/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What to print of registers and stacks, with the names of our functions.
 *
 * The names come from the image itself, linked twice: tools/symbols writes
 * them, in order of address, as a 32-bit distance from the image's start
 * and a string each.  Text lies before them, so it does not move.
 */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/guest.h>
#include <hv/string.h>
#include <hv/trap.h>

extern const char image_start[], image_text_end[];
extern const char symbols_start[], symbols_end[];

/* " name+0x12", or nothing if @addr is not ours. */
static void print_symbol(char *buf, size_t size, unsigned long addr)
{
    unsigned long want = addr - (unsigned long)image_start;
    const char *name = NULL;
    uint32_t offset, at = 0;

    buf[0] = '\0';
    if (addr >= (unsigned long)image_text_end)
        return;
    for (const char *p = symbols_start; p < symbols_end;) {
        memcpy(&offset, p, sizeof(offset));
        if (offset > want)
            break;
        at = offset;
        name = p + sizeof(offset);
        p = name + strlen(name) + 1;
    }
    if (name)
        hv_snprintf(buf, size, "  %s+%#lx", name, want - at);
}

void dump_regs(const struct cpu_user_regs *r)
{
    char where[64] = "";

    if (!regs_from_guest(r))
        print_symbol(where, sizeof(where), r->rip);
    log_err("rip %04x:%016lx  rflags %08lx%s\n", r->cs, r->rip, r->rflags,
            where);
    log_err("rax %016lx  rbx %016lx  rcx %016lx\n", r->rax, r->rbx, r->rcx);
    log_err("rdx %016lx  rsi %016lx  rdi %016lx\n", r->rdx, r->rsi, r->rdi);
    log_err("rbp %016lx  rsp %016lx  r8  %016lx\n", r->rbp, r->rsp, r->r8);
    log_err("r9  %016lx  r10 %016lx  r11 %016lx\n", r->r9, r->r10, r->r11);
    log_err("r12 %016lx  r13 %016lx  r14 %016lx\n", r->r12, r->r13, r->r14);
    log_err("r15 %016lx  ss %04x  vector %u  error %#x\n", r->r15, r->ss,
            r->entry_vector, r->error_code);
}

/* Everything on our stack that looks like a return address. */
void dump_stack(const struct cpu_user_regs *r)
{
    unsigned long sp = r->rsp & ~7UL;
    unsigned long end = (sp & ~(STACK_SIZE - 1)) + STACK_SIZE;
    unsigned int n = 0;
    char where[64];

    if (end != (unsigned long)(stack_top() + 1))
        return;
    for (; sp < end && n < 32; sp += 8) {
        unsigned long word = *(const unsigned long *)sp;

        if (word >= (unsigned long)image_start &&
            word < (unsigned long)image_text_end) {
            print_symbol(where, sizeof(where), word);
            log_err("  [%016lx] %016lx%s\n", sp, word, where);
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
