/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A connection as the protocol sees it. */
#include <errno.h>
#include <string.h>

#include <store/favour.h>
#include <store/op.h>
#include <store/pace.h>
#include <store/record.h>

#define READ_BYTES 8192  /* fetched at a time */
#define TURN_REQUESTS 16 /* answered before the next connection's turn */
#define TURN_NS 1000000  /* likewise: those that take long are fewer */
#define BACKLOG_PAUSE (256 * 1024) /* bytes unsent that stop requests */

void conn_init(struct conn *c, struct server *srv, const struct conn_io *io,
               struct domain *dom)
{
    memset(c, 0, sizeof(*c));
    c->srv = srv;
    c->io = io;
    c->dom = dom;
    c->domid = dom ? dom->domid : 0;
    list_init(&c->link);
    list_init(&c->ready);
    list_init(&c->waiting);
    list_init(&c->dirty);
    list_init(&c->paced);
    list_init(&c->followers);
    list_init(&c->slow);
    list_init(&c->watches);
    list_init(&c->txns);
    list_add_tail(&srv->conns, &c->link);
}

void conn_reset(struct conn *c)
{
    record_reset(c);
    while (!list_empty(&c->watches))
        watch_del(list_entry(c->watches.next, struct watch, by_conn));
    while (!list_empty(&c->txns))
        txn_abort(list_entry(c->txns.next, struct txn, link));
    favour_leave(c);
    pace_leave(c);
    update_leave(c);
    c->held = false;
    buf_clear(&c->in);
    buf_clear(&c->out);
    c->nr_fetched = 0;
    c->nr_out = 0;
    c->kept = 0;
    c->broken = XENSTORE_ERROR_NONE;
}

void conn_fini(struct conn *c)
{
    conn_reset(c);
    list_del(&c->link);
    list_del(&c->ready);
    list_del(&c->dirty);
}

void conn_who(const struct conn *c, struct who *who)
{
    const struct domain *target;

    memset(who, 0, sizeof(*who));
    who->domid = c->domid;
    who->privileged = !c->domid;
    who->target = DOMID_INVALID;
    if (!c->dom)
        return;
    who->born = c->dom->born;
    target = server_domain(c->srv, c->dom->target);
    if (target) {
        who->target = target->domid;
        who->target_born = target->born;
    }
}

void conn_dirty(struct conn *c)
{
    if (list_empty(&c->dirty))
        list_add_tail(&c->srv->dirty, &c->dirty);
}

void conn_send(struct conn *c, struct xsd_sockmsg hdr, const void *data,
               size_t len)
{
    size_t all = sizeof(hdr) + len;
    char *p;

    if (c->broken)
        return;
    buf_borrow(&c->out, &c->srv->spares);
    if (buf_len(&c->out) + all > pace_limit(c)) {
        c->broken = XENSTORE_ERROR_COMM;
    } else if (!(p = buf_reserve(&c->out, all))) {
        c->broken = XENSTORE_ERROR_COMM;
    } else {
        hdr.len = len;
        memcpy(p, &hdr, sizeof(hdr));
        if (len)
            memcpy(p + sizeof(hdr), data, len);
        buf_added(&c->out, all);
        c->nr_out++;
    }
    conn_dirty(c);
}

void conn_event(struct conn *c, const char *path, size_t path_len,
                const char *token)
{
    const struct xsd_sockmsg hdr = { .type = XS_WATCH_EVENT };
    size_t token_len = strlen(token);
    char text[XENSTORE_PAYLOAD_MAX];

    memcpy(text, path, path_len);
    text[path_len] = '\0';
    memcpy(text + path_len + 1, token, token_len + 1);
    c->srv->stats.events++;
    conn_send(c, hdr, text, path_len + token_len + 2);
    pace_note(c, sizeof(hdr) + path_len + token_len + 2);
}

/* Is what the peer did not fetch yet few enough? */
static bool out_is_short(const struct conn *c)
{
    if (!buf_len(&c->out))
        return true;
    return buf_len(&c->out) < BACKLOG_PAUSE &&
           (!c->domid || c->nr_out < conn_quota(c)->outstanding);
}

bool conn_may_read(const struct conn *c)
{
    return out_is_short(c) && !c->held && list_empty(&c->waiting) &&
           list_empty(&c->paced);
}

/* What came and is not answered yet. */
static const char *in_head(const struct conn *c)
{
    return c->nr_fetched ? c->fetched : buf_head(&c->in);
}

static size_t in_len(const struct conn *c)
{
    return c->nr_fetched ? c->nr_fetched : buf_len(&c->in);
}

static void in_taken(struct conn *c, size_t len)
{
    if (!c->nr_fetched) {
        buf_taken(&c->in, len);
        return;
    }
    c->fetched += len;
    c->nr_fetched -= len;
}

/* The header of the first request if that is all there. */
static bool first_request(struct conn *c, struct xsd_sockmsg *hdr)
{
    if (in_len(c) < sizeof(*hdr))
        return false;
    memcpy(hdr, in_head(c), sizeof(*hdr));
    if (hdr->len > XENSTORE_PAYLOAD_MAX) {
        c->broken = XENSTORE_ERROR_PROTO; /* where would the next begin? */
        return false;
    }
    return in_len(c) >= sizeof(*hdr) + hdr->len;
}

/* Would the change at the head of @c->in spoil a favoured transaction? */
static bool change_must_wait(struct conn *c, const struct xsd_sockmsg *hdr)
{
    const char *payload = in_head(c) + sizeof(*hdr);
    char path[PATH_ROOM];

    if (!memchr(payload, '\0', hdr->len) ||
        path_parse(payload, c->domid, conn_quota(c)->path_len, false, path) < 0)
        return false; /* it will be refused */
    return favour_holds(c, path, hdr->type == XS_RM);
}

/* Must this request wait for others to end their transactions? */
static bool must_wait(struct conn *c, const struct xsd_sockmsg *hdr)
{
    if (hdr->tx_id)
        return false;
    if (hdr->type == XS_TRANSACTION_START) {
        c->held = c->srv->update.pending;
        return c->held || !favour_admit(c);
    }
    if (!op_changes(hdr->type))
        return false;
    if (c->srv->favour.txn)
        return change_must_wait(c, hdr);
    c->waited = false;
    return false;
}

static void answer_one(struct conn *c, const struct xsd_sockmsg *hdr)
{
    char payload[XENSTORE_PAYLOAD_MAX + 1];

    memcpy(payload, in_head(c) + sizeof(*hdr), hdr->len);
    payload[hdr->len] = '\0';
    in_taken(c, sizeof(*hdr) + hdr->len);
    dispatch(c, hdr, payload);
}

static void fail(struct conn *c, int err)
{
    c->broken = err == -EIO ? XENSTORE_ERROR_RINGIDX : XENSTORE_ERROR_COMM;
}

/* Fetch what has come.  Returns: whether there was anything. */
static bool fetch(struct conn *c)
{
    static char block[READ_BYTES]; /* most connections need much less */
    int got = c->io->read(c, block, sizeof(block));

    if (got < 0)
        fail(c, got);
    if (got <= 0)
        return false;
    if (!buf_len(&c->in)) {
        c->fetched = block;
        c->nr_fetched = got;
    } else if (buf_append(&c->in, block, got)) {
        fail(c, -ENOMEM);
    }
    return !c->broken;
}

/* The block is the next one's: keep what was not answered. */
static void keep_fetched(struct conn *c)
{
    if (buf_append(&c->in, c->fetched, c->nr_fetched))
        fail(c, -ENOMEM);
    c->nr_fetched = 0;
}

static void flush(struct conn *c)
{
    int sent;

    while (buf_len(&c->out)) {
        sent = c->io->write(c, buf_head(&c->out), buf_len(&c->out));
        if (sent < 0 && !c->broken)
            fail(c, sent);
        if (sent <= 0)
            return;
        if ((size_t)sent == buf_len(&c->out)) {
            buf_leave(&c->out, &c->srv->spares);
            c->nr_out = 0;
        } else {
            buf_taken(&c->out, sent);
        }
        c->kept -= (size_t)sent < c->kept ? (size_t)sent : c->kept;
    }
}

void conn_work(struct conn *c)
{
    uint64_t start = stats_now(c->srv);
    int left = TURN_REQUESTS;
    struct xsd_sockmsg hdr;
    bool fetched = false;

    favour_turn(c->srv);
    while (left && !c->broken && conn_may_read(c)) {
        if (first_request(c, &hdr)) {
            if (must_wait(c, &hdr))
                break;
            answer_one(c, &hdr);
            left = stats_now(c->srv) - start > TURN_NS ? 0 : left - 1;
        } else if (c->broken || fetched || !fetch(c)) {
            break;
        } else {
            fetched = true;
        }
    }
    keep_fetched(c);
    c->paused = !conn_may_read(c);
    conn_dirty(c);
}

bool conn_settle(struct conn *c)
{
    struct xsd_sockmsg hdr;
    bool more;

    list_del(&c->dirty);
    flush(c);
    pace_fetched(c);
    more = c->io->turn_done(c);

    /* While it paused, the peer may have waited without another signal. */
    return !c->broken && (more || (conn_may_read(c) &&
                                   (c->paused || first_request(c, &hdr))));
}
