/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Port policy: who reaches which port, and what the others see. */
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/irq.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "../../../../hypervisor/irq/local.h"

struct acpi_info acpi = { .pm_timer_port = 0x608 };

/* The last access that reached the machine. */
static struct {
    unsigned int port, bytes;
    uint32_t value, cf8;
    bool write, pci;
    unsigned int nr;
} seen;

static uint32_t touch(unsigned int port, unsigned int bytes, bool write,
                      uint32_t v)
{
    seen.port = port;
    seen.bytes = bytes;
    seen.write = write;
    seen.value = v;
    seen.nr++;
    return 0x11223344;
}

uint8_t inb(uint16_t port) { return touch(port, 1, false, 0); }

uint16_t inw(uint16_t port) { return touch(port, 2, false, 0); }

uint32_t inl(uint16_t port) { return touch(port, 4, false, 0); }

void outb(uint16_t port, uint8_t v) { touch(port, 1, true, v); }

void outw(uint16_t port, uint16_t v) { touch(port, 2, true, v); }

void outl(uint16_t port, uint32_t v) { touch(port, 4, true, v); }

uint32_t pci_data_read(uint32_t cf8, uint16_t port, unsigned int bytes)
{
    seen.pci = true;
    seen.cf8 = cf8;
    return touch(port, bytes, false, 0);
}

void pci_data_write(uint32_t cf8, uint16_t port, unsigned int bytes, uint32_t v)
{
    seen.pci = true;
    seen.cf8 = cf8;
    touch(port, bytes, true, v);
}

bool console_owns_port(uint16_t port) { return port >= 0x3f8 && port <= 0x3ff; }

static struct domain hardware = { .hardware = true }, other;

static int reset(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof(seen));
    return 0;
}

static const struct {
    const char *why;
    uint16_t port;
    uint8_t bytes;
    bool allowed;
} cases[] = {
    { "keyboard", 0x60, 1, true },
    { "CMOS", 0x71, 1, true },
    { "reset register, next to the PCI latch", 0xcf9, 1, true },
    { "ACPI power management", 0x604, 2, true },
    { "just below the PM timer", 0x600, 4, true },
    { "PM timer", 0x608, 4, false },
    { "reaches into the PM timer", 0x606, 4, false },
    { "first interrupt controller", 0x20, 1, false },
    { "second interrupt controller", 0xa1, 1, false },
    { "interval timer", 0x40, 1, false },
    { "its channel 2", 0x42, 1, true },
    { "word that ends in the interval timer", 0x3f, 2, false },
    { "timer gate", 0x61, 1, true },
    { "our serial line", 0x3f8, 1, false },
    { "reaches into our serial line", 0x3f7, 2, false },
    { "another serial line", 0x2f8, 1, true },
    { "behind the last port", 0xffff, 4, false },
};

static void the_hardware_domain_has_all_but_ours(void **state)
{
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        uint32_t ones =
            cases[i].bytes == 4 ? ~0U : (1U << cases[i].bytes * 8) - 1;
        uint32_t v;

        print_message("%s\n", cases[i].why);
        reset(state);
        v = guest_io_read(&hardware, cases[i].port, cases[i].bytes);
        guest_io_write(&hardware, cases[i].port, cases[i].bytes, 5);
        assert_int_equal(seen.nr, cases[i].allowed ? 2 : 0);
        if (!cases[i].allowed)
            assert_int_equal(v, ones);
    }
}

static void only_channel_2_of_the_timer_is_programmed(void **state)
{
    (void)state;
    guest_io_write(&hardware, 0x43, 1, 0x34); /* channel 0 */
    guest_io_write(&hardware, 0x43, 1, 0xc2); /* read back */
    assert_int_equal(seen.nr, 0);
    guest_io_write(&hardware, 0x43, 1, 0xb0);
    assert_int_equal(seen.nr, 1);
}

static void other_domains_have_none(void **state)
{
    (void)state;
    for (unsigned int port = 0; port < 0x10000; port++) {
        assert_int_equal(guest_io_read(&other, port, 1), 0xff);
        guest_io_write(&other, port, 1, 0);
    }
    assert_int_equal(seen.nr, 0);
}

static void the_pci_latch_is_the_domain_s_own(void **state)
{
    (void)state;
    guest_io_write(&hardware, 0xcf8, 4, 0x80001234);
    assert_int_equal(seen.nr, 0);
    assert_int_equal(guest_io_read(&hardware, 0xcf8, 4), 0x80001234);
    assert_int_equal(seen.nr, 0);

    guest_io_read(&hardware, 0xcfe, 2);
    assert_true(seen.pci && !seen.write);
    assert_int_equal(seen.cf8, 0x80001234);
    assert_int_equal(seen.port, 0xcfe);
    guest_io_write(&hardware, 0xcff, 1, 0xab);
    assert_true(seen.pci && seen.write);
    assert_int_equal(seen.value, 0xab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_hardware_domain_has_all_but_ours, reset),
        cmocka_unit_test_setup(only_channel_2_of_the_timer_is_programmed,
                               reset),
        cmocka_unit_test_setup(other_domains_have_none, reset),
        cmocka_unit_test_setup(the_pci_latch_is_the_domain_s_own, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
