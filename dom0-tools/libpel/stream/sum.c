/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sums over records, and simple questions about pages. */
#include <stdint.h>
#include <string.h>
#include <xxh_x86dispatch.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <pel/stream.h>
#include "format.h"

#define MIX 0x9e3779b97f4a7c15ull

/* Odd multiplier and rotation: every bit of the word reaches the sum. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * MIX;
    return sum << 29 | sum >> 35;
}

uint64_t sum_bytes(uint64_t sum, const void *buf, size_t len)
{
    const uint8_t *p = buf;
    uint64_t word;

    for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, p, sizeof(word));
        sum = mix(sum, word);
    }
    if (len) {
        word = 0;
        memcpy(&word, p, len);
        sum = mix(sum, word);
    }
    return sum;
}

uint64_t sum_page(uint64_t sum, uint64_t hash) { return mix(sum, hash); }

uint64_t pel_page_hash(const void *page)
{
    return XXH3_64bits(page, PAGE_BYTES);
}

bool pel_page_is_zero(const void *page)
{
    const uint64_t *p = page;

    /* Each word is like the one before it: libc compares them by vectors. */
    return !p[0] && !memcmp(p, p + 1, PAGE_BYTES - sizeof(*p));
}

bool pel_page_has_data(uint32_t type)
{
    return type != XEN_DOMCTL_PFINFO_BROKEN &&
           type != XEN_DOMCTL_PFINFO_XALLOC && type != XEN_DOMCTL_PFINFO_XTAB;
}

bool pel_page_is_table(uint32_t type)
{
    uint32_t bare = type & ~XEN_DOMCTL_PFINFO_LPINTAB;

    return bare >= XEN_DOMCTL_PFINFO_L1TAB && bare <= XEN_DOMCTL_PFINFO_L4TAB;
}
