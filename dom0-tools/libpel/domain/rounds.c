/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rounds.  The log of changed pages tells what to send again.  Beside it, two
 * things may change that no log knows of: which frame is which page (the
 * guest's list is read anew when it stands still), and whether a page is a
 * table (asked again for all that were sent as tables; a page that becomes one
 * is in the log).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include <pel/store.h>
#include "rounds.h"
#include "sender.h"

/* Rounds shorter than this say little about the rate. */
#define PAGES_FOR_A_RATE 256u
/* So many rounds that bring less than a tenth, and more would not help. */
#define USELESS_ROUNDS 3u

struct rounds {
    struct sender *s;
    struct round_limits limits;
    uint64_t began_ns, began_len; /* of the stream */
    uint64_t waited_ns;           /* in this round, for the limit's sake */
    uint64_t pages_per_s;
    unsigned int useless;
    struct round_info info;
    void *arg; /* of who called */
};

void log_off(struct pel_ctx *ctx, uint32_t domid)
{
    char why[PEL_MESSAGE_MAX];

    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    pel_hc_log_off(ctx, domid);
    snprintf(ctx->message, sizeof(ctx->message), "%s", why);
}

/* Sleeps until what was written is no more than the limit allows. */
static void keep_to_bandwidth(void *arg)
{
    struct rounds *r = arg;
    uint64_t now = pel_store_now_ns(), due;
    struct timespec nap;

    if (!r->limits.bandwidth)
        return;
    due = r->began_ns +
          (uint64_t)((r->s->w.len - r->began_len) * 1e9 / r->limits.bandwidth);
    if (due <= now)
        return;
    nap.tv_sec = (due - now) / 1000000000;
    nap.tv_nsec = (due - now) % 1000000000;
    nanosleep(&nap, NULL);
    r->waited_ns += pel_store_now_ns() - now;
}

static uint64_t count(const struct sender *s)
{
    uint64_t nr = 0;

    for (uint64_t i = 0; i < (s->mem.nr_pfns + 7) / 8; i++)
        nr += __builtin_popcount(s->todo[i]);
    return nr;
}

static void want(struct sender *s, uint64_t pfn)
{
    s->todo[pfn / 8] |= 1u << pfn % 8;
}

static void want_all(struct sender *s)
{
    for (uint64_t pfn = 0; pfn < s->mem.nr_pfns; pfn++)
        if (s->mem.p2m[pfn] != NO_FRAME)
            want(s, pfn);
}

/*
 * What stands in buffers between the hosts is not there yet, and only what is
 * there says how fast pages go.
 */
static int end_of_round(struct rounds *r)
{
    int rc = pel_image_end_round(&r->s->w);

    return rc ? rc : r->limits.arrived(r->arg);
}

static int one_round(struct rounds *r)
{
    uint64_t start = pel_store_now_ns(), took, before = r->info.remaining;
    int rc;

    r->waited_ns = 0;
    r->info.pages = before;
    rc = sender_todo(r->s, keep_to_bandwidth, r);
    if (!rc && r->limits.arrived)
        rc = end_of_round(r);
    took = pel_store_now_ns() - start - r->waited_ns;
    if (rc)
        return rc;
    if (!r->pages_per_s || before >= PAGES_FOR_A_RATE)
        r->pages_per_s = before * 1e9 / (took + 1) + 1;

    rc =
        pel_hc_log(r->s->ctx, r->s->domid, true, r->s->todo, r->s->mem.nr_pfns);
    if (rc)
        return rc;
    r->info.round++;
    r->info.bytes = r->s->w.len;
    r->info.rate = r->pages_per_s * PEL_PAGE_SIZE;
    r->info.remaining = count(r->s);
    r->info.predicted_ms =
        r->limits.standstill_ms + r->info.remaining * 1000 / r->pages_per_s;
    if (r->info.round > 1 && r->info.remaining * 10 > before * 9)
        r->useless++;
    return 0;
}

int sender_rounds(struct sender *s, const struct round_limits *limits,
                  round_fn *report, void *arg)
{
    struct rounds r = {
        .s = s,
        .limits = *limits,
        .began_ns = pel_store_now_ns(),
        .began_len = s->w.len,
        .arg = arg,
    };
    int rc = 0;

    if (!r.limits.downtime_ms)
        r.limits.downtime_ms = ROUNDS_DOWNTIME_MS;
    if (!r.limits.rounds)
        r.limits.rounds = ROUNDS_MAX;
    want_all(s);
    r.info.remaining = count(s);
    while (!rc && !r.info.last) {
        rc = one_round(&r);
        if (rc)
            break;
        r.info.last = r.info.predicted_ms <= r.limits.downtime_ms ||
                      r.info.round >= r.limits.rounds ||
                      r.useless >= USELESS_ROUNDS;
        if (report)
            report(arg, &r.info);
    }
    return rc;
}

/* ---- the last one -------------------------------------------------------- */

static bool was_table(const struct sender *s, uint64_t pfn)
{
    return s->sent[pfn] != SENT_NEVER &&
           pel_page_is_table((uint32_t)s->sent[pfn]
                             << XEN_DOMCTL_PFINFO_LTAB_SHIFT);
}

/* Pages that are another frame now; *@moved: there are such. */
static void compare(struct sender *s, const struct guest_memory *now,
                    bool *moved)
{
    for (uint64_t pfn = 0; pfn < now->nr_pfns; pfn++) {
        if (now->p2m[pfn] == s->mem.p2m[pfn])
            continue;
        want(s, pfn);
        *moved = true;
    }
}

/* Tables that are none any more, or are pinned, or not. */
static int compare_types(struct sender *s)
{
    uint64_t pfns[PEL_BATCH_PAGES], words[PEL_BATCH_PAGES];
    uint64_t pfn = 0;
    int rc = 0;

    while (!rc && pfn < s->mem.nr_pfns) {
        size_t nr = 0;

        for (; nr < PEL_BATCH_PAGES && pfn < s->mem.nr_pfns; pfn++) {
            if (!was_table(s, pfn) || s->mem.p2m[pfn] == NO_FRAME)
                continue;
            pfns[nr] = pfn;
            words[nr++] = s->mem.p2m[pfn];
        }
        if (!nr)
            break;
        rc = pel_hc_page_types(s->ctx, s->domid, words, nr);
        for (size_t i = 0; !rc && i < nr; i++)
            if (SENT_TYPE(words[i]) != s->sent[pfns[i]])
                want(s, pfns[i]);
    }
    return rc;
}

/* The guest's list as it is now takes the place of the one of before. */
static int renew_memory(struct sender *s)
{
    struct guest_memory now;
    bool moved = false;
    int rc = guest_memory_read(s->ctx, s->domid, &now);

    if (!rc && now.nr_pfns != s->mem.nr_pfns)
        rc = pel_fail(s->ctx, PEL_ESTATE,
                      "the memory of domain %u has grown meanwhile: try again",
                      s->domid);
    if (rc) {
        guest_memory_free(&now);
        return rc;
    }
    compare(s, &now, &moved);
    /* A table may have been translated by what was not true any more. */
    for (uint64_t pfn = 0; moved && pfn < now.nr_pfns; pfn++)
        if (was_table(s, pfn))
            want(s, pfn);
    if (memcmp(now.lists, s->mem.lists, now.nr_lists * sizeof(*now.lists)))
        rc = pel_image_put_p2m(&s->w, now.nr_pfns - 1, now.lists);
    guest_memory_free(&s->mem);
    s->mem = now;
    return rc;
}

int sender_last_pages(struct sender *s)
{
    int rc;

    s->live = false;
    rc = pel_hc_log(s->ctx, s->domid, false, s->todo, s->mem.nr_pfns);
    if (!rc)
        rc = renew_memory(s);
    if (!rc)
        rc = compare_types(s);
    return rc ? rc : sender_todo(s, NULL, NULL);
}
