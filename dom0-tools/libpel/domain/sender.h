/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending a guest as a stream.  Pages may be sent in several rounds; the
 * state comes last, once the guest stands still.
 *
 * A guest that stands still: sender_begin(), sender_all_pages(),
 * sender_state().  One that runs (live set): sender_begin(), sender_rounds()
 * of rounds.h; it is suspended; sender_last_pages(), sender_state().
 */
#ifndef PEL_DOMAIN_SENDER_H
#define PEL_DOMAIN_SENDER_H

#include <pel/stream.h>
#include "guest_memory.h"

struct sender {
    struct pel_ctx *ctx;
    uint32_t domid;
    struct pel_image_writer w; /* callback set by the caller */
    struct guest_memory mem;
    uint64_t *copies;        /* room for the pages of a record */
    bool (*stop)(void);      /* asked now and then; NULL: never */
    bool live;               /* the guest runs; what changes is sent again */
    bool zeros_apart;        /* pages of zeros as XALLOC, without their bytes */
    pel_pages_fn *put_pages; /* takes them; NULL: they go into the stream */
    void *put_arg;
    /* Sends what comes before all else, once the headers are; or NULL. */
    int (*before)(void *arg);
    void *before_arg;
    /* The rest is for pages that are sent more than once; else NULL. */
    bool log_on;
    uint8_t *todo;     /* bit of each page that has to be sent */
    uint8_t *sent;     /* type that each page was last sent as, SENT_* */
    uint64_t *hashes;  /* of what was sent last */
    uint64_t nr_pages; /* sent so far, each time counted */
    uint64_t nr_same;  /* left out: they were the same again */
};

#define SENT_NEVER 0xff
#define SENT_TYPE(type) ((type) >> XEN_DOMCTL_PFINFO_LTAB_SHIFT & 0xf)

/**
 * sender_begin - headers, CPU policy, where the list of pages is
 * @s:      ctx, domid, writer, stop, live, zeros_apart, put_pages set, else
 * zero; sender_end() it in any case
 * @config: for the header
 */
int sender_begin(struct sender *s, const char *config);

/**
 * sender_pages - one record of pages
 * @pfns: up to PEL_BATCH_PAGES; those that the guest does not have are left
 *        out
 * While the guest runs, what cannot be sent for the moment stays in todo.
 * Returns: 0; -PEL_EFORMAT a page table names a frame of somebody else
 */
int sender_pages(struct sender *s, const uint64_t *pfns, size_t nr);

/**
 * sender_todo - every page whose bit is set in todo, which it clears
 * @per_batch: called after each record; NULL: nobody
 */
int sender_todo(struct sender *s, void (*per_batch)(void *arg), void *arg);

/** sender_stopped - -PEL_ESTATE if somebody wants to end it, else 0 */
int sender_stopped(struct sender *s);

/** sender_all_pages - every page that the guest has; -PEL_ESTATE: stopped */
int sender_all_pages(struct sender *s);

/** sender_state - registers, shared_info and the end of the stream */
int sender_state(struct sender *s);

/** sender_end - free all; the log of changed pages is switched off */
void sender_end(struct sender *s);

#endif
