/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A kernel that runs into garbage, with no trap table to stop it. */
#include <pv/console.h>
#include <pv/guest.h>
#include <pv/printf.h>

/* Bytes that are instructions only by accident, until one of them is not. */
static const uint8_t garbage[64] = {
    0x0f, 0x1f, 0x40, 0x00, 0x48, 0x31, 0xc0, 0x90, 0x62, 0x07, 0xff, 0x0f,
    0x06, 0xd6, 0xea, 0x9a, 0x0f, 0x0b, 0xf4, 0xc5, 0xfa, 0x82, 0x1e, 0x27,
};

void guest_main(struct start_info *si)
{
    void (*jump)(void) = (void (*)(void))(uintptr_t)garbage;

    console_init(si);
    pv_printf("crash-garbage: jumping into data\n");
    for (;;)
        jump();
}
