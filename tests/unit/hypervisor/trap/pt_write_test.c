/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emulate_pt_write(): what a store makes of an entry, registers and flags. */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/mm.h>
#include <hv/guest.h>
#include <hv/trap.h>
#include <hv/vcpu.h>
#include <x86/regs.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../../../hypervisor/trap/insn_fetch.h"

#define TABLE_VA 0x7000000UL
#define TABLE_MFN 0x123

static struct vcpu vcpu;
struct vcpu *test_current = &vcpu;

/* The guest's table, its code, and what is being tried. */
static uint64_t table[512];
static const uint8_t *code;
static unsigned int nr_races; /* how often another CPU is faster */
static int refuse;            /* error of pt_write_l1(), 0 none */
static pte_t mapping;         /* entry that maps the table */

int pt_walk_guest(struct vcpu *v, unsigned long va, mfn_t *t,
                  unsigned int *index, pte_t *e)
{
    (void)v;
    *t = mfn(1);
    *index = pt_index(va, 1);
    *e = mapping;
    return 0;
}

int pt_write_l1(struct vcpu *v, mfn_t t, unsigned int index, pte_t old,
                pte_t new)
{
    (void)v;
    assert_int_equal(mfn_x(t), TABLE_MFN);
    assert_true(index < 512);
    if (refuse)
        return refuse;
    if (nr_races) {
        nr_races--;
        table[index] |= PTE_A;
        return -EAGAIN;
    }
    if (table[index] != old)
        return -EAGAIN;
    table[index] = new;
    return 0;
}

int get_guest_u64(uint64_t *out, unsigned long u)
{
    assert_true(u >= TABLE_VA && u < TABLE_VA + PAGE_SIZE && u % 8 == 0);
    *out = table[(u - TABLE_VA) / 8];
    return 0;
}

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    memset(to, u, len);
    return 0;
}

int insn_fetch(struct insn *in, const struct cpu_user_regs *regs)
{
    (void)regs;
    return insn_decode(in, code, INSN_MAX, true);
}

void insn_done(struct cpu_user_regs *regs, unsigned int length)
{
    regs->rip += length;
}

#define C(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })
#define CF EFLAGS_CF
#define ZF (1UL << 6)

// clang-format off
static const struct {
    const char *why;
    uint8_t code[INSN_MAX];
    uint8_t length;
    uint64_t old, rax, rbx; /* rdi: address of entry 3, plus `at' */
    unsigned int at;
    uint64_t new, new_rax, new_rbx, flags; /* flags: CF and ZF */
    unsigned int fault;                    /* bytes behind rdi, where it faults */
} cases[] = {
    { "mov %rbx,(%rdi)",           C(0x48, 0x89, 0x1f), 5, 1, 0x1007, 0, 0x1007, 1, 0x1007, 0, 0 },
    { "movq $0,(%rdi)",            C(0x48, 0xc7, 0x07, 0, 0, 0, 0), 0x1067, 1, 2, 0, 0, 1, 2, 0, 0 },
    { "movl %ebx,4(%rdi): high",   C(0x89, 0x5f, 0x04), 0x1111111122222222, 1, 0x33333333, 0, 0x3333333322222222, 1, 0x33333333, 0, 4 },
    { "xchg %rbx,(%rdi)",          C(0x48, 0x87, 0x1f), 0x1067, 1, 0, 0, 0, 1, 0x1067, 0, 0 },
    { "lock andb $0xfd,(%rdi)",    C(0xf0, 0x80, 0x27, 0xfd), 0x1067, 1, 2, 0, 0x1065, 1, 2, 0, 0 },
    { "lock btrq $5: was set",     C(0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05), 0x1067, 1, 2, 0, 0x1047, 1, 2, CF, 0 },
    { "lock btsq $6: was not",     C(0xf0, 0x48, 0x0f, 0xba, 0x2f, 0x06), 0x1027, 1, 2, 0, 0x1067, 1, 2, 0, 0 },
    { "lock btrq %rbx",            C(0xf0, 0x48, 0x0f, 0xb3, 0x1f), 0x1067, 1, 1, 0, 0x1065, 1, 1, CF, 0 },
    { "lock btcl %ebx: bit 33",    C(0xf0, 0x0f, 0xbb, 0x1f), 0, 1, 33, 0, 1UL << 33, 1, 33, 0, 4 },
    { "cmpxchg: equal",            C(0xf0, 0x48, 0x0f, 0xb1, 0x1f), 0x1067, 0x1067, 0x1065, 0, 0x1065, 0x1067, 0x1065, ZF, 0 },
    { "cmpxchg: differs",          C(0xf0, 0x48, 0x0f, 0xb1, 0x1f), 0x1067, 0x1047, 0x1065, 0, 0x1067, 0x1067, 0x1065, CF, 0 },
    { "lock orl $0x40,(%rdi)",     C(0xf0, 0x83, 0x0f, 0x40), 0x1027, 1, 2, 0, 0x1067, 1, 2, 0, 0 },
    { "and %rbx,(%rdi): zero",     C(0x48, 0x21, 0x1f), 0xf0, 1, 0x0f, 0, 0, 1, 0x0f, ZF, 0 },
    { "add %rbx,(%rdi): carry",    C(0x48, 0x01, 0x1f), ~0UL, 1, 1, 0, 0, 1, 1, CF | ZF, 0 },
    { "xadd %rbx,(%rdi)",          C(0xf0, 0x48, 0x0f, 0xc1, 0x1f), 5, 1, 3, 0, 8, 1, 5, 0, 0 },
    { "movnti %rbx,(%rdi)",        C(0x48, 0x0f, 0xc3, 0x1f), 5, 1, 9, 0, 9, 1, 9, 0, 0 },
    { "notb 1(%rdi)",              C(0xf6, 0x57, 0x01), 0xff00, 1, 2, 0, 0, 1, 2, 0, 1 },
    { "stosq",                     C(0x48, 0xab), 5, 7, 2, 0, 7, 7, 2, 0, 0 },
    { "movb at offset 7",          C(0x88, 0x1f), 0, 1, 0x80, 7, 0x80UL << 56, 1, 0x80, 0, 0 },
};
// clang-format on

static struct cpu_user_regs regs_at(unsigned int at)
{
    struct cpu_user_regs r;

    memset(&r, 0, sizeof(r));
    r.rdi = TABLE_VA + 3 * 8 + at;
    r.rip = 0x1000;
    r.rflags = EFLAGS_MBS | EFLAGS_IF;
    return r;
}

static int reset(void **state)
{
    (void)state;
    memset(table, 0, sizeof(table));
    nr_races = 0;
    refuse = 0;
    mapping = pte_make(mfn(TABLE_MFN), PTE_P | PTE_US);
    return 0;
}

static void stores_do_what_the_processor_does(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct cpu_user_regs r = regs_at(cases[i].at);
        unsigned long va = r.rdi + cases[i].fault;

        print_message("%s\n", cases[i].why);
        reset(state);
        code = cases[i].code;
        table[3] = cases[i].old;
        r.rax = cases[i].rax;
        r.rbx = cases[i].rbx;
        assert_true(emulate_pt_write(&r, va));
        assert_int_equal(table[3], cases[i].new);
        assert_int_equal(r.rax, cases[i].new_rax);
        assert_int_equal(r.rbx, cases[i].new_rbx);
        assert_int_equal(r.rflags & (CF | ZF), cases[i].flags);
        assert_int_equal(r.rip, 0x1000 + cases[i].length);
    }
}

static void a_lost_race_is_run_again(void **state)
{
    static const uint8_t xchg[INSN_MAX] = { 0x48, 0x87, 0x1f };
    struct cpu_user_regs r = regs_at(0);

    (void)state;
    code = xchg;
    table[3] = 0x1007;
    nr_races = 2;
    assert_true(emulate_pt_write(&r, r.rdi));
    assert_int_equal(r.rbx, 0x1007 | PTE_A);
    assert_int_equal(table[3], 0);
    assert_int_equal(r.rip, 0x1003);

    nr_races = 1000;
    r.rip = 0x1000;
    assert_true(emulate_pt_write(&r, r.rdi));
    assert_int_equal(r.rip, 0x1000);
}

static void what_is_refused_changes_nothing(void **state)
{
    static const uint8_t mov[INSN_MAX] = { 0x48, 0x89, 0x1f };
    static const uint8_t gs[INSN_MAX] = { 0x65, 0x48, 0x89, 0x1f };
    struct cpu_user_regs r = regs_at(0), before;

    (void)state;
    r.rbx = 7;
    before = r;

    code = mov;
    refuse = -EINVAL;
    assert_false(emulate_pt_write(&r, r.rdi));
    refuse = 0;

    /* The mapping is writable by now: the fault was another one. */
    mapping |= PTE_RW;
    assert_false(emulate_pt_write(&r, r.rdi));
    mapping &= ~PTE_RW;

    /* Not the operand, across two entries, with a segment base. */
    assert_false(emulate_pt_write(&r, r.rdi + 8));
    r.rdi += 4;
    assert_false(emulate_pt_write(&r, r.rdi));
    r.rdi -= 4;
    code = gs;
    assert_false(emulate_pt_write(&r, r.rdi));

    assert_memory_equal(&r, &before, sizeof(r));
    assert_int_equal(table[3], 0);
}

static void rep_stos_goes_element_by_element(void **state)
{
    static const uint8_t stos[INSN_MAX] = { 0xf3, 0x48, 0xab };
    struct cpu_user_regs r = regs_at(0);

    (void)state;
    code = stos;
    r.rcx = 2;
    table[3] = table[4] = 0x1067;
    assert_true(emulate_pt_write(&r, r.rdi));
    assert_int_equal(r.rip, 0x1000);
    assert_int_equal(r.rcx, 1);
    assert_true(emulate_pt_write(&r, r.rdi));
    assert_int_equal(r.rip, 0x1003);
    assert_int_equal(r.rdi, TABLE_VA + 5 * 8);
    assert_int_equal(table[3] | table[4], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(stores_do_what_the_processor_does, reset),
        cmocka_unit_test_setup(a_lost_race_is_run_again, reset),
        cmocka_unit_test_setup(what_is_refused_changes_nothing, reset),
        cmocka_unit_test_setup(rep_stos_goes_element_by_element, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
