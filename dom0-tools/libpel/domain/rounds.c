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
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include <pel/store.h>
#include "pace.h"
#include "rounds.h"
#include "sender.h"

/* Rounds shorter than this say little about the rate. */
#define PAGES_FOR_A_RATE 256u
#define BYTES_FOR_A_RATE (1u << 20)
/* So many rounds that bring less than a tenth, and more would not help. */
#define USELESS_ROUNDS 3u

struct rounds {
    struct sender *s;
    struct round_limits limits;
    struct pace pace;
    uint64_t pages_per_s;
    uint64_t disk_rate; /* bytes in a second; 0: not known */
    uint64_t disk_sent; /* bytes so far */
    int failed;         /* what looking at disks said meanwhile */
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

static void keep_to_bandwidth(struct rounds *r)
{
    pace_keep(&r->pace, r->s->w.len);
}

static int look_at_disks(struct rounds *r)
{
    if (!r->limits.disks)
        return 0;
    return r->limits.disks->look(r->limits.disks->arg, &r->info.disk_left,
                                 &r->disk_sent);
}

/* While pages are sent, what the kernel keeps of writes must not overflow. */
static void per_batch(void *arg)
{
    struct rounds *r = arg;

    keep_to_bandwidth(r);
    if (!r->failed)
        r->failed = look_at_disks(r);
}

static int per_piece(void *arg)
{
    struct rounds *r = arg;

    keep_to_bandwidth(r);
    return sender_stopped(r->s);
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

static uint64_t working_ns(const struct rounds *r)
{
    return pel_store_now_ns() - r->pace.waited_ns;
}

/* Disks first: what takes longest, so that most of it is done by the end. */
static int send_disks(struct rounds *r)
{
    uint64_t start = working_ns(r), sent;
    int rc = look_at_disks(r);

    if (rc || !r->info.disk_left)
        return rc;
    sent = r->disk_sent;
    rc = r->limits.disks->send(r->limits.disks->arg, per_piece, r);
    if (!rc && r->limits.arrived)
        rc = end_of_round(r);
    if (!rc)
        rc = look_at_disks(r);
    sent = r->disk_sent - sent;
    if (sent >= BYTES_FOR_A_RATE)
        r->disk_rate = sent * 1e9 / (working_ns(r) - start + 1) + 1;
    return rc;
}

static int send_pages(struct rounds *r)
{
    uint64_t start = working_ns(r), nr = r->info.remaining, took;
    int rc = sender_todo(r->s, per_batch, r);

    if (!rc)
        rc = r->failed;
    if (!rc && r->limits.arrived)
        rc = end_of_round(r);
    took = working_ns(r) - start;
    if (!rc && (!r->pages_per_s || nr >= PAGES_FOR_A_RATE))
        r->pages_per_s = nr * 1e9 / (took + 1) + 1;
    return rc;
}

/* What would be left to send if the guest stood still now. */
static uint64_t bytes_left(const struct rounds *r)
{
    return r->info.remaining * PEL_PAGE_SIZE + r->info.disk_left;
}

/* For how long it would stand still. */
static uint32_t predict(const struct rounds *r)
{
    uint64_t disk_rate = r->disk_rate ? r->disk_rate : r->info.rate;
    uint64_t ms = r->limits.standstill_ms +
                  r->info.remaining * 1000 / r->pages_per_s +
                  r->info.disk_left * 1000 / disk_rate;

    return ms < UINT32_MAX ? ms : UINT32_MAX;
}

static int one_round(struct rounds *r)
{
    uint64_t before = bytes_left(r);
    int rc = send_disks(r);

    r->info.pages = r->info.remaining;
    if (!rc)
        rc = send_pages(r);
    if (!rc)
        rc = pel_hc_log(r->s->ctx, r->s->domid, true, r->s->todo,
                        r->s->mem.nr_pfns);
    if (!rc)
        rc = look_at_disks(r);
    if (rc)
        return rc;
    r->info.round++;
    r->info.bytes = r->s->w.len;
    r->info.rate = r->pages_per_s * PEL_PAGE_SIZE;
    r->info.remaining = count(r->s);
    r->info.predicted_ms = predict(r);
    if (r->info.round > 1 && bytes_left(r) * 10 > before * 9)
        r->useless++;
    return 0;
}

int sender_rounds(struct sender *s, const struct round_limits *limits,
                  round_fn *report, void *arg)
{
    struct rounds r = {
        .s = s,
        .limits = *limits,
        .arg = arg,
    };
    int rc = 0;

    pace_begin(&r.pace, limits->bandwidth, s->w.len);
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
