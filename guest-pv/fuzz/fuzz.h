/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fuzzing guest: operations made of random numbers, and what they are
 * made from.
 *
 * A worker is a vCPU with a generator of its own, so a seed gives each of
 * them the same sequence again; how several interleave is the machine's.
 *
 * Operations play with the arena only: pages that nothing else needs.  The
 * rest of the guest (its code, stacks, tables) is offered to the hypervisor
 * too, but only in ways that leave its contents alone if they are accepted:
 * a guest may always shoot itself.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <pv/mm.h>

#define ARENA_PAGES 96
#define NR_BASES 4 /* the last of them: L4 tables that map the kernel */
#define P2M_SLOT 1 /* of every base, and never changed: our p2m list */
#define BATCH_MAX 24
#define ARGS_SIZE 16384

struct worker {
    unsigned int id;
    uint64_t random;   /* state of the generator */
    const char *doing; /* for who waits for it */
    uint64_t tried, refused, trapped;
    uint8_t args[ARGS_SIZE]; /* arguments of calls under way */
    size_t used;
    bool batching; /* calls go into the batch */
    unsigned int nr_batch;
    struct multicall_entry batch[BATCH_MAX];
};

/** fuzz_op - one kind of operation; @weight: how often, against the others */
struct fuzz_op {
    const char *name;
    void (*run)(struct worker *w);
    unsigned int weight;
    bool batch; /* its results are not looked at: may go into a multicall */
};

/** rnd - a number below @n, which is not 0 */
uint64_t rnd(struct worker *w, uint64_t n);

/** rnd64 - 64 random bits */
uint64_t rnd64(struct worker *w);

/** one_in - true once in @n times */
static inline bool one_in(struct worker *w, uint64_t n) { return !rnd(w, n); }

/** odd_number - a number that arithmetic may trip over */
uint64_t odd_number(struct worker *w);

/** args - @size zeroed bytes for arguments, good until the call is made */
void *args(struct worker *w, size_t size);

/** odd_ptr - @p, or now and then an address that should be refused */
uint64_t odd_ptr(struct worker *w, const void *p);

/** bad_ptr - an address that no buffer should have */
uint64_t bad_ptr(struct worker *w);

/** call - a hypercall, now or in the batch (then the result is 0) */
long call(struct worker *w, unsigned int nr, uint64_t a, uint64_t b, uint64_t c,
          uint64_t d, uint64_t e);

/** fuzz_trace - print what is done */
extern bool fuzz_trace;

/* The arena (arena.c). */

/** struct slot - a page's place: its address, and the frame there or 0 */
struct slot {
    void *home;
    volatile uint64_t mfn;
    uint64_t busy; /* a worker gives the frame up, or gets one */
};
extern struct slot arena[ARENA_PAGES];

/** slot_set - another frame, or 0 for none, takes the place of @s's */
void slot_set(struct slot *s, uint64_t mfn);

/** arena_init - pages from the pool; the bases */
void arena_init(void);

/**
 * arena_restore - undo what the workers, who wait, have left
 *
 * Everything unmapped, unpinned, closed; every page an ordinary one at its
 * home.  Returns the number of pages for which that is impossible.
 */
unsigned int arena_restore(struct worker *w);

/** own_slot - any slot that is no base; own_frame - its frame */
struct slot *own_slot(struct worker *w);
uint64_t own_frame(struct worker *w);

/** base_frame - the frame of one of the bases */
uint64_t base_frame(struct worker *w);

/** foreign_frame - not our memory: others', devices', none at all */
uint64_t foreign_frame(struct worker *w);

/** any_frame - any of these, or one in use by our own kernel */
uint64_t any_frame(struct worker *w);

/**
 * lent_frame - one that others, or the hypervisor, may be asked to write to
 *
 * As any_frame(), without what our own kernel needs and what is no table that
 * is in use: a base is one only while somebody uses it as such, and what is
 * written to it before would be our own fault.
 */
uint64_t lent_frame(struct worker *w);

/** any_entry - a value for a table of level @level, more or less right */
uint64_t any_entry(struct worker *w, unsigned int level);

/** any_index - an index into a table, mostly a low one */
unsigned int any_index(struct worker *w);

/** any_va - an address where the arena's pages may be mapped */
uint64_t any_va(struct worker *w);

/** odd_domid - a domain number, mostly DOMID_SELF */
domid_t odd_domid(struct worker *w);

extern domid_t self_domid, peer_domid;

/** set_home - map @s at its home, read-only or not, or not at all; rc */
long set_home(struct slot *s, bool present, bool writable);

/* Kinds of operations: tables that end with a row without a name. */
extern const struct fuzz_op ops_mmu[], ops_mmuext[], ops_write[];
extern const struct fuzz_op ops_memory[], ops_grant[], ops_event[];
extern const struct fuzz_op ops_desc[], ops_cpu[], ops_misc[];

/** grant_restore - unmap what was mapped, as far as possible */
void grant_restore(struct worker *w);

/** event_restore - close every port that operations may have opened */
void event_restore(void);

/** cpu_restore - bases, tables and registers of this vCPU */
void cpu_restore(void);

#endif
