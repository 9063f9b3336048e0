/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Random numbers, odd numbers and addresses, and calls made of them. */
#include <pv/hypercall.h>
#include <pv/printf.h>
#include <pv/string.h>
#include <pv/test.h>
#include "fuzz.h"

/* The splitmix64 generator: each state is used once, any seed will do. */
uint64_t rnd64(struct worker *w)
{
    uint64_t z = w->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

uint64_t rnd(struct worker *w, uint64_t n) { return rnd64(w) % n; }

uint64_t odd_number(struct worker *w)
{
    uint64_t power = 1ull << rnd(w, 64);

    switch (rnd(w, 6)) {
    case 0:
        return 0;
    case 1:
        return power;
    case 2:
        return power - 1;
    case 3:
        return ~power;
    case 4:
        return -(rnd(w, 4096) + 1);
    default:
        return rnd64(w);
    }
}

void *args(struct worker *w, size_t size)
{
    void *p;

    size = (size + 15) & ~15ull;
    if (w->used + size > sizeof(w->args)) {
        w->used = 0;
        w->nr_batch = 0; /* whose arguments give way: they would be others' */
    }
    p = w->args + w->used;
    w->used += size;
    memset(p, 0, size);
    return p;
}

uint64_t bad_ptr(struct worker *w)
{
    static const uint64_t bad[] = {
        0,
        8,
        UNMAPPED,
        HV_ADDR,
        NON_CANONICAL,
        0x00007ffffffffff8ull, /* the last word below the hole */
        0xffff7ffffffff000ull,
        0xffff800000000000ull, /* M2P: may be read, not written */
        0xffff87fffffffff8ull, /* across the end of the hypervisor's range */
        0xffff880000000000ull,
        0xfffffffffffffff8ull, /* across the end of everything */
        0xffffffffffffffffull,
    };

    if (one_in(w, 4))
        return 0xffff7ffffffffff8ull + rnd(w, 8); /* across its start */
    return bad[rnd(w, sizeof(bad) / sizeof(bad[0]))];
}

uint64_t odd_ptr(struct worker *w, const void *p)
{
    switch (rnd(w, 128)) {
    case 0:
        return bad_ptr(w);
    case 1:
        return any_va(w) + PAGE_SIZE - rnd(w, 64);
    case 2:
        return any_va(w);
    default:
        return (uintptr_t)p;
    }
}

long call(struct worker *w, unsigned int nr, uint64_t a, uint64_t b, uint64_t c,
          uint64_t d, uint64_t e)
{
    long rc;

    w->tried++;
    if (fuzz_trace)
        pv_printf("  call %u %lx %lx %lx %lx\n", nr, a, b, c, d);
    if (w->batching) {
        if (w->nr_batch < BATCH_MAX)
            w->batch[w->nr_batch++] =
                (struct multicall_entry){ .op = nr, .args = { a, b, c, d, e } };
        return 0;
    }
    rc = hypercall(nr, a, b, c, d, e);
    if (rc < 0 && rc > -4096)
        w->refused++;
    return rc;
}
