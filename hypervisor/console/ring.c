/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kept log: the last bytes that the hypervisor printed, for `dmesg' in
 * the control domain.  Positions count bytes since boot and wrap at 2^32.
 */
#include <hv/console.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/heap.h>
#include "local.h"

#define EARLY_BYTES 16384U /* powers of two, both */
#define LATE_ORDER 5
#define LATE_BYTES (4096U << LATE_ORDER)

static char early_log[EARLY_BYTES];

/* Guarded by the console's lock. */
static struct {
    char *buf;
    uint32_t size;
    uint32_t first, end; /* first: oldest byte kept or not cleared */
} ring = { early_log, EARLY_BYTES, 0, 0 };

void ring_write(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ring.buf[ring.end++ & (ring.size - 1)] = s[i];
    if (ring.end - ring.first > ring.size)
        ring.first = ring.end - ring.size;
}

void ring_replay(void (*write)(const char *s, size_t len))
{
    for (uint32_t i = ring.first; i != ring.end; i++)
        write(&ring.buf[i & (ring.size - 1)], 1);
}

void ring_grow(void)
{
    char *buf = heap_alloc(LATE_ORDER);

    if (!buf)
        return;
    console_lock();
    for (uint32_t i = ring.first; i != ring.end; i++)
        buf[i & (LATE_BYTES - 1)] = ring.buf[i & (ring.size - 1)];
    ring.buf = buf;
    ring.size = LATE_BYTES;
    console_unlock();
}

/* Copy out one piece without a fault of the guest's while locked. */
static uint32_t take_piece(char *to, uint32_t max, uint32_t *pos)
{
    uint32_t n = 0;

    console_lock();
    if (*pos - ring.first > ring.end - ring.first)
        *pos = ring.first; /* overwritten since, or never was */
    while (n < max && *pos != ring.end)
        to[n++] = ring.buf[(*pos)++ & (ring.size - 1)];
    console_unlock();
    return n;
}

long console_ring_read(unsigned long u_buf, uint32_t len, uint32_t *from,
                       bool incremental, bool clear)
{
    uint32_t pos = incremental ? *from : ring.first, done = 0, n;
    char piece[256];

    while (done < len) {
        n = take_piece(piece, MIN(len - done, (uint32_t)sizeof(piece)), &pos);
        if (!n)
            break;
        if (copy_to_guest(u_buf + done, piece, n))
            return -EFAULT;
        done += n;
    }

    *from = pos;
    if (clear) {
        console_lock();
        ring.first = ring.end;
        console_unlock();
    }
    return done;
}
