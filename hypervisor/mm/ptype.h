/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The type word of a frame, and its transitions (pure; see ptype.c). */
#pragma once

#include <hv/frame.h>
#include <hv/types.h>

/* Bits 0-31 count typed uses. */
#define TW_COUNT 0xffffffffUL
#define TW_COUNT_MAX 0xfffffffeUL
#define TW_TYPE_SHIFT 32
#define TW_TYPE (7UL << TW_TYPE_SHIFT)
#define TW_VALID (1UL << 35)   /* the contents are checked and counted */
#define TW_PARTIAL (1UL << 36) /* entries [0, aux) are; owns a reference */
#define TW_LOCKED (1UL << 37)  /* one CPU alone may change word and contents */
#define TW_PINNED (1UL << 38)  /* one count (and reference) is the pin's */
#define TW_FAILED (1UL << 39)  /* partial: on the way down, not up */

/* What ptype_get() and ptype_put() ask of their caller. */
#define PTYPE_DONE 0
#define PTYPE_WORK 1 /* the word is locked: validate or devalidate */

static inline enum page_type tw_type(uint64_t w)
{
    return (enum page_type)((w & TW_TYPE) >> TW_TYPE_SHIFT);
}

static inline uint64_t tw_make(enum page_type t)
{
    return (uint64_t)t << TW_TYPE_SHIFT;
}

static inline bool ptype_is_table(enum page_type t)
{
    return t >= PT_L1 && t <= PT_L4;
}

/* Is the frame in use as a valid table of type @t, and not locked? */
static inline bool tw_is_ready(uint64_t w, enum page_type t)
{
    return (w & (TW_TYPE | TW_VALID | TW_LOCKED)) == (tw_make(t) | TW_VALID);
}

/**
 * ptype_get - take one typed use of a frame
 * @w: the caller's copy of the type word, to be published if >= 0
 *
 * Returns: PTYPE_DONE; PTYPE_WORK the word is locked and not yet counted:
 * flush stale translations if the type changed, validate unless it is
 * PT_WRITABLE, then publish ptype_validated(), ptype_stopped() or
 * ptype_refused(); -EAGAIN another CPU has it locked; -EINVAL it is in use
 * as another type, or the count is full.
 */
int ptype_get(uint64_t *w, enum page_type want);

/**
 * ptype_put - drop one typed use
 *
 * Returns: PTYPE_DONE; PTYPE_WORK the last use of a table, the word is
 * locked: drop what its entries hold, then publish ptype_dropped() or
 * ptype_stopped(); -EAGAIN another CPU has it locked.
 */
int ptype_put(uint64_t *w);

/* Outcomes of PTYPE_WORK: the word to publish, unlocked. */
uint64_t ptype_validated(uint64_t w); /* valid, counted */
uint64_t ptype_dropped(uint64_t w);   /* nothing held, the count given up */
uint64_t ptype_stopped(uint64_t w, bool failed); /* to be continued */
uint64_t ptype_refused(uint64_t w); /* failed and nothing held any more */

/* ptype_holds_entries - how many leading entries of a table hold references */
static inline unsigned int ptype_holds_entries(uint64_t w, uint32_t aux)
{
    if (!ptype_is_table(tw_type(w)))
        return 0;
    if (w & TW_PARTIAL)
        return aux;
    return w & TW_VALID ? PT_ENTRIES : 0;
}
