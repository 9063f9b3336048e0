/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * I/O ports of guests.  Only the hardware domain reaches the machine's, and
 * not those that the hypervisor drives itself: such a read gives all ones, a
 * write is dropped, and so is everything of other domains.  Nothing faults.
 */
#include <hv/acpi.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/irq.h>
#include <x86/insn.h>
#include "local.h"

#define PIT_CONTROL 0x43
#define PIT_CONTROL_CHANNEL(v) ((v) >> 6 & 3) /* 3: read back */

#define CF8 0xcf8
#define CFC 0xcfc

static const struct {
    uint16_t first, last;
} denied[] = {
    { 0x20, 0x21 }, /* interrupt controllers */
    { 0xa0, 0xa1 },
    { 0x40, 0x41 }, /* interval timer, but for its channel 2 */
};

static uint32_t all_ones(unsigned int bytes)
{
    return bytes == 4 ? ~0U : (1U << (bytes * 8)) - 1;
}

/* One byte's port; an access is refused if any of its bytes is. */
static bool port_denied(uint32_t port)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(denied); i++)
        if (port >= denied[i].first && port <= denied[i].last)
            return true;
    if (acpi.pm_timer_port && port >= acpi.pm_timer_port &&
        port < acpi.pm_timer_port + 4)
        return true;
    return port > 0xffff || console_owns_port(port);
}

static bool access_denied(const struct domain *d, uint16_t port,
                          unsigned int bytes)
{
    if (!d->hardware)
        return true;
    for (unsigned int i = 0; i < bytes; i++)
        if (port_denied(port + i))
            return true;
    return false;
}

static bool is_pci_data(uint16_t port, unsigned int bytes)
{
    return port >= CFC && port + bytes <= CFC + 4U;
}

uint32_t guest_io_read(struct domain *d, uint16_t port, unsigned int bytes)
{
    if (access_denied(d, port, bytes))
        return all_ones(bytes);
    if (port == CF8 && bytes == 4)
        return d->cf8;
    if (is_pci_data(port, bytes))
        return pci_data_read(d->cf8, port, bytes);
    return port_read(port, bytes);
}

void guest_io_write(struct domain *d, uint16_t port, unsigned int bytes,
                    uint32_t v)
{
    if (access_denied(d, port, bytes))
        return;
    /* dom0 may beep and measure with channel 2; the others are not its own */
    if (port == PIT_CONTROL && PIT_CONTROL_CHANNEL(v) != 2)
        return;
    if (port == CF8 && bytes == 4)
        d->cf8 = v;
    else if (is_pci_data(port, bytes))
        pci_data_write(d->cf8, port, bytes, v);
    else
        port_write(port, bytes, v);
}
