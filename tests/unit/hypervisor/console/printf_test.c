/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hv_vsnprintf(): every format that the hypervisor uses, and its limits. */
#include <hv/console.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define CHECK(want, ...)                                                       \
    do {                                                                       \
        char buf[128];                                                         \
        int n = hv_snprintf(buf, sizeof(buf), __VA_ARGS__);                    \
                                                                               \
        assert_string_equal(buf, want);                                        \
        assert_int_equal(n, strlen(want));                                     \
    } while (0)

/* Formats that the compiler would rather not see. */
static int odd(char *buf, size_t size, const char *fmt, ...)
{
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = hv_vsnprintf(buf, size, fmt, ap);
    va_end(ap);
    return n;
}

static void numbers(void **state)
{
    (void)state;
    CHECK("0", "%d", 0);
    CHECK("-2147483648", "%d", (int)(-2147483647 - 1));
    CHECK("4294967295", "%u", ~0U);
    CHECK("18446744073709551615", "%lu", ~0UL);
    CHECK("-9223372036854775808", "%ld", (long)(1UL << 63));
    CHECK("ff", "%x", 255);
    CHECK("FF", "%X", 255);
    CHECK("0x2a", "%#x", 42);
    CHECK("0", "%#x", 0);
    CHECK("deadbeefcafebabe", "%lx", 0xdeadbeefcafebabeUL);
    CHECK("ff", "%hhx", (unsigned char)0xff);
    CHECK("-1", "%hhd", (signed char)-1);
    CHECK("65535", "%hu", (unsigned short)65535);
    CHECK("7", "%zu", (size_t)7);
    CHECK("12", "%llu", 12ULL);
    CHECK("+5", "%+d", 5);
    CHECK(" 5", "% d", 5);
}

static void widths(void **state)
{
    (void)state;
    CHECK("   42", "%5d", 42);
    CHECK("42   |", "%-5d|", 42);
    CHECK("00042", "%05d", 42);
    CHECK("-0042", "%05d", -42);
    CHECK("00000000000000ab", "%016lx", 0xabUL);
    CHECK("0x00ab", "%#06x", 0xab);
    CHECK("  007", "%5.3d", 7);
    CHECK("    9", "%*d", 5, 9);
    CHECK("9    |", "%*d|", -5, 9);
    CHECK("000000000000beef", "%p", (void *)0xbeefUL);
}

static void strings(void **state)
{
    static const char unterminated[4] = { 'A', 'P', 'I', 'C' };
    char buf[16];

    (void)state;
    CHECK("hello", "%s", "hello");
    odd(buf, sizeof(buf), "%s", NULL);
    assert_string_equal(buf, "(null)");
    CHECK("  hi", "%4s", "hi");
    CHECK("hi  |", "%-4s|", "hi");
    CHECK("he", "%.2s", "hello");
    CHECK("he", "%.*s", 2, "hello");
    CHECK("APIC", "%.4s", unterminated);
    CHECK("c", "%c", 'c');
    CHECK("  c", "%3c", 'c');
    CHECK("100%", "%d%%", 100);
    CHECK("", "%s", "");
}

static void a_short_buffer_is_terminated(void **state)
{
    char buf[4] = "zzz";

    (void)state;
    assert_int_equal(hv_snprintf(buf, sizeof(buf), "%s", "abcdef"), 6);
    assert_string_equal(buf, "abc");
    assert_int_equal(hv_snprintf(buf, 1, "%d", 12), 2);
    assert_string_equal(buf, "");
    buf[0] = 'q';
    assert_int_equal(hv_snprintf(buf, 0, "%d", 12), 2);
    assert_int_equal(buf[0], 'q');
}

static void unknown_formats_are_shown(void **state)
{
    char buf[32];

    (void)state;
    odd(buf, sizeof(buf), "a%yb");
    assert_string_equal(buf, "a%yb");
    odd(buf, sizeof(buf), "a%5");
    assert_string_equal(buf, "a%5");
    odd(buf, sizeof(buf), "100%");
    assert_string_equal(buf, "100%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(widths),
        cmocka_unit_test(strings),
        cmocka_unit_test(a_short_buffer_is_terminated),
        cmocka_unit_test(unknown_formats_are_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
