/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who has the keyboard: bytes from the serial line go to dom0, or to the
 * debug keys.  Ctrl-A three times switches between the two.
 */
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <xen/xen.h>
#include "local.h"

#define SWITCH_CHAR 1 /* Ctrl-A */
#define SWITCH_COUNT 3
#define INPUT_BYTES 256U /* a power of two */

/* Guarded by the console's lock. */
static struct {
    char buf[INPUT_BYTES];
    uint32_t head, tail;
    unsigned int ctrl_a; /* how many in a row */
    bool ours;           /* typed at the hypervisor */
} input;

/* Keys that were hit and not yet run; guarded in the same way. */
static struct {
    char buf[16];
    uint32_t head, tail;
} hit;

static void focus_switch(void)
{
    input.ours = !input.ours;
    input.ctrl_a = 0;
    log_print(LOG_ERR, "input goes to %s (Ctrl-A three times switches)\n",
              input.ours ? "the hypervisor, h for help" : "dom0");
}

void console_receive(char c)
{
    bool ours;

    console_lock();
    if (c == SWITCH_CHAR && ++input.ctrl_a == SWITCH_COUNT) {
        focus_switch();
        console_unlock();
        return;
    }
    if (c != SWITCH_CHAR)
        input.ctrl_a = 0;
    ours = input.ours;
    if (ours) {
        if (c != SWITCH_CHAR && hit.head - hit.tail < sizeof(hit.buf))
            hit.buf[hit.head++ % sizeof(hit.buf)] = c;
    } else if (input.head - input.tail < INPUT_BYTES) {
        input.buf[input.head++ % INPUT_BYTES] = c;
    }
    console_unlock();

    if (ours)
        work_raise(this_cpu(), WORK_KEY);
    else
        virq_raise_global(VIRQ_CONSOLE);
}

size_t input_read(char *buf, size_t len)
{
    size_t n = 0;

    console_lock();
    while (n < len && input.tail != input.head)
        buf[n++] = input.buf[input.tail++ % INPUT_BYTES];
    console_unlock();
    return n;
}

/* Several CPUs may come here at once: a key is for one of them. */
void console_key_work(void)
{
    bool any;
    char c;

    log_tell_readers();
    do {
        console_lock();
        any = hit.tail != hit.head;
        c = any ? hit.buf[hit.tail++ % sizeof(hit.buf)] : 0;
        console_unlock();
        if (any)
            console_key(c);
    } while (any);
}
