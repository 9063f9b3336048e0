/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Exceptions: who hears of them. */
#include <xen/callback.h>
#include <xen/sched.h>
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/string.h>
#include <pv/trap.h>
#include <pv/user.h>

#define NR_VECTORS 32
#define STUB_SIZE 32
#define NR_HOOKS (TRAP_FAILSAFE + 1)

struct catch_link {
    struct landing land;
    struct caught *caught;
    struct catch_link *outer;
};

uint64_t failsafe_selectors[4];

static struct trap_info table[NR_VECTORS + 2];
static bool (*hooks[NR_HOOKS])(struct cpu_user_regs *regs);
static void (*unexpected)(const struct cpu_user_regs *regs);

const struct trap_info *trap_table(void)
{
    for (unsigned int v = 0; v < NR_VECTORS; v++) {
        table[v].vector = (uint8_t)v;
        table[v].cs = FLAT_KERNEL_CS;
        table[v].flags = v == 3 || v == 4 ? 3 : 0;
        table[v].address = (uintptr_t)trap_stubs + v * STUB_SIZE;
    }
    table[NR_VECTORS] = (struct trap_info){
        .vector = TRAP_INT80,
        .flags = 3,
        .cs = FLAT_KERNEL_CS,
        .address = (uintptr_t)trap_stub_int80,
    };
    return table;
}

static void callback(unsigned int type, const char *stub, unsigned int flags)
{
    struct callback_register reg = {
        .type = (uint16_t)type,
        .flags = (uint16_t)flags,
        .address = (uintptr_t)stub,
    };

    hc_callback_op(CALLBACKOP_register, &reg);
}

void trap_init(void)
{
    hc_set_trap_table(trap_table());
    callback(CALLBACKTYPE_event, trap_stub_event, CALLBACKF_mask_events);
    callback(CALLBACKTYPE_failsafe, trap_stub_failsafe, 0);
    callback(CALLBACKTYPE_syscall, trap_stub_syscall, CALLBACKF_mask_events);
    callback(CALLBACKTYPE_syscall32, trap_stub_syscall32,
             CALLBACKF_mask_events);
}

void trap_hook(unsigned int vector, bool (*fn)(struct cpu_user_regs *regs))
{
    hooks[vector] = fn;
}

void trap_set_unexpected(void (*fn)(const struct cpu_user_regs *regs))
{
    unexpected = fn;
}

static void fill_caught(struct caught *c, const struct cpu_user_regs *regs)
{
    c->vector = regs->entry_vector;
    c->error = regs->error_code;
    c->cr2 = cpu_self()->info->arch.cr2;
    memcpy(&c->regs, regs, offsetof(struct cpu_user_regs, es));
}

static void die(const struct cpu_user_regs *regs)
{
    pv_printf("guest-pv: trap %x error %x rip %lx rsp %lx cr2 %lx\n",
              regs->entry_vector, regs->error_code, regs->rip, regs->rsp,
              cpu_self()->info->arch.cr2);
    pv_shutdown(SHUTDOWN_crash);
}

void trap_dispatch(struct cpu_user_regs *regs)
{
    struct cpu *cpu = cpu_self();
    unsigned int vector = regs->entry_vector;

    if (hooks[vector] && hooks[vector](regs))
        return;
    if (vector == TRAP_EVENT) {
        cpu->upcalls++;
        evtchn_upcall();
        return;
    }
    if (cpu->user && (regs->cs & 3))
        user_trapped(regs);
    if (cpu->catching) {
        struct catch_link *link = cpu->catching;

        fill_caught(link->caught, regs);
        cpu->info->evtchn_upcall_mask = regs->saved_upcall_mask;
        land_jump(&link->land, 1);
    }
    if (unexpected)
        unexpected(regs);
    die(regs);
}

bool trap_catch(struct caught *c, void (*fn)(void *arg), void *arg)
{
    struct cpu *cpu = cpu_self();
    struct catch_link link = { .caught = c, .outer = cpu->catching };
    bool trapped = land_set(&link.land) != 0;

    if (!trapped) {
        cpu->catching = &link;
        insn_barrier();
        fn(arg);
        insn_barrier();
    }
    cpu->catching = link.outer;
    return trapped;
}
