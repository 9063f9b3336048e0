/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instruction that a guest stopped at: fetching it, and moving on. */
#include <hv/cpu.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/desc.h>
#include <x86/regs.h>
#include "insn_fetch.h"

#define DESC_LONG (1UL << 53)
#define DESC_BIG (1UL << 54)
#define DESC_BASE 0xff0000ffffff0000UL
#define DR6_SINGLE_STEP (1UL << 14)

/* Is it code that starts at address 0, and of which kind? */
static int code_mode(const struct vcpu *v, unsigned int cs, bool *mode64)
{
    unsigned int i = (cs & 0xffff) >> 3;
    uint64_t desc;

    *mode64 = cs == SEL_FLAT_CS64;
    if (cs == SEL_FLAT_CS64 || cs == SEL_FLAT_CS32)
        return 0;
    if ((cs & 4) || i >= v->gdt_ents)
        return -1;
    desc = ((uint64_t *)mfn_to_virt(v->gdt_frames[i / 512]))[i % 512];
    *mode64 = desc & DESC_LONG;
    if (*mode64 || ((desc & DESC_BIG) && !(desc & DESC_BASE)))
        return 0;
    return -1;
}

/* Returns how many bytes could be read: a page boundary may be the end. */
static unsigned int read_bytes(uint64_t *to, unsigned long rip)
{
    unsigned long room = PAGE_SIZE - (rip & ~PAGE_MASK);
    char *p = (char *)to;

    if (likely(room >= 16)) {
        if (get_guest_u64(&to[0], rip) || get_guest_u64(&to[1], rip + 8))
            return 0;
        return INSN_MAX;
    }
    if (copy_from_guest(p, rip, room))
        return 0;
    if (room < INSN_MAX &&
        !copy_from_guest(p + room, rip + room, INSN_MAX - room))
        room = INSN_MAX;
    return room;
}

int insn_fetch(struct insn *in, const struct cpu_user_regs *regs)
{
    uint64_t bytes[2];
    unsigned int len;
    bool mode64;

    if (code_mode(current_vcpu(), regs->cs, &mode64))
        return -1;
    len = read_bytes(bytes, mode64 ? regs->rip : regs->eip);
    return insn_decode(in, (const uint8_t *)bytes, len, mode64);
}

void insn_done(struct cpu_user_regs *regs, unsigned int length)
{
    regs->rip += length;
    regs->rflags &= ~EFLAGS_RF;
    if (unlikely(regs->rflags & EFLAGS_TF)) {
        current_vcpu()->debugreg[6] |= DR6_SINGLE_STEP;
        trap_inject(VEC_DB, 0);
    }
}
