/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console: console_io for the initial domain, a ring for others. */
#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>

/* Turns given to the other side before text is dropped. */
#define CONSOLE_PATIENCE 20000000u

static uint8_t ring_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static struct xencons_interface *ring;
static evtchn_port_t ring_port;

void console_init(const struct start_info *si)
{
    uint64_t pte;

    if (si->flags & SIF_INITDOMAIN || !si->console.domU.mfn)
        return;

    pte = (uint64_t)si->console.domU.mfn << PAGE_SHIFT | PTE_KERNEL_RW;
    if (hc_update_va_mapping((uintptr_t)ring_page, pte, UVMF_INVLPG))
        return;
    ring_port = si->console.domU.evtchn;
    ring = (struct xencons_interface *)ring_page;
}

static void ring_notify(void)
{
    struct evtchn_send send = { .port = ring_port };

    hc_event_channel_op(EVTCHNOP_send, &send);
}

/* Wait for room of @free bytes; the other side moves out_cons. */
static bool ring_wait(uint32_t free)
{
    for (unsigned int i = 0; i < CONSOLE_PATIENCE; i++) {
        XENCONS_RING_IDX cons = *(volatile XENCONS_RING_IDX *)&ring->out_cons;

        if (sizeof(ring->out) - (ring->out_prod - cons) >= free)
            return true;
        if (!(i % 64))
            hc_sched_op(SCHEDOP_yield, NULL);
        insn_pause();
    }
    return false;
}

static void ring_write(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        XENCONS_RING_IDX prod = ring->out_prod;

        if (!ring_wait(1))
            break;
        ring->out[MASK_XENCONS_IDX(prod, ring->out)] = s[i];
        insn_barrier();
        ring->out_prod = prod + 1;
    }
    ring_notify();
}

void console_write(const char *s, size_t len)
{
    hc_console_io(CONSOLEIO_write, len, s);
    if (ring)
        ring_write(s, len);
}

void console_drain(void)
{
    if (ring)
        ring_wait(sizeof(ring->out));
}
