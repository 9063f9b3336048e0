/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disk names to numbers and back. */
#include "common.h"
#include <pel/device.h>

static const struct {
    const char *why, *name;
    int rc;
    uint32_t number;
    const char *back; /* NULL: @name itself */
} cases[] = {
    { "the first disk", "xvda", 0, 51712, NULL },
    { "its first partition", "xvda1", 0, 51713, NULL },
    { "its last old partition", "xvda15", 0, 51727, NULL },
    { "a partition past the old form", "xvda16", 0, 1 << 28 | 16, NULL },
    { "the last old disk", "xvdp", 0, 202 << 8 | 240, NULL },
    { "a disk past the old form", "xvdq", 0, 1 << 28 | 16 << 8, NULL },
    { "two letters", "xvdaa", 0, 1 << 28 | 26 << 8, NULL },
    { "the end of two letters", "xvdzz", 0, 1 << 28 | 701 << 8, NULL },
    { "the first IDE disk", "hda", 0, 768, NULL },
    { "the second of a channel", "hdb3", 0, 768 | 64 | 3, NULL },
    { "the other channel", "hdc", 0, 22 << 8, NULL },
    { "no third channel", "hde", -PEL_EINVAL, 0, NULL },
    { "the first SCSI disk", "sda", 0, 2048, NULL },
    { "the last SCSI disk", "sdp15", 0, 8 << 8 | 255, NULL },
    { "no further SCSI disk", "sdq", -PEL_EINVAL, 0, NULL },
    { "no SCSI partition 16", "sda16", -PEL_EINVAL, 0, NULL },
    { "the ABI's own form", "d0", 0, 51712, "xvda" },
    { "the ABI's own partition", "d12p3", 0, 202 << 8 | 195, "xvdm3" },
    { "the ABI's own, extended", "d16", 0, 1 << 28 | 16 << 8, "xvdq" },
    { "a number", "51712", 0, 51712, "xvda" },
    { "a number in hex", "0xca00", 0, 51712, "xvda" },
    { "a number out of range", "0x20000000", -PEL_EINVAL, 0, NULL },
    { "partition 0", "xvda0", -PEL_EINVAL, 0, NULL },
    { "a leading zero", "xvda01", -PEL_EINVAL, 0, NULL },
    { "partition 256", "xvda256", -PEL_EINVAL, 0, NULL },
    { "no letter", "xvd", -PEL_EINVAL, 0, NULL },
    { "letters behind digits", "xvda1b", -PEL_EINVAL, 0, NULL },
    { "capitals", "XVDA", -PEL_EINVAL, 0, NULL },
    { "a sign", "d-1", -PEL_EINVAL, 0, NULL },
    { "nothing", "", -PEL_EINVAL, 0, NULL },
    { "a path", "/dev/xvda", -PEL_EINVAL, 0, NULL },
    { "letters beyond any disk", "xvdzzzzzzzzzzzzzzzz", -PEL_EINVAL, 0, NULL },
};

static void names_and_numbers_follow_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char back[PEL_VBD_NAME_SIZE];
        uint32_t number = 0;

        print_message("%s: %s\n", cases[i].why, cases[i].name);
        assert_int_equal(pel_vbd_number(cases[i].name, &number), cases[i].rc);
        assert_int_equal(number, cases[i].number);
        if (cases[i].rc)
            continue;
        pel_vbd_name(number, back);
        assert_string_equal(back,
                            cases[i].back ? cases[i].back : cases[i].name);
    }
}

static void a_number_of_no_family_has_no_name(void **state)
{
    char name[PEL_VBD_NAME_SIZE] = "x";

    (void)state;
    pel_vbd_name(1 << 8, name);
    assert_string_equal(name, "");
    pel_vbd_name(UINT32_MAX, name);
    assert_string_equal(name, "");
}

/* Every number of the extended form has a name that leads back to it. */
static void extended_numbers_survive_the_round_trip(void **state)
{
    (void)state;
    for (uint32_t disk = 16; disk < 1u << 20; disk += 977) {
        uint32_t number = 1u << 28 | disk << 8 | disk % 256, back = 0;
        char name[PEL_VBD_NAME_SIZE];

        pel_vbd_name(number, name);
        assert_int_equal(pel_vbd_number(name, &back), 0);
        assert_int_equal(back, number);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_numbers_follow_the_table),
        cmocka_unit_test(a_number_of_no_family_has_no_name),
        cmocka_unit_test(extended_numbers_survive_the_round_trip),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
