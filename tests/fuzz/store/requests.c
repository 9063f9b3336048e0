/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a socket and two guests' rings send what the input says, cut
 * anywhere.  Whatever it is, each request has one answer, in order; what is
 * sent is made of whole messages; the count of nodes is right; and in the
 * end nothing is left.
 *
 * The input is a list of steps: who (2 bits) and how (3 bits) in a byte, then
 *   how 0..4: type, transaction, length of the payload in a byte each, payload
 *   how 5:    length, raw bytes
 *   how 6:    how many bytes a turn may read and write at most
 *   how 7:    which allocation from now on fails
 */
#include <errno.h>

#include <store/favour.h>
#include <store/mem.h>
#include <store/op.h>

#include "common.h"

#define PEERS 3
#define ROOM 65536

struct peer {
    struct conn conn;
    bool there;
    char in[ROOM]; /* what the store is about to read */
    size_t in_len, in_pos;
    char out[ROOM]; /* what it wrote, not yet checked */
    size_t out_len, cut;
    uint32_t asked, answered; /* request numbers; raw bytes end the check */
    bool raw;
    uint32_t tx[4];
};

static struct peer peers[PEERS];

static struct peer *to_peer(struct conn *c)
{
    return list_entry(c, struct peer, conn);
}

static size_t cut(const struct peer *p, size_t len)
{
    return p->cut && len > p->cut ? p->cut : len;
}

static int peer_read(struct conn *c, void *data, size_t len)
{
    struct peer *p = to_peer(c);

    if (len > p->in_len - p->in_pos)
        len = p->in_len - p->in_pos;
    len = cut(p, len);
    memcpy(data, p->in + p->in_pos, len);
    p->in_pos += len;
    if (p->in_pos == p->in_len)
        p->in_pos = p->in_len = 0;
    return len;
}

/* Look at all whole messages that the store has written. */
static void check_out(struct peer *p)
{
    struct xsd_sockmsg hdr;
    size_t at = 0;

    while (p->out_len - at >= sizeof(hdr)) {
        memcpy(&hdr, p->out + at, sizeof(hdr));
        MUST(hdr.len <= XENSTORE_PAYLOAD_MAX);
        if (p->out_len - at < sizeof(hdr) + hdr.len)
            break;
        if (hdr.type != XS_WATCH_EVENT && !p->raw)
            MUST(hdr.req_id == ++p->answered);
        if (hdr.type == XS_TRANSACTION_START)
            p->tx[hdr.req_id % 4] =
                strtoul(p->out + at + sizeof(hdr), NULL, 10);
        at += sizeof(hdr) + hdr.len;
    }
    p->out_len -= at;
    memmove(p->out, p->out + at, p->out_len);
}

static int peer_write(struct conn *c, const void *data, size_t len)
{
    struct peer *p = to_peer(c);

    len = cut(p, len);
    if (len > ROOM - p->out_len)
        len = ROOM - p->out_len;
    memcpy(p->out + p->out_len, data, len);
    p->out_len += len;
    check_out(p);
    return len;
}

static bool peer_turn_done(struct conn *c)
{
    (void)c;
    return false;
}

/* A guest that broke the rules begins anew, a socket is opened again. */
static void peer_fail(struct conn *c)
{
    struct peer *p = to_peer(c);

    conn_reset(c);
    p->in_len = p->in_pos = p->out_len = 0;
    p->asked = p->answered = 0;
    p->raw = false;
}

static const struct conn_io io = {
    .read = peer_read,
    .write = peer_write,
    .turn_done = peer_turn_done,
    .fail = peer_fail,
};

static void peer_open(struct peer *p, struct server *srv, struct domain *dom)
{
    p->in_len = p->in_pos = p->out_len = p->cut = 0;
    p->asked = p->answered = 0;
    p->raw = false;
    memset(p->tx, 0, sizeof(p->tx));
    conn_init(&p->conn, srv, &io, dom);
    p->there = true;
}

static int introduce(struct server *srv, struct domain *dom, uint64_t gfn,
                     unsigned int port)
{
    (void)gfn;
    (void)port;
    if (dom->conn)
        return 0;
    if (dom->domid >= PEERS)
        return -EINVAL;
    peer_open(&peers[dom->domid], srv, dom);
    dom->conn = &peers[dom->domid].conn;
    return 0;
}

static void release(struct server *srv, struct domain *dom)
{
    (void)srv;
    to_peer(dom->conn)->there = false;
    conn_fini(dom->conn);
    dom->conn = NULL;
}

static void ready(struct server *srv, struct conn *c)
{
    (void)srv;
    (void)c;
}

static const struct host host = { introduce, release, ready };

static void feed(struct peer *p, const void *data, size_t len)
{
    if (p->in_len + len > ROOM)
        return;
    memcpy(p->in + p->in_len, data, len);
    p->in_len += len;
}

struct input {
    const uint8_t *at, *end;
};

static unsigned int take(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

static const uint8_t *take_bytes(struct input *in, size_t *len)
{
    const uint8_t *data = in->at;

    if (*len > (size_t)(in->end - in->at))
        *len = in->end - in->at;
    in->at += *len;
    return data;
}

static void request(struct peer *p, struct input *in)
{
    struct xsd_sockmsg hdr;
    unsigned int tx;
    const uint8_t *data;
    size_t len;

    hdr.type = take(in) % (XS_TYPE_COUNT + 1);
    tx = take(in);
    hdr.tx_id = tx < 128 ? 0 : p->tx[tx % 4];
    len = take(in);
    data = take_bytes(in, &len);
    hdr.len = len;
    if (p->in_len + sizeof(hdr) + len > ROOM)
        return;
    hdr.req_id = ++p->asked;
    feed(p, &hdr, sizeof(hdr));
    feed(p, data, len);
}

/* Let @p work, and all settle.  Is there more to do at once? */
static bool turn(struct peer *p)
{
    struct list *dirty = &p->conn.srv->dirty;
    struct conn *c;
    bool more = false;

    conn_work(&p->conn);
    while (!list_empty(dirty)) {
        c = list_entry(dirty->next, struct conn, dirty);
        more |= conn_settle(c);
        if (c->broken)
            c->io->fail(c);
    }
    return more;
}

static void step(struct input *in)
{
    unsigned int what = take(in);
    struct peer *p = &peers[(what & 3) % PEERS];
    const uint8_t *data;
    size_t len;

    if (!p->there)
        return;
    switch (what >> 2 & 7) {
    case 5:
        len = take(in);
        data = take_bytes(in, &len);
        p->raw = true;
        feed(p, data, len);
        break;
    case 6:
        p->cut = take(in);
        break;
    case 7:
        mem_calls = 0;
        mem_fail_at = take(in);
        break;
    default:
        request(p, in);
    }
    turn(p);
}

/* Let all be answered. */
static void drain(struct server *srv)
{
    mem_fail_at = 0;
    for (int i = 0; i < PEERS; i++)
        peers[i].cut = 0;
    for (int busy = 1, rounds = 0; busy; rounds++) {
        MUST(rounds < 100000); /* a hang */
        busy = 0;
        for (int i = 0; i < PEERS; i++) {
            if (!peers[i].there)
                continue;
            busy |= turn(&peers[i]);
            busy |= peers[i].there &&
                    (peers[i].in_len || !list_empty(&peers[i].conn.waiting) ||
                     buf_len(&peers[i].conn.out));
        }
        favour_expire(srv);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = { data, data + size };
    static const char introduced[][8] = { "1\0"
                                          "1\0"
                                          "1",
                                          "2\0"
                                          "1\0"
                                          "2" };
    struct xsd_sockmsg hdr = { .type = XS_INTRODUCE };
    struct server *srv;

    mem_blocks = 0;
    mem_fail_at = 0;
    for (int i = 0; i < PEERS; i++)
        peers[i].there = false;
    srv = server_new(&host, NULL);
    peer_open(&peers[0], srv, NULL);
    for (int i = 0; i < 2; i++) {
        hdr.len = 6;
        dispatch(&peers[0].conn, &hdr, introduced[i]);
    }
    buf_clear(&peers[0].conn.out);

    while (in.at < in.end)
        step(&in);
    drain(srv);
    for (int i = 0; i < PEERS; i++)
        MUST(!peers[i].there || peers[i].raw ||
             peers[i].asked == peers[i].answered);
    MUST(!server_check(srv));

    for (int i = 0; i < PEERS; i++) {
        if (peers[i].there)
            conn_fini(&peers[i].conn);
    }
    server_free(srv);
    MUST(!mem_blocks);
    return 0;
}
