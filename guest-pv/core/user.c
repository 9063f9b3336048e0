/* SPDX-License-Identifier: GPL-2.0-or-later */
/* User mode: build its address space, enter it, come back. */
#include <pv/cpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/user.h>

/* Bytes of stack left between our frame and the one that traps begin with. */
#define STACK_GAP 1024

struct user_session {
    struct landing land;
    struct caught *caught;
};

extern const char user_start[], user_end[];

static uint64_t *user_l4;
static void *data;

static int map_code(uint64_t *l1)
{
    unsigned int first = (USER_CODE >> PAGE_SHIFT) % 512;

    for (const char *p = user_start; p < user_end; p += PAGE_SIZE)
        l1[first++] = pte_of(p, PTE_USER_RO);
    return 0;
}

int user_init(void)
{
    uint64_t *l3 = page_alloc(), *l2 = page_alloc();
    uint64_t *code_l1 = page_alloc(), *data_l1 = page_alloc();
    uint64_t *tables[5];
    long rc;

    user_l4 = page_alloc();
    data = page_alloc();
    map_code(code_l1);
    data_l1[(USER_DATA >> PAGE_SHIFT) % 512] =
        pte_of(data, PTE_USER_RW | PTE_NX);
    l2[USER_CODE >> 21] = pte_of(code_l1, PTE_TABLE);
    l2[USER_DATA >> 21] = pte_of(data_l1, PTE_TABLE);
    l3[0] = pte_of(l2, PTE_TABLE);
    user_l4[0] = pte_of(l3, PTE_TABLE);

    tables[0] = code_l1;
    tables[1] = data_l1;
    tables[2] = l2;
    tables[3] = l3;
    tables[4] = user_l4;
    for (unsigned int i = 0; i < 5; i++) {
        rc = page_protect(tables[i]);
        if (rc)
            return (int)rc;
    }
    rc = mmuext(MMUEXT_PIN_L4_TABLE, mfn_of(user_l4));
    if (!rc)
        rc = mmu_write(&mm_l4()[0], pte_of(l3, PTE_TABLE));
    if (!rc)
        rc = mmuext(MMUEXT_NEW_USER_BASEPTR, mfn_of(user_l4));
    return (int)rc;
}

uint64_t user_l4_mfn(void) { return mfn_of(user_l4); }

void *user_data(void) { return data; }

uint64_t user_addr(const void *code)
{
    return USER_CODE + (uint64_t)((const char *)code - user_start);
}

void user_regs(struct cpu_user_regs *regs, const void *code)
{
    memset(regs, 0, sizeof(*regs));
    regs->rip = user_addr(code);
    regs->cs = USER_CS64;
    regs->rflags = 0x200;
    regs->rsp = USER_STACK_TOP;
    regs->ss = FLAT_USER_SS64;
}

static void __attribute__((noinline, noreturn))
leave(const struct cpu_user_regs *regs, unsigned long flags)
{
    struct cpu_user_regs copy = *regs;

    hc_stack_switch(FLAT_KERNEL_SS, (uintptr_t)&copy - STACK_GAP);
    trap_return(&copy, flags);
}

void user_run(const struct cpu_user_regs *regs, unsigned long flags,
              struct caught *c)
{
    struct cpu *cpu = cpu_self();
    struct user_session session = { .caught = c };

    if (!land_set(&session.land)) {
        cpu->user = &session;
        insn_barrier();
        leave(regs, flags);
    }
    cpu->user = NULL;
    events_off();
}

void user_trapped(const struct cpu_user_regs *regs)
{
    struct user_session *session = cpu_self()->user;

    session->caught->vector = regs->entry_vector;
    session->caught->error = regs->error_code;
    session->caught->cr2 = cpu_self()->info->arch.cr2;
    memcpy(&session->caught->regs, regs, offsetof(struct cpu_user_regs, es));
    land_jump(&session->land, 1);
}
