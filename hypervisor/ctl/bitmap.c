/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The toolstack's bitmaps of CPUs and nodes. */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/string.h>
#include "local.h"

/* Zeros are written from here, this many bytes at a time. */
static const uint8_t zeros[64];

int bitmap_to_guest(const struct xenctl_bitmap *to, const uint8_t *map,
                    unsigned int bits)
{
    unsigned long u = (unsigned long)to->bitmap.p;
    uint32_t room = DIV_UP((uint64_t)to->nr_bits, 8);
    uint32_t n = MIN(room, DIV_UP(bits, 8));

    if (copy_to_guest(u, map, n))
        return -EFAULT;
    /* Nobody needs more padding than a page. */
    room = MIN(room, (uint32_t)PAGE_SIZE);
    while (n < room) {
        uint32_t some = MIN(room - n, (uint32_t)sizeof(zeros));

        if (copy_to_guest(u + n, zeros, some))
            return -EFAULT;
        n += some;
    }
    return 0;
}

int bitmap_from_guest(uint8_t *map, unsigned int bits,
                      const struct xenctl_bitmap *from)
{
    uint32_t n = MIN(from->nr_bits, bits);

    memset(map, 0, DIV_UP(bits, 8));
    if (copy_from_guest(map, (unsigned long)from->bitmap.p, DIV_UP(n, 8)))
        return -EFAULT;
    if (n % 8)
        map[n / 8] &= (1U << n % 8) - 1;
    return 0;
}

void cpus_online(uint8_t *map)
{
    memset(map, 0, NR_CPUS / 8);
    for (unsigned int i = 0; i < nr_cpus; i++)
        if (cpu_online(i))
            map[i / 8] |= 1U << i % 8;
}
