/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: registers of the vCPU, callbacks, the way to user mode. */
#include <xen/callback.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/string.h>
#include <pv/trap.h>
#include <pv/user.h>
#include "fuzz.h"

static void op_debugreg(struct worker *w)
{
    uint64_t reg = one_in(w, 16) ? odd_number(w) : rnd(w, 8);
    uint64_t value = one_in(w, 2) ? any_va(w) : odd_number(w);

    if (one_in(w, 4))
        call(w, __HYPERVISOR_get_debugreg, reg, 0, 0, 0, 0);
    else
        call(w, __HYPERVISOR_set_debugreg, reg, value, 0, 0, 0);
}

static void op_segment(struct worker *w)
{
    static const uint8_t which[] = { SEGBASE_FS, SEGBASE_GS_USER,
                                     SEGBASE_GS_KERNEL, 4, 255 };

    call(w, __HYPERVISOR_set_segment_base, which[rnd(w, sizeof(which))],
         one_in(w, 2) ? any_va(w) : odd_number(w), 0, 0, 0);
}

static void op_fpu(struct worker *w)
{
    call(w, __HYPERVISOR_fpu_taskswitch, rnd(w, 3), 0, 0, 0, 0);
    if (one_in(w, 2))
        insn_set_xmm7(rnd64(w));
    insn_clts();
}

/* Wrong for a moment: nothing uses it until it is right again. */
static void op_stack(struct worker *w)
{
    call(w, __HYPERVISOR_stack_switch, rnd64(w), odd_number(w), 0, 0, 0);
    cpu_restore();
}

static void op_traps(struct worker *w)
{
    struct trap_info *t = args(w, 8 * sizeof(*t));

    for (unsigned int i = 0; i < 7; i++) {
        t[i].vector = (uint8_t)rnd64(w);
        t[i].flags = (uint8_t)rnd64(w);
        t[i].cs = (uint16_t)rnd64(w);
        t[i].address = odd_number(w);
    }
    call(w, __HYPERVISOR_set_trap_table,
         one_in(w, 8) ? bad_ptr(w) : (uintptr_t)t, 0, 0, 0, 0);
    cpu_restore();
}

static void op_callback(struct worker *w)
{
    struct callback_register *r = args(w, sizeof(*r));

    r->type = (uint16_t)(one_in(w, 4) ? rnd64(w) : rnd(w, 9));
    r->flags = (uint16_t)(one_in(w, 4) ? rnd64(w) : rnd(w, 2));
    r->address = one_in(w, 2) ? odd_number(w) : any_va(w);
    call(w, __HYPERVISOR_callback_op, one_in(w, 4) ? odd_number(w) : rnd(w, 2),
         one_in(w, 16) ? bad_ptr(w) : (uintptr_t)r, 0, 0, 0);
    cpu_restore();
}

/* To user mode with odd registers: it comes back by some trap. */
static void op_iret(struct worker *w)
{
    static const char *const codes[] = { user_syscall, user_int80, user_read,
                                         user_hlt,     user_ud2,   user_int3 };
    struct cpu_user_regs regs;
    struct caught c;

    w->tried++;
    if (mmuext(MMUEXT_NEW_USER_BASEPTR, user_l4_mfn()))
        return;
    memset(&regs, 0, sizeof(regs));
    user_regs(&regs, codes[rnd(w, sizeof(codes) / sizeof(codes[0]))]);
    switch (rnd(w, 8)) {
    case 0:
        regs.rip = odd_number(w);
        break;
    case 1:
        regs.rflags = odd_number(w) | 0x200;
        break;
    case 2:
        regs.rsp = odd_number(w);
        break;
    case 3:
        regs.cs = (uint16_t)(rnd64(w) | 3);
        break;
    case 4:
        regs.ss = (uint16_t)(rnd64(w) | 3);
        break;
    case 5:
        regs.rip = any_va(w);
        regs.rsp = any_va(w);
        break;
    default:
        break;
    }
    user_run(&regs, one_in(w, 4) ? VGCF_in_syscall : 0, &c);
}

const struct fuzz_op ops_cpu[] = {
    { "debug register", op_debugreg, 4, true },
    { "segment base", op_segment, 4, true },
    { "fpu", op_fpu, 2, false },
    { "stack_switch", op_stack, 2, false },
    { "set_trap_table", op_traps, 2, false },
    { "callback_op", op_callback, 2, false },
    { "iret", op_iret, 4, false },
    { 0 },
};

void cpu_restore(void)
{
    struct cpu *cpu = cpu_self();

    hc_set_debugreg(7, 0);
    hc_stack_switch(FLAT_KERNEL_SS, (uintptr_t)cpu + STACK_SIZE);
    trap_init();
}
