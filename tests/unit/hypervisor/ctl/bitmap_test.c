/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bitmaps of tools: any length of theirs, any length of ours. */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/string.h>
#include "../../../../hypervisor/ctl/local.h"
#include <setjmp.h>
#include <cmocka.h>

struct cpu cpus[NR_CPUS];
struct stack_top fake_top;
unsigned int nr_cpus, nr_cpus_online;
static uint8_t memory[8192];

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    memcpy(to, (void *)u, len);
    return 0;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    assert_true(u + len <= (unsigned long)memory + sizeof(memory));
    memcpy((void *)u, from, len);
    return 0;
}

static const struct {
    const char *why;
    unsigned int ours, theirs;
    uint8_t want[4];
} cases[] = {
    { "as long", 16, 16, { 0x55, 0xaa, 0xee, 0xee } },
    { "theirs is shorter: cut", 16, 8, { 0x55, 0xee, 0xee, 0xee } },
    { "theirs is longer: padded", 16, 24, { 0x55, 0xaa, 0, 0xee } },
    { "no room at all", 16, 0, { 0xee, 0xee, 0xee, 0xee } },
    { "part of a byte", 12, 12, { 0x55, 0xaa, 0xee, 0xee } },
};

static void writing_follows_the_table(void **state)
{
    const uint8_t map[2] = { 0x55, 0xaa };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct xenctl_bitmap b = { .nr_bits = cases[i].theirs };

        print_message("%s\n", cases[i].why);
        memset(memory, 0xee, sizeof(memory));
        set_xen_guest_handle_raw(b.bitmap, memory);
        assert_int_equal(bitmap_to_guest(&b, map, cases[i].ours), 0);
        assert_memory_equal(memory, cases[i].want, 4);
    }
}

static void absurd_lengths_do_no_harm(void **state)
{
    const uint8_t map = 1;
    struct xenctl_bitmap b = { .nr_bits = UINT32_MAX };
    uint8_t in = 0;

    (void)state;
    set_xen_guest_handle_raw(b.bitmap, memory);
    assert_int_equal(bitmap_to_guest(&b, &map, 8), 0);
    memory[0] = 0xff;
    assert_int_equal(bitmap_from_guest(&in, 3, &b), 0);
    assert_int_equal(in, 7); /* bits that we have not are gone */
}

static void reading_clears_what_is_not_given(void **state)
{
    uint8_t map[4] = { 0xff, 0xff, 0xff, 0xff };
    struct xenctl_bitmap b = { .nr_bits = 10 };

    (void)state;
    memset(memory, 0xff, 4);
    set_xen_guest_handle_raw(b.bitmap, memory);
    assert_int_equal(bitmap_from_guest(map, 32, &b), 0);
    assert_int_equal(map[0], 0xff);
    assert_int_equal(map[1], 0x03);
    assert_int_equal(map[2] | map[3], 0);
}

static void online_cpus_are_the_first_ones(void **state)
{
    uint8_t map[NR_CPUS / 8];

    (void)state;
    nr_cpus = 11;
    for (unsigned int i = 0; i < nr_cpus; i++)
        cpus[i].online = i != 4;
    cpus_online(map);
    assert_int_equal(map[0], 0xef);
    assert_int_equal(map[1], 0x07);
    assert_int_equal(map[2], 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_follows_the_table),
        cmocka_unit_test(absurd_lengths_do_no_harm),
        cmocka_unit_test(reading_clears_what_is_not_given),
        cmocka_unit_test(online_cpus_are_the_first_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
