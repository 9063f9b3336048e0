/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hypercalls that do not exist. */
#include <pv/hypercall.h>
#include <pv/test.h>

TEST(unknown, "ctl/unknown")
{
    unsigned long numbers[] = { 54,         63,         64,          1000,
                                0x7fffffff, 0x80000000, 0x100000011, ~0ul };

    for (unsigned int i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        long rc = hypercall(numbers[i], 0, 0, 0, 0, 0);

        if (rc != -XEN_ENOSYS)
            test_fail("hypercall %lx: got %ld", numbers[i], rc);
    }
}
