/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store made again from records.
 *
 * Checksums keep out accidents; what is read here is checked all the same, so
 * that a file made by hand can at worst give a strange tree.
 */
#include <errno.h>
#include <string.h>

#include <store/mem.h>
#include <store/op.h>
#include <store/replay.h>

#define FDS_MAX (1u << 20) /* descriptors that the system could have */

/* Where reading stands.  Behind the end everything reads as 0. */
struct reader {
    const char *p, *end;
    bool bad;
};

static const char *get(struct reader *in, size_t len)
{
    const char *p = in->p;

    if ((size_t)(in->end - p) < len) {
        in->bad = true;
        return NULL;
    }
    in->p += len;
    return p;
}

static uint64_t get_number(struct reader *in, size_t len)
{
    const char *p = get(in, len);
    uint64_t v = 0;

    if (p)
        memcpy(&v, p, len); /* little-endian, as all of x86 */
    return v;
}

static uint8_t get8(struct reader *in) { return get_number(in, 1); }
static uint16_t get16(struct reader *in) { return get_number(in, 2); }
static uint32_t get32(struct reader *in) { return get_number(in, 4); }
static uint64_t get64(struct reader *in) { return get_number(in, 8); }

struct bytes {
    const char *p;
    uint32_t len;
};

static struct bytes get_bytes(struct reader *in)
{
    struct bytes b = { .len = get32(in) };

    b.p = get(in, b.len);
    return b;
}

/* A string of at most @max bytes, with a NUL behind it in @out. */
static void get_string(struct reader *in, char *out, size_t max)
{
    struct bytes b = get_bytes(in);

    if (!b.p || b.len > max || memchr(b.p, '\0', b.len)) {
        in->bad = true;
        b.len = 0;
    }
    if (b.len)
        memcpy(out, b.p, b.len);
    out[b.len] = '\0';
}

static void get_path(struct reader *in, char *out)
{
    char raw[PATH_ROOM];

    get_string(in, raw, PATH_ROOM - 1);
    if (in->bad || path_parse(raw, 0, XENSTORE_ABS_PATH_MAX, true, out) < 0)
        in->bad = true;
}

/* A list; NULL when the record is bad, or without memory. */
static struct perms *get_perms(struct reader *in)
{
    uint64_t gen = get64(in);
    uint32_t nr = get32(in);
    struct perms *perms;

    if (!nr || nr > (size_t)(in->end - in->p) / 3) {
        in->bad = true;
        return NULL;
    }
    perms = perms_new(nr, gen);
    for (uint32_t i = 0; i < nr; i++) {
        uint16_t domid = get16(in);
        uint8_t access = get8(in);

        if (!perms)
            continue;
        in->bad |= domid >= DOMID_FIRST_RESERVED ||
                   (access & ~(PERM_READ | PERM_WRITE));
        perms->e[i].domid = domid;
        perms->e[i].access = access;
    }
    if (in->bad) {
        perms_put(perms);
        return NULL;
    }
    return perms;
}

/* A number that a change had: the next must be above it. */
static void gen_used(struct replay *r, uint64_t gen)
{
    if (gen > r->srv->gen)
        r->srv->gen = gen;
}

/* Hang nodes below the first @have bytes of @path until all of it exists. */
static int put_new(struct server *srv, const char *path, size_t have,
                   const struct content *c)
{
    const struct content between = { .perms = c->perms, .gen = c->gen };
    const char *pos = path + (have > 1 ? have : 0), *name;
    struct node *n;
    size_t len;
    int err = 0;

    while (!err && (len = path_next(&pos, &name))) {
        n = node_new(name, len, *pos ? &between : c);
        if (!n)
            return -ENOMEM;
        /* A list of children that is younger than all that were told. */
        err = tree_add(&srv->root, path, have, n, srv->gen);
        if (err)
            node_put(n);
        have = pos - path;
    }
    return err;
}

static int do_put(struct replay *r, struct reader *in)
{
    struct content c = { .gen = get64(in) };
    const struct node *near;
    char path[PATH_ROOM];
    struct bytes value;
    size_t have;
    int err;

    c.perms = get_perms(in);
    get_path(in, path);
    value = get_bytes(in);
    if (in->bad || path[0] != '/' || value.len > UINT16_MAX) {
        perms_put(c.perms);
        return -EINVAL;
    }
    if (!c.perms)
        return -ENOMEM;
    gen_used(r, c.gen);
    gen_used(r, c.perms->gen);

    c.value = value.p;
    c.value_len = value.len;
    near = tree_nearest(r->srv->root, path, &have);
    if (perms_same(near->perms, c.perms)) { /* most share one list */
        perms_put(c.perms);
        c.perms = perms_get(near->perms);
    }
    if (have == strlen(path))
        err = tree_set(&r->srv->root, path, &c);
    else
        err = put_new(r->srv, path, have, &c);
    perms_put(c.perms);
    return err;
}

static int do_remove(struct replay *r, struct reader *in)
{
    uint64_t gen = get64(in);
    char path[PATH_ROOM];
    struct node *gone;
    int err;

    get_path(in, path);
    if (in->bad || path[0] != '/')
        return -EINVAL;
    gen_used(r, gen);
    err = tree_remove(&r->srv->root, path, gen, &gone);
    if (!err)
        node_put(gone);
    return err == -ENOMEM ? err : 0; /* one that is missing already */
}

static int do_domain(struct replay *r, struct reader *in)
{
    uint16_t domid = get16(in), target = get16(in);
    uint8_t flags = get8(in);
    uint32_t port = get32(in);
    uint64_t born = get64(in);
    struct domain *dom;

    if (in->bad || domid >= DOMID_FIRST_RESERVED)
        return -EINVAL;
    dom = server_domain_add(r->srv, domid);
    if (!dom)
        return -ENOMEM;
    dom->target = target;
    dom->introduced = flags & REC_INTRODUCED;
    dom->shutdown = flags & REC_SHUTDOWN;
    dom->port = port;
    dom->born = born;
    gen_used(r, born);
    return 0;
}

static int do_forget(struct replay *r, struct reader *in)
{
    struct domain *dom = server_domain(r->srv, get16(in));

    if (in->bad)
        return -EINVAL;
    if (dom && dom->conn)
        replay_drop(dom->conn);
    if (dom)
        server_domain_drop(r->srv, dom);
    return 0;
}

/* Peers there are none: nothing is ever read or written. */
static const struct conn_io no_io;

static struct conn *conn_new(struct replay *r, struct domain *dom)
{
    struct conn *c = mem_alloc(sizeof(*c));

    if (c)
        conn_init(c, r->srv, &no_io, dom);
    return c;
}

static int socket_slot(struct replay *r, uint32_t fd, struct conn ***slot)
{
    unsigned int nr = r->nr_fds ? r->nr_fds : 64;
    struct conn **more;

    if (fd >= FDS_MAX)
        return -EINVAL;
    while (nr <= fd)
        nr *= 2;
    if (nr > r->nr_fds) {
        more = mem_resize(r->by_fd, nr * sizeof(struct conn *));
        if (!more)
            return -ENOMEM;
        memset(more + r->nr_fds, 0, (nr - r->nr_fds) * sizeof(struct conn *));
        r->by_fd = more;
        r->nr_fds = nr;
    }
    *slot = &r->by_fd[fd];
    return 0;
}

/*
 * The connection that a record speaks of.  NULL with 0: of a domain that is
 * gone by now; the record means nothing.
 */
static int get_conn(struct replay *r, struct reader *in, struct conn **out)
{
    uint32_t who = get32(in);
    struct conn **slot;
    struct domain *dom;
    int err;

    *out = NULL;
    if (in->bad)
        return -EINVAL;
    if (who >= REC_SOCKET) {
        err = socket_slot(r, who - REC_SOCKET, &slot);
        if (err)
            return err;
        if (!*slot && (*slot = conn_new(r, NULL)))
            (*slot)->handed_fd = who - REC_SOCKET;
        *out = *slot;
        return *out ? 0 : -ENOMEM;
    }
    dom = server_domain(r->srv, who);
    if (!dom)
        return 0;
    if (!dom->conn)
        dom->conn = conn_new(r, dom);
    *out = dom->conn;
    return *out ? 0 : -ENOMEM;
}

/* Replies that follow those in @c->out; some may be there already. */
static int add_out(struct conn *c, uint32_t sent, uint32_t at, struct bytes b)
{
    uint32_t end = c->out_pos + buf_len(&c->out), have = end - at, old;
    int err;

    if (!buf_len(&c->out) || (int32_t)have < 0) {
        buf_clear(&c->out); /* a new beginning, or some were lost */
        c->out_pos = at;
        have = 0;
    }
    if (have < b.len) {
        err = buf_append(&c->out, b.p + have, b.len - have);
        if (err)
            return err;
    }
    old = sent - c->out_pos;
    if (!old || (int32_t)old < 0)
        return 0;
    if (old > buf_len(&c->out))
        return -EINVAL;
    buf_taken(&c->out, old);
    c->out_pos = sent;
    return 0;
}

static int do_conn(struct replay *r, struct reader *in)
{
    uint32_t in_pos, sent, at;
    struct bytes bin, bout;
    struct conn *c;
    int err;

    err = get_conn(r, in, &c);
    in_pos = get32(in);
    sent = get32(in);
    at = get32(in);
    bin = get_bytes(in);
    bout = get_bytes(in);
    if (in->bad)
        return -EINVAL;
    if (err || !c)
        return err;
    c->in_pos = in_pos;
    buf_clear(&c->in);
    err = buf_append(&c->in, bin.p, bin.len);
    return err ? err : add_out(c, sent, at, bout);
}

static int do_reset(struct replay *r, struct reader *in)
{
    struct conn *c;
    int err = get_conn(r, in, &c);

    if (!err && c)
        conn_reset(c);
    return err;
}

struct watch_words {
    char path[PATH_ROOM], token[WATCH_TOKEN_MAX + 1];
};

static int do_watch(struct replay *r, struct reader *in)
{
    struct watch_words s;
    struct watch *w;
    struct conn *c;
    uint32_t skip;
    int err;

    err = get_conn(r, in, &c);
    skip = get32(in);
    get_path(in, s.path);
    get_string(in, s.token, WATCH_TOKEN_MAX);
    if (in->bad || skip > strlen(s.path))
        return -EINVAL;
    if (err || !c)
        return err;
    err = watch_add(c, s.path, skip, s.token, &w);
    return err == -EEXIST ? 0 : err;
}

static int do_unwatch(struct replay *r, struct reader *in)
{
    struct watch_words s;
    struct watch *w;
    struct conn *c;
    int err;

    err = get_conn(r, in, &c);
    get_path(in, s.path);
    get_string(in, s.token, WATCH_TOKEN_MAX);
    if (in->bad)
        return -EINVAL;
    w = c ? watch_find(c, s.path, s.token) : NULL;
    if (w)
        watch_del(w);
    return err;
}

static int do_txn(struct replay *r, struct reader *in)
{
    struct bytes done;
    struct txn *t;
    struct conn *c;
    uint32_t id;
    int err;

    err = get_conn(r, in, &c);
    id = get32(in);
    done = get_bytes(in);
    if (in->bad || !id)
        return -EINVAL;
    if (err || !c)
        return err;
    t = txn_find(c, id);
    if (id > r->srv->last_txn)
        r->srv->last_txn = id;
    if (!t)
        err = txn_again(c, id, &t);
    return err ? err : buf_append(&t->done, done.p, done.len);
}

static int do_txn_end(struct replay *r, struct reader *in)
{
    struct txn *t;
    struct conn *c;
    uint32_t id;
    int err;

    err = get_conn(r, in, &c);
    id = get32(in);
    if (in->bad)
        return -EINVAL;
    t = c ? txn_find(c, id) : NULL;
    if (t)
        txn_abort(t);
    return err;
}

static int do_special(struct replay *r, struct reader *in)
{
    uint8_t which = get8(in);
    struct perms *perms = get_perms(in);

    if (in->bad || which >= NR_SPECIALS) {
        perms_put(perms);
        return -EINVAL;
    }
    if (!perms)
        return -ENOMEM;
    perms_put(r->srv->special[which]);
    r->srv->special[which] = perms;
    gen_used(r, perms->gen);
    return 0;
}

static int do_quota(struct replay *r, struct reader *in)
{
    uint16_t domid = get16(in);
    uint32_t value = get32(in);
    char name[64];
    struct domain *dom = NULL;

    get_string(in, name, sizeof(name) - 1);
    if (in->bad)
        return -EINVAL;
    if (domid != DOMID_INVALID && !(dom = server_domain(r->srv, domid)))
        return 0;
    /* A limit that this version does not know is none. */
    return server_quota_set(r->srv, dom, name, value) == -ENOMEM ? -ENOMEM : 0;
}

static int do_counters(struct replay *r, struct reader *in)
{
    uint64_t gen = get64(in);
    uint32_t last_txn = get32(in);

    if (in->bad)
        return -EINVAL;
    gen_used(r, gen);
    r->srv->last_txn = last_txn;
    return 0;
}

static int (*const doers[NR_RECORD_TYPES])(struct replay *r,
                                           struct reader *in) = {
    [REC_PUT] = do_put,           [REC_REMOVE] = do_remove,
    [REC_DOMAIN] = do_domain,     [REC_FORGET] = do_forget,
    [REC_CONN] = do_conn,         [REC_RESET] = do_reset,
    [REC_WATCH] = do_watch,       [REC_UNWATCH] = do_unwatch,
    [REC_TXN] = do_txn,           [REC_TXN_END] = do_txn_end,
    [REC_SPECIAL] = do_special,   [REC_QUOTA] = do_quota,
    [REC_COUNTERS] = do_counters,
};

int replay_records(struct replay *r, const void *data, size_t len)
{
    struct reader in = { data, (const char *)data + len, false };
    uint8_t type;
    int err = 0;

    while (!err && in.p < in.end) {
        type = get8(&in);
        if (type >= NR_RECORD_TYPES || !doers[type])
            return -EINVAL;
        err = doers[type](r, &in);
    }
    return err;
}

void replay_done(struct replay *r)
{
    mem_free(r->by_fd);
    r->by_fd = NULL;
    r->nr_fds = 0;
}
