/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store with a fake host and fake connections, for tests. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <store/log.h>
#include <store/record.h>

#include "world.h"

void log_line(const char *format, ...) { (void)format; }

static struct peer *to_peer(struct conn *c)
{
    return list_entry(c, struct peer, conn);
}

static int peer_read(struct conn *c, void *data, size_t len)
{
    struct peer *p = to_peer(c);

    if (len > p->in_len - p->in_pos)
        len = p->in_len - p->in_pos;
    if (p->read_max && len > p->read_max)
        len = p->read_max;
    memcpy(data, p->in + p->in_pos, len);
    p->in_pos += len;
    c->in_pos += len;
    return len;
}

static int peer_write(struct conn *c, const void *data, size_t len)
{
    struct peer *p = to_peer(c);

    if (len > p->write_max)
        len = p->write_max;
    if (len > sizeof(p->out) - p->out_len)
        len = sizeof(p->out) - p->out_len;
    memcpy(p->out + p->out_len, data, len);
    p->out_len += len;
    c->out_pos += len;
    return len;
}

static bool peer_turn_done(struct conn *c)
{
    (void)c;
    return false;
}

static void peer_fail(struct conn *c) { to_peer(c)->closed = true; }

static const struct conn_io peer_io = {
    .read = peer_read,
    .write = peer_write,
    .turn_done = peer_turn_done,
    .fail = peer_fail,
};

static int fake_introduce(struct server *srv, struct domain *dom, uint64_t gfn,
                          unsigned int port)
{
    struct world *w = srv->host_arg;
    struct peer *p;

    (void)gfn;
    if (w->introduce_err)
        return w->introduce_err;
    w->last_port = port;
    if (dom->conn)
        return 0;
    assert_in_range(dom->domid, 1, ARRAY_SIZE(w->guest));
    p = &w->guest[dom->domid - 1];
    memset(p, 0, sizeof(*p));
    p->write_max = sizeof(p->out);
    conn_init(&p->conn, srv, &peer_io, dom);
    dom->conn = &p->conn;
    record_all_of(&p->conn);
    return 0;
}

static void fake_release(struct server *srv, struct domain *dom)
{
    (void)srv;
    to_peer(dom->conn)->closed = true;
    conn_fini(dom->conn);
    dom->conn = NULL;
}

static void fake_ready(struct server *srv, struct conn *conn)
{
    (void)srv;
    (void)conn;
}

static const struct host fake_host = {
    .introduce = fake_introduce,
    .release = fake_release,
    .ready = fake_ready,
};

struct world *world_new(void)
{
    struct world *w = calloc(1, sizeof(*w));

    mem_blocks = 0; /* whatever a failed test before left */
    assert_non_null(w);
    w->srv = server_new(&fake_host, w);
    assert_non_null(w->srv);
    w->dom0.write_max = sizeof(w->dom0.out);
    conn_init(&w->dom0.conn, w->srv, &peer_io, NULL);
    return w;
}

void world_free(struct world *w)
{
    assert_int_equal(server_check(w->srv), 0);
    conn_fini(&w->dom0.conn);
    for (unsigned int i = 1; i <= ARRAY_SIZE(w->guest); i++) {
        if (server_domain(w->srv, i) && server_domain(w->srv, i)->conn)
            conn_fini(&w->guest[i - 1].conn);
    }
    assert_true(list_empty(&w->srv->conns));
    server_free(w->srv);
    assert_int_equal(mem_blocks, 0);
    free(w);
}

struct peer *world_guest(struct world *w, int domid)
{
    char args[32];
    struct reply r;
    int len = snprintf(args, sizeof(args), "%d%c77%c5", domid, 0, 0);

    ask(&w->dom0, XS_INTRODUCE, 0, args, len + 1, &r);
    assert_int_equal(r.type, XS_INTRODUCE);
    return &w->guest[domid - 1];
}

/* The first message that is queued for the peer; false: there is none. */
static bool take(struct peer *p, struct reply *r)
{
    struct buf *out = &p->conn.out;
    struct xsd_sockmsg hdr;

    if (!buf_len(out))
        return false;
    assert_true(buf_len(out) >= sizeof(hdr));
    memcpy(&hdr, buf_head(out), sizeof(hdr));
    assert_true(hdr.len <= XENSTORE_PAYLOAD_MAX);
    assert_true(buf_len(out) >= sizeof(hdr) + hdr.len);
    r->type = hdr.type;
    r->req_id = hdr.req_id;
    r->tx_id = hdr.tx_id;
    r->len = hdr.len;
    memcpy(r->data, buf_head(out) + sizeof(hdr), hdr.len);
    r->data[hdr.len] = '\0';
    buf_taken(out, sizeof(hdr) + hdr.len);
    p->conn.out_pos += sizeof(hdr) + hdr.len;
    if (p->conn.kept < sizeof(hdr) + hdr.len)
        p->conn.kept = 0;
    else
        p->conn.kept -= sizeof(hdr) + hdr.len;
    return true;
}

static void note_event(struct peer *p, const struct reply *r)
{
    size_t at = strlen(p->events), path_len = strlen(r->data);

    assert_int_equal(r->data[r->len - 1], '\0');
    snprintf(p->events + at, sizeof(p->events) - at, "%s %s;", r->data,
             r->data + path_len + 1);
}

void ask(struct peer *p, uint32_t type, uint32_t tx, const char *data,
         size_t len, struct reply *r)
{
    static uint32_t req_id = 1000;
    struct xsd_sockmsg hdr = { type, ++req_id, tx, len };
    char payload[XENSTORE_PAYLOAD_MAX + 1] = "";
    struct reply more;

    assert_true(len <= XENSTORE_PAYLOAD_MAX);
    memcpy(payload, data, len);
    while (take(p, &more))
        note_event(p, &more);
    memset(r, 0, sizeof(*r));
    dispatch(&p->conn, &hdr, payload);
    /* Events of a change come before its reply. */
    while (!p->conn.broken && take(p, r) && r->type == XS_WATCH_EVENT)
        note_event(p, r);
    if (p->conn.broken)
        return;
    assert_int_equal(r->req_id, req_id);
    assert_int_equal(r->tx_id, tx);
    while (take(p, &more)) {
        assert_int_equal(more.type, XS_WATCH_EVENT);
        note_event(p, &more);
    }
}

void expect_(struct peer *p, uint32_t type, uint32_t tx, const char *data,
             size_t len, const char *want, size_t want_len, const char *file,
             int line)
{
    struct reply r;

    ask(p, type, tx, data, len, &r);
    if (r.type == type && r.len == want_len && !memcmp(r.data, want, want_len))
        return;
    print_message("%s:%d: type %u, %u bytes: %s\n", file, line, r.type, r.len,
                  r.data);
    fail();
}

void expect_error_(struct peer *p, uint32_t type, uint32_t tx, const char *data,
                   size_t len, const char *name, const char *file, int line)
{
    struct reply r;

    ask(p, type, tx, data, len, &r);
    if (r.type == XS_ERROR && r.len == strlen(name) + 1 &&
        !strcmp(r.data, name))
        return;
    print_message("%s:%d: want %s, got type %u, %u bytes: %s\n", file, line,
                  name, r.type, r.len, r.data);
    fail();
}

void expect_events_(struct peer *p, const char *want, const char *file,
                    int line)
{
    struct reply r;

    while (take(p, &r)) {
        assert_int_equal(r.type, XS_WATCH_EVENT);
        note_event(p, &r);
    }
    if (strcmp(p->events, want)) {
        print_message("%s:%d: want %s, got %s\n", file, line, want, p->events);
        fail();
    }
    p->events[0] = '\0';
}

bool turn(struct conn *c)
{
    conn_work(c);
    return conn_settle(c);
}

uint32_t begin(struct peer *p)
{
    struct reply r;

    ask(p, XS_TRANSACTION_START, 0, "", 1, &r);
    assert_int_equal(r.type, XS_TRANSACTION_START);
    assert_int_equal(r.data[r.len - 1], '\0');
    return strtoul(r.data, NULL, 10);
}
