/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeping to a limit of bytes in a second. */
#include <time.h>
#include <pel/store.h>
#include "pace.h"

void pace_begin(struct pace *p, uint64_t bandwidth, uint64_t len)
{
    *p = (struct pace){
        .bandwidth = bandwidth,
        .began_ns = pel_store_now_ns(),
        .began_len = len,
    };
}

void pace_keep(struct pace *p, uint64_t len)
{
    uint64_t now = pel_store_now_ns(), due;
    struct timespec nap;

    if (!p->bandwidth)
        return;
    due = p->began_ns + (uint64_t)((len - p->began_len) * 1e9 / p->bandwidth);
    if (due <= now)
        return;
    nap.tv_sec = (due - now) / 1000000000;
    nap.tv_nsec = (due - now) % 1000000000;
    nanosleep(&nap, NULL);
    p->waited_ns += pel_store_now_ns() - now;
}
