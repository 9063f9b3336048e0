/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures about the requests that were answered. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/op.h>

uint64_t stats_now(const struct server *srv)
{
    return srv->stats.now_ns ? srv->stats.now_ns() : 0;
}

uint64_t stats_bucket_us(unsigned int bucket) { return 1ull << bucket; }

static unsigned int bucket_of(uint64_t ns)
{
    uint64_t us = ns / 1000;
    unsigned int b = us ? 64 - __builtin_clzll(us) : 0;

    return b < STATS_BUCKETS ? b : STATS_BUCKETS - 1;
}

/* Control characters would break lines, and what reads them. */
static void make_printable(char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] < ' ' || s[i] > '~')
            s[i] = '.';
    }
}

/* Keep the slowest, in order. */
static void note_slow(struct stats *s, const struct request *rq, uint64_t ns)
{
    int at = STATS_SLOW - 1;
    size_t len;

    if (ns <= s->slow[at].ns)
        return;
    for (; at > 0 && s->slow[at - 1].ns < ns; at--)
        s->slow[at] = s->slow[at - 1];
    s->slow[at].ns = ns;
    s->slow[at].type = rq->hdr.type;
    s->slow[at].domid = rq->conn->domid;
    len = strnlen(rq->path, STATS_PATH - 1);
    memcpy(s->slow[at].path, rq->path, len);
    make_printable(s->slow[at].path, len); /* it may have been refused */
    s->slow[at].path[len] = '\0';
}

static void note_log(const struct stats *s, const struct request *rq, int err,
                     uint64_t ns)
{
    const char *name = op_name(rq->hdr.type);
    char line[512];
    size_t len, shown = rq->len < 200 ? rq->len : 200;

    len = snprintf(line, sizeof(line), "%u %u %u %s %d %llu ", rq->conn->domid,
                   rq->hdr.req_id, rq->hdr.tx_id, name ? name : "?", err,
                   (unsigned long long)ns);
    memcpy(line + len, rq->data, shown);
    make_printable(line + len, shown);
    len += shown;
    line[len++] = '\n';
    s->log(s->log_arg, line, len);
}

void stats_note(const struct request *rq, int err, uint64_t start)
{
    struct stats *s = &rq->srv->stats;
    uint64_t ns = stats_now(rq->srv) - start;

    if (op_name(rq->hdr.type)) {
        s->requests[rq->hdr.type]++;
        s->errors[rq->hdr.type] += err != 0;
    } else {
        s->unknown++;
    }
    s->conflicts += err == -EAGAIN;
    s->bucket[bucket_of(ns)]++;
    s->sum_ns += ns;
    note_slow(s, rq, ns);
    if (s->log && s->log_on)
        note_log(s, rq, err, ns);
}
