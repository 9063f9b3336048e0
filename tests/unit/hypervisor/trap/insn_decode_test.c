/* SPDX-License-Identifier: GPL-2.0-or-later */
/* insn_decode(): encodings with known lengths and operands; any bytes. */
#include <hv/types.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../../../hypervisor/trap/insn_decode.h"

#define BYTES(...) { __VA_ARGS__ }, sizeof((uint8_t[]){ __VA_ARGS__ })

// clang-format off
static const struct {
    const char *why;
    uint8_t bytes[INSN_MAX];
    uint8_t length;
    uint16_t opcode;
    uint8_t operand_size;
    uint64_t address; /* with register n = 0x1000 * (n + 1), rip 0x100000 */
    int64_t imm;
} good[] = {
    { "mov %rax,(%rdi)",            BYTES(0x48, 0x89, 0x07), 0x89, 8, 0x8000, 0 },
    { "mov %eax,0x10(%rsi)",        BYTES(0x89, 0x46, 0x10), 0x89, 4, 0x7010, 0 },
    { "mov %rax,-8(%rbp)",          BYTES(0x48, 0x89, 0x45, 0xf8), 0x89, 8, 0x5ff8, 0 },
    { "mov %rax,(%rsp)",            BYTES(0x48, 0x89, 0x04, 0x24), 0x89, 8, 0x5000, 0 },
    { "mov %rax,(%r12)",            BYTES(0x49, 0x89, 0x04, 0x24), 0x89, 8, 0xd000, 0 },
    { "mov %rax,0(%r13)",           BYTES(0x49, 0x89, 0x45, 0x00), 0x89, 8, 0xe000, 0 },
    { "mov %rax,(%rbx,%rcx,8)",     BYTES(0x48, 0x89, 0x04, 0xcb), 0x89, 8, 0x4000 + 8 * 0x2000, 0 },
    { "mov %rax,(%rax,%r12,2)",     BYTES(0x4a, 0x89, 0x04, 0x60), 0x89, 8, 0x1000 + 2 * 0xd000, 0 },
    { "mov %rax,0x1000(,%rax,4)",   BYTES(0x48, 0x89, 0x04, 0x85, 0, 0x10, 0, 0), 0x89, 8, 0x1000 + 4 * 0x1000, 0 },
    { "mov %rax,0x20(%rip)",        BYTES(0x48, 0x89, 0x05, 0x20, 0, 0, 0), 0x89, 8, 0x100027, 0 },
    { "movq $-1,(%rax)",            BYTES(0x48, 0xc7, 0x00, 0xff, 0xff, 0xff, 0xff), 0xc7, 8, 0x1000, -1 },
    { "movw $0x1234,(%rax)",        BYTES(0x66, 0xc7, 0x00, 0x34, 0x12), 0xc7, 2, 0x1000, 0x1234 },
    { "movb $5,1(%rax)",            BYTES(0xc6, 0x40, 0x01, 0x05), 0xc6, 1, 0x1001, 5 },
    { "lock andb $0xfd,(%rdi)",     BYTES(0xf0, 0x80, 0x27, 0xfd), 0x80, 1, 0x8000, -3 },
    { "lock btrq $5,(%rdi)",        BYTES(0xf0, 0x48, 0x0f, 0xba, 0x37, 0x05), OP_0F(0xba), 8, 0x8000, 5 },
    { "xchg %rax,(%rbx)",           BYTES(0x48, 0x87, 0x03), 0x87, 8, 0x4000, 0 },
    { "lock cmpxchg %rdx,(%rcx)",   BYTES(0xf0, 0x48, 0x0f, 0xb1, 0x11), OP_0F(0xb1), 8, 0x2000, 0 },
    { "mov %eax,(%edi) (67)",       BYTES(0x67, 0x89, 0x07), 0x89, 4, 0x8000, 0 },
    { "stosq",                      BYTES(0xf3, 0x48, 0xab), 0xab, 8, 0, 0 },
    { "in $0x60,%al",               BYTES(0xe4, 0x60), 0xe4, 4, 0x60, 0x60 },
    { "in (%dx),%al",               BYTES(0xec), 0xec, 4, 0, 0 },
    { "outw %ax,(%dx)",             BYTES(0x66, 0xef), 0xef, 2, 0, 0 },
    { "rep outsl",                  BYTES(0xf3, 0x6f), 0x6f, 4, 0, 0 },
    { "cli",                        BYTES(0xfa), 0xfa, 4, 0, 0 },
    { "rdmsr",                      BYTES(0x0f, 0x32), OP_0F(0x32), 4, 0, 0 },
    { "mov %cr2,%rax",              BYTES(0x0f, 0x20, 0xd0), OP_0F(0x20), 4, 0, 0 },
    { "mov %cr4,%r8",               BYTES(0x41, 0x0f, 0x20, 0xe0), OP_0F(0x20), 4, 0, 0 },
    { "REX before a prefix is dead", BYTES(0x48, 0x66, 0x89, 0x07), 0x89, 2, 0x8000, 0 },
};

static const struct {
    const char *why;
    uint8_t bytes[INSN_MAX];
    uint8_t length;
} bad[] = {
    { "no bytes",            BYTES(), },
    { "prefixes only",       BYTES(0x66, 0x66, 0x66) },
    { "ModRM is missing",    BYTES(0x48, 0x89) },
    { "SIB is missing",      BYTES(0x48, 0x89, 0x04) },
    { "disp32 is cut",       BYTES(0x48, 0x89, 0x80, 1, 2, 3) },
    { "immediate is cut",    BYTES(0xc7, 0x00, 1, 2, 3) },
    { "second byte missing", BYTES(0x0f) },
    { "not emulated: nop",   BYTES(0x90) },
    { "not emulated: movaps", BYTES(0x0f, 0x29, 0x00) },
    { "15 prefixes",         BYTES(0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                   0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66) },
};
// clang-format on

static struct cpu_user_regs numbered_regs(void)
{
    struct cpu_user_regs r;

    memset(&r, 0, sizeof(r));
    for (unsigned int i = 0; i < 16; i++)
        *insn_register(&r, i) = 0x1000 * (i + 1);
    r.rip = 0x100000;
    return r;
}

static void known_encodings(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        struct cpu_user_regs r = numbered_regs();
        struct insn in;

        print_message("%s\n", good[i].why);
        assert_int_equal(insn_decode(&in, good[i].bytes, INSN_MAX, true), 0);
        assert_int_equal(in.length, good[i].length);
        assert_int_equal(in.opcode, good[i].opcode);
        assert_int_equal(in.operand_size, good[i].operand_size);
        assert_int_equal(in.imm, good[i].imm);
        if (!in.has_modrm || in.mod != 3)
            assert_int_equal(insn_address(&in, &r), good[i].address);
        for (unsigned int cut = 0; cut < good[i].length; cut++)
            assert_int_equal(insn_decode(&in, good[i].bytes, cut, true), -1);
    }
}

static void what_is_not_ours_is_refused(void **state)
{
    struct insn in;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        print_message("%s\n", bad[i].why);
        assert_int_equal(insn_decode(&in, bad[i].bytes, bad[i].length, true),
                         -1);
    }
}

static void registers_of_each_size(void **state)
{
    struct cpu_user_regs r = numbered_regs();
    struct insn plain = { .rex = 0 }, rex = { .rex = 0x40 };

    (void)state;
    r.rax = r.rsp = 0x1122334455667788;
    assert_int_equal(insn_read_register(&plain, &r, 4, 1), 0x77); /* ah */
    assert_int_equal(insn_read_register(&rex, &r, 4, 1), 0x88);   /* spl */
    assert_int_equal(insn_read_register(&plain, &r, 0, 2), 0x7788);
    assert_int_equal(insn_read_register(&plain, &r, 0, 4), 0x55667788);
    insn_write_register(&plain, &r, 4, 1, 0xab);
    assert_int_equal(r.rax, 0x112233445566ab88);
    insn_write_register(&plain, &r, 0, 2, 0xcdef);
    assert_int_equal(r.rax, 0x112233445566cdef);
    insn_write_register(&plain, &r, 0, 4, 0x99);
    assert_int_equal(r.rax, 0x99);
}

/* Exactly as long as it may be read: the address sanitizer watches. */
static void random_bytes_are_never_overrun(void **state)
{
    (void)state;
    srandom(2);
    for (unsigned int i = 0; i < 300000; i++) {
        unsigned int len = random() % (INSN_MAX + 1);
        uint8_t *bytes = malloc(len);
        struct insn in;

        for (unsigned int k = 0; k < len; k++)
            bytes[k] = random() & 1 ? random()
                                    : "\x0f\x48\x66\xf0\xba\x89"
                                      "\x87\x81"[random() % 8];
        if (!insn_decode(&in, bytes, len, random() & 1)) {
            assert_true(in.length >= 1 && in.length <= len);
            assert_true(in.operand_size && in.operand_size <= 8);
        }
        free(bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_encodings),
        cmocka_unit_test(what_is_not_ours_is_refused),
        cmocka_unit_test(registers_of_each_size),
        cmocka_unit_test(random_bytes_are_never_overrun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
