/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state machine of page types, as pure functions on the type word.
 *
 * TOUR 4.2: all the safety of paging rests on the two rules below.
 *
 * INVARIANT PT-1: a frame typed as a page table or descriptor page has no
 * writable guest mapping, in memory or in any TLB.  "Writable" is itself a
 * counted type, and a frame changes type only while its count is 0, and then
 * only after stale translations are flushed.
 *
 * INVARIANT PT-2: a table type with count 0 is not valid: the last put drops
 * the references that its entries held.  Between (a put or a validation that
 * was preempted) the word is PARTIAL: it cannot change type, entries
 * [0, frame.aux) hold references, and PARTIAL itself owns one reference of
 * the frame, so that the frame is not freed in that state.
 *
 * While LOCKED the word belongs to one CPU, which publishes the outcome by a
 * plain store; everybody else waits, or is refused if they want another type.
 */
#include <hv/bug.h>
#include <hv/errno.h>

#include "ptype.h"

int ptype_get(uint64_t *w, enum page_type want)
{
    enum page_type type = tw_type(*w);

    ASSERT(want != PT_NONE && want < NR_PAGE_TYPES);

    if (type != want) {
        if (*w & (TW_COUNT | TW_PARTIAL | TW_LOCKED))
            return -EINVAL; /* keeps PT-1 */
        if (type == PT_NONE && want == PT_WRITABLE) {
            *w = tw_make(PT_WRITABLE) | TW_VALID | 1;
            return PTYPE_DONE;
        }
        *w = tw_make(want) | TW_LOCKED;
        return PTYPE_WORK;
    }

    if (*w & TW_LOCKED)
        return -EAGAIN;
    if ((*w & TW_COUNT) >= TW_COUNT_MAX)
        return -EINVAL;

    if (*w & TW_VALID) {
        *w += 1;
        return PTYPE_DONE;
    }

    *w |= TW_LOCKED;
    return PTYPE_WORK;
}

int ptype_put(uint64_t *w)
{
    if (*w & TW_LOCKED)
        return -EAGAIN;

    ASSERT(*w & TW_COUNT);

    if ((*w & TW_COUNT) > 1 || !ptype_is_table(tw_type(*w))) {
        *w -= 1;
        return PTYPE_DONE;
    }

    *w |= TW_LOCKED;
    return PTYPE_WORK;
}

uint64_t ptype_validated(uint64_t w)
{
    ASSERT(w & TW_LOCKED);
    w &= ~(TW_LOCKED | TW_PARTIAL | TW_FAILED);
    return (w | TW_VALID) + 1;
}

uint64_t ptype_dropped(uint64_t w)
{
    ASSERT((w & TW_LOCKED) && (w & TW_COUNT) == 1 && !(w & TW_PINNED));
    return (w & ~(TW_LOCKED | TW_PARTIAL | TW_FAILED | TW_VALID)) - 1;
}

uint64_t ptype_stopped(uint64_t w, bool failed)
{
    ASSERT(w & TW_LOCKED);
    w &= ~(TW_LOCKED | TW_VALID | TW_FAILED);
    return w | TW_PARTIAL | (failed ? TW_FAILED : 0);
}

/*
 * With a count left (its holder was preempted while dropping it) the word
 * stays PARTIAL with no entries, so that the holder finds its way to the end.
 */
uint64_t ptype_refused(uint64_t w)
{
    ASSERT((w & TW_LOCKED) && (w & TW_COUNT) <= 1);
    w &= ~(TW_LOCKED | TW_VALID | TW_FAILED | TW_PARTIAL);
    return w & TW_COUNT ? w | TW_PARTIAL : w;
}
