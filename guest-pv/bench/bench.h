/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A micro-benchmark: what one operation costs in cycles of the TSC, which
 * under `qemu -icount shift=0` are instructions.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

/* Entries, or calls, in a batch. */
#define BATCH 32

/* Pages that rows may map, give away and take. */
#define NR_FRAMES 512

struct row {
    const char *name;     /* as in docs/maintainers/benchmarks.md */
    long (*op)(void);     /* what is measured */
    void (*before)(void); /* each time, not measured; or NULL */
    void (*after)(void);  /* likewise */
    long want;            /* what op must return */
    /* Instead of op: measures by itself and returns the cycles. */
    uint64_t (*measure)(void);
};

struct group {
    void (*begin)(void); /* or NULL */
    void (*end)(void);   /* or NULL */
    const struct row *rows;
    unsigned int nr_rows;
};

#define GROUP(id, b, e)                                                        \
    const struct group group_##id = { b, e, rows,                              \
                                      sizeof(rows) / sizeof(rows[0]) }

extern const struct group group_call, group_event, group_map, group_table,
    group_trap, group_user, group_privileged, group_grant, group_memory,
    group_vcpu;

/** bench_must - end the domain with a message unless @rc is @want */
void bench_must(const char *what, long rc, long want);

/** bench_gate - let a vector of the trap table lead to @stub */
void bench_gate(unsigned int vector, const char *stub);

/** bench_callback - let a callback (CALLBACKTYPE_*) lead to @stub */
void bench_callback(unsigned int type, const char *stub);

/** bench_frame - page @i of NR_FRAMES, mapped writable between rows */
void *bench_frame(unsigned int i);

/** bench_page_table - a read-only page that holds a copy of @from */
uint64_t *bench_page_table(const uint64_t *from);

/** bench_full_l1 - a read-only page of 512 entries that map the frames */
uint64_t *bench_full_l1(void);

/*
 * entry/bench.S: handlers that do the least and return by the iret hypercall.
 * What each does stands there.
 */
extern const char bench_iret[], bench_iret_skip2[], bench_pf_skip3[];
extern const char bench_pf_map[], bench_event_0[], bench_event_1[];
extern const char bench_vcpu_entry[];
extern const char bench_user_syscall[], bench_user_int80[];
extern const char bench_user_touch[];
extern volatile uint64_t bench_pte, bench_first_tsc;
extern volatile uint64_t bench_port_mask[2], bench_upcalls[2];

#endif
