/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CONTROL stats and memreport: how the store is doing. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <store/mem.h>
#include <store/op.h>
#include <store/record.h>

#include "control.h"

/*
 * An answer has room for a part of a report only.  Whoever wants all of it
 * asks again, with the number of bytes that he has, until no more come; he
 * gets the rest of the same report.
 */
struct page {
    struct request *rq;
    struct buf *text;
    bool prometheus;
    int err;
};

static void line(struct page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void line(struct page *p, const char *format, ...)
{
    char text[256];
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(text, sizeof(text) - 1, format, args);
    va_end(args);
    if (len > (int)sizeof(text) - 2)
        len = sizeof(text) - 2;
    text[len++] = '\n';
    if (buf_append(p->text, text, len))
        p->err = -ENOMEM;
}

/* Answer with the report from the byte @from on, made by @make if needed. */
static int report(struct page *p, unsigned int from,
                  void (*make)(struct page *p, struct server *srv))
{
    struct stats *s = &p->rq->srv->stats;
    size_t len;

    p->text = &s->report;
    if (!from || s->reader != p->rq->conn) {
        buf_clear(&s->report);
        make(p, p->rq->srv);
        s->reader = p->rq->conn;
    }
    len = buf_len(&s->report);
    if (!p->err && from < len) {
        len -= from;
        if (len > XENSTORE_PAYLOAD_MAX - 1)
            len = XENSTORE_PAYLOAD_MAX - 1;
        p->err = buf_append(&p->rq->out, buf_head(&s->report) + from, len);
    }
    if (p->err || from >= buf_len(&s->report)) {
        buf_clear(&s->report);
        s->reader = NULL;
    }
    return p->err;
}

static void head(struct page *p, const char *name, const char *type,
                 const char *help)
{
    if (!p->prometheus)
        return;
    line(p, "# HELP pelstore_%s %s", name, help);
    line(p, "# TYPE pelstore_%s %s", name, type);
}

static void show_one(struct page *p, const char *name, const char *type,
                     const char *help, uint64_t value)
{
    head(p, name, type, help);
    line(p, p->prometheus ? "pelstore_%s %llu" : "%-24s %llu", name,
         (unsigned long long)value);
}

static void show_types(struct page *p, const char *name, const char *help,
                       const uint64_t *value)
{
    head(p, name, "counter", help);
    for (unsigned int i = 0; i < XS_TYPE_COUNT; i++) {
        if (!op_name(i) || !value[i])
            continue;
        line(p,
             p->prometheus ? "pelstore_%s{type=\"%s\"} %llu" : "%s %-20s %llu",
             name, op_name(i), (unsigned long long)value[i]);
    }
}

static void show_times(struct page *p, const struct stats *s)
{
    uint64_t all = 0;

    head(p, "request_seconds", "histogram", "Time that requests took.");
    for (unsigned int i = 0; i < STATS_BUCKETS; i++) {
        all += s->bucket[i];
        if (!p->prometheus && s->bucket[i])
            line(p, "took up to %8llu us     %llu",
                 (unsigned long long)stats_bucket_us(i),
                 (unsigned long long)s->bucket[i]);
        if (p->prometheus && i < STATS_BUCKETS - 1)
            line(p, "pelstore_request_seconds_bucket{le=\"%.6f\"} %llu",
                 stats_bucket_us(i) / 1e6, (unsigned long long)all);
    }
    if (!p->prometheus)
        return;
    line(p, "pelstore_request_seconds_bucket{le=\"+Inf\"} %llu",
         (unsigned long long)all);
    line(p, "pelstore_request_seconds_sum %.9f", s->sum_ns / 1e9);
    line(p, "pelstore_request_seconds_count %llu", (unsigned long long)all);
}

static void show_slowest(struct page *p, const struct stats *s)
{
    for (int i = 0; i < STATS_SLOW && s->slow[i].ns; i++) {
        const struct slow *w = &s->slow[i];

        line(p, "slow %8llu us  domain %u %s %s",
             (unsigned long long)w->ns / 1000, w->domid,
             op_name(w->type) ? op_name(w->type) : "?", w->path);
    }
}

static uint64_t domain_nodes(const struct server *srv, unsigned int domid)
{
    return srv->nodes[domid];
}

static uint64_t domain_bytes(const struct server *srv, unsigned int domid)
{
    return srv->bytes[domid];
}

static const struct conn *ring_of(const struct server *srv, unsigned int domid)
{
    const struct domain *dom = server_domain(srv, domid);

    return dom ? dom->conn : NULL;
}

static uint64_t domain_watches(const struct server *srv, unsigned int domid)
{
    const struct conn *c = ring_of(srv, domid);

    return c ? c->nr_watches : 0;
}

static uint64_t domain_queued(const struct server *srv, unsigned int domid)
{
    const struct conn *c = ring_of(srv, domid);

    return c ? buf_len(&c->out) : 0;
}

/* What is told of each domain. */
static const struct {
    const char *name, *help;
    uint64_t (*get)(const struct server *srv, unsigned int domid);
} domain_figures[] = {
    { "nodes", "Nodes that a domain owns.", domain_nodes },
    { "node_bytes", "Memory that they take.", domain_bytes },
    { "watches", "Watches of a domain's kernel.", domain_watches },
    { "queued_bytes", "Answers that it has not fetched.", domain_queued },
};

static void show_domains(struct page *p, const struct server *srv)
{
    size_t nr = sizeof(domain_figures) / sizeof(domain_figures[0]);
    char name[32];

    for (size_t f = 0; f < nr; f++) {
        snprintf(name, sizeof(name), "domain_%s", domain_figures[f].name);
        head(p, name, "gauge", domain_figures[f].help);
        for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
            if (!server_domain(srv, i) && !srv->nodes[i])
                continue;
            line(p,
                 p->prometheus ? "pelstore_%s{domid=\"%u\"} %llu"
                               : "%-20s domain %5u  %llu",
                 name, i, (unsigned long long)domain_figures[f].get(srv, i));
        }
    }
}

static void show_all(struct page *p, struct server *srv)
{
    const struct stats *s = &srv->stats;
    struct list *pos, *next;
    uint64_t conns = 0, watches = 0, txns = 0, nodes = 0;
    const struct conn *c;

    for (LIST_EACH(pos, next, &srv->conns)) {
        c = list_entry(pos, struct conn, link);
        conns++;
        watches += c->nr_watches;
        txns += c->nr_txns;
    }
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++)
        nodes += srv->nodes[i];
    show_one(p, "nodes", "gauge", "Nodes in the tree.", nodes);
    show_one(p, "connections", "gauge", "Sockets and rings.", conns);
    show_one(p, "watches", "gauge", "Watches that are set.", watches);
    show_one(p, "transactions", "gauge", "Open transactions.", txns);
    show_one(p, "conflicts_total", "counter", "Commits refused: EAGAIN.",
             s->conflicts);
    show_one(p, "events_total", "counter", "Events of watches sent.",
             s->events);
    show_types(p, "requests_total", "Requests by type.", s->requests);
    show_types(p, "errors_total", "Requests answered with an error.",
               s->errors);
    show_times(p, s);
    if (!p->prometheus)
        show_slowest(p, s);
    show_domains(p, srv);
}

int control_stats(struct request *rq)
{
    struct page p = { .rq = rq };
    unsigned int from = 0;
    int at = 1;

    if (at < rq->nr_args && !strcmp(rq->arg[at], "prometheus")) {
        p.prometheus = true;
        at++;
    }
    if (at < rq->nr_args && parse_uint(rq->arg[at++], INT32_MAX, &from))
        return -EINVAL;
    if (at != rq->nr_args)
        return -EINVAL;
    return report(&p, from, show_all);
}

static void show_memory(struct page *p, struct server *srv)
{
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        if (srv->nodes[i])
            line(p, "domain %5u  nodes %6d  bytes %10ld", i, srv->nodes[i],
                 srv->bytes[i]);
    }
    line(p, "watched paths %zu", srv->watches.nr);
}

int control_memreport(struct request *rq)
{
    struct page p = { .rq = rq };
    unsigned int from = 0;

    if (rq->nr_args > 2 ||
        (rq->nr_args == 2 && parse_uint(rq->arg[1], INT32_MAX, &from)))
        return -EINVAL;
    return report(&p, from, show_memory);
}
