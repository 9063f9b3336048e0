/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selectors of the hypervisor's own descriptors. */
#include <pv/insn.h>
#include <pv/test.h>
#include <pv/trap.h>
#include <pv/user.h>

#define FIRST_RESERVED (FIRST_RESERVED_GDT_ENTRY * 8)

static void load_fs(void *sel) { insn_load_fs((uint16_t)(uintptr_t)sel); }

static bool is_flat(unsigned int sel)
{
    return sel == FLAT_RING3_CS32 || sel == FLAT_RING3_SS64 ||
           sel == FLAT_RING3_CS64;
}

/* A process with each selector as its cs: it runs, or it cannot begin. */
static void as_code(unsigned int sel)
{
    struct cpu_user_regs regs;
    struct caught c = { 0 };

    user_regs(&regs, user_int80);
    regs.cs = (uint16_t)sel;
    user_run(&regs, 0, &c);
    if (sel == FLAT_RING3_CS64)
        test_eq("64-bit code runs", c.vector, TRAP_INT80);
    else if (sel != FLAT_RING3_CS32)
        test_ok("other selectors: #GP, #NP or failsafe",
                c.vector == TRAP_GP || c.vector == TRAP_NP ||
                    c.vector == TRAP_FAILSAFE);
}

TEST(selectors, "refuse/selectors")
{
    struct caught c = { 0 };

    test_user_ready();
    for (unsigned int sel = FIRST_RESERVED; sel < FIRST_RESERVED + 128;
         sel += 8) {
        uintptr_t rpl3 = sel | 3;

        if (trap_catch(&c, load_fs, (void *)rpl3))
            test_ok("a flat one traps", !is_flat(sel | 3));
        as_code(sel | 3);
    }
    insn_load_fs(0);
}
