/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The protocol's only table, and the way of a request through it. */
#include <errno.h>
#include <string.h>

#include <store/op.h>
#include <store/record.h>

/* What a payload is made of. */
enum shape {
    STRINGS,   /* NUL-terminated strings; the row says how many */
    PATH,      /* one path */
    PATH_REST, /* a path, and what the handler makes of the rest */
};

enum {
    PRIVILEGED = 1, /* the control domain only */
    NO_TXN = 2,     /* the transaction in the header means nothing */
    SPECIALS = 4,   /* the path may name a special watch */
    CHANGES = 8,    /* nodes */
};

struct op {
    const char *name;
    int (*fn)(struct request *rq);
    uint8_t shape, min, max; /* strings */
    uint8_t flags;
};

/* clang-format off */
static const struct op ops[XS_TYPE_COUNT] = {
    [XS_CONTROL]           = { "CONTROL",           op_control,           STRINGS, 1, 8, PRIVILEGED | NO_TXN },
    [XS_DIRECTORY]         = { "DIRECTORY",         op_directory,         PATH, 1, 1, 0 },
    [XS_READ]              = { "READ",              op_read,              PATH, 1, 1, 0 },
    [XS_GET_PERMS]         = { "GET_PERMS",         op_get_perms,         PATH, 1, 1, SPECIALS },
    [XS_WATCH]             = { "WATCH",             op_watch,             STRINGS, 2, 2, NO_TXN },
    [XS_UNWATCH]           = { "UNWATCH",           op_unwatch,           STRINGS, 2, 2, NO_TXN },
    [XS_TRANSACTION_START] = { "TRANSACTION_START", op_transaction_start, STRINGS, 0, 8, 0 },
    [XS_TRANSACTION_END]   = { "TRANSACTION_END",   op_transaction_end,   STRINGS, 1, 1, 0 },
    [XS_INTRODUCE]         = { "INTRODUCE",         op_introduce,         STRINGS, 3, 8, PRIVILEGED | NO_TXN },
    [XS_RELEASE]           = { "RELEASE",           op_release,           STRINGS, 1, 1, PRIVILEGED | NO_TXN },
    [XS_GET_DOMAIN_PATH]   = { "GET_DOMAIN_PATH",   op_get_domain_path,   STRINGS, 1, 1, NO_TXN },
    [XS_WRITE]             = { "WRITE",             op_write,             PATH_REST, 1, 1, CHANGES },
    [XS_MKDIR]             = { "MKDIR",             op_mkdir,             PATH, 1, 1, CHANGES },
    [XS_RM]                = { "RM",                op_rm,                PATH, 1, 1, CHANGES },
    [XS_SET_PERMS]         = { "SET_PERMS",         op_set_perms,         PATH_REST, 1, 1, SPECIALS | CHANGES },
    [XS_IS_DOMAIN_INTRODUCED] = { "IS_DOMAIN_INTRODUCED", op_is_domain_introduced, STRINGS, 1, 1, NO_TXN },
    [XS_RESUME]            = { "RESUME",            op_resume,            STRINGS, 1, 1, PRIVILEGED | NO_TXN },
    [XS_SET_TARGET]        = { "SET_TARGET",        op_set_target,        STRINGS, 2, 2, PRIVILEGED | NO_TXN },
    [XS_RESET_WATCHES]     = { "RESET_WATCHES",     op_reset_watches,     STRINGS, 0, 8, NO_TXN },
    [XS_DIRECTORY_PART]    = { "DIRECTORY_PART",    op_directory_part,    PATH_REST, 1, 1, 0 },
};
/* clang-format on */

/* Check the payload's shape and fill the request's fields from it. */
static int shape_check(struct request *rq, const struct op *op)
{
    int len;

    if (op->shape == STRINGS) {
        rq->nr_args = parse_strings(rq->data, rq->len, rq->arg, OP_ARGS_MAX);
        return rq->nr_args < op->min || rq->nr_args > op->max ? -EINVAL : 0;
    }

    rq->path_len = strlen(rq->data);
    if (rq->path_len >= rq->len)
        return -EINVAL; /* the only NUL is the one behind the payload */
    rq->rest = rq->data + rq->path_len + 1;
    rq->rest_len = rq->len - rq->path_len - 1;
    if (op->shape == PATH && rq->rest_len)
        return -EINVAL;

    len = path_parse(rq->data, rq->conn->domid, conn_quota(rq->conn)->path_len,
                     op->flags & SPECIALS, rq->path);
    if (len < 0)
        return len;
    rq->path_len = len;
    return 0;
}

/* Would @more bytes of noted requests be more than a domain may leave? */
static bool too_many_notes(const struct conn *c, size_t more)
{
    struct list *pos, *next;

    for (LIST_EACH(pos, next, &c->txns))
        more += buf_len(&list_entry(pos, struct txn, link)->done);
    return c->domid && more > conn_quota(c)->memory;
}

/*
 * What a transaction has done must survive the server.  Without memory, or
 * when its domain has done too much (it may write one node again and again),
 * it is forgotten; a transaction that changes servers cannot commit anyway.
 */
static void txn_note(struct request *rq)
{
    struct buf *done = &rq->txn->done;
    size_t all = sizeof(rq->hdr) + rq->len;
    char *p;

    if (!rq->srv->records || !rq->conn->dom)
        return; /* a program's transaction ends with its connection */
    if (too_many_notes(rq->conn, all))
        return;
    p = buf_reserve(done, all);
    if (!p)
        return;
    memcpy(p, &rq->hdr, sizeof(rq->hdr));
    memcpy(p + sizeof(rq->hdr), rq->data, rq->len);
    buf_added(done, all);
    record_txn(rq->txn, p, all);
}

static int run(struct request *rq)
{
    const struct op *op;
    int err;

    if (rq->hdr.type >= XS_TYPE_COUNT || !ops[rq->hdr.type].fn)
        return -ENOSYS;
    op = &ops[rq->hdr.type];
    if ((op->flags & PRIVILEGED) && !rq->who.privileged)
        return -EACCES;

    if (rq->hdr.tx_id && !(op->flags & NO_TXN)) {
        rq->txn = txn_find(rq->conn, rq->hdr.tx_id);
        if (!rq->txn)
            return -ENOENT;
        rq->edit = &rq->txn->edit;
    }
    err = shape_check(rq, op);
    if (!err)
        err = op->fn(rq);
    if (!err && rq->txn && (op->flags & CHANGES))
        txn_note(rq);
    return err;
}

bool op_changes(uint32_t type)
{
    return type < XS_TYPE_COUNT && (ops[type].flags & CHANGES);
}

const char *op_name(uint32_t type)
{
    return type < XS_TYPE_COUNT ? ops[type].name : NULL;
}

static const char *error_name(int err)
{
    size_t nr = sizeof(xsd_errors) / sizeof(xsd_errors[0]);

    for (size_t i = 0; i < nr; i++) {
        if (xsd_errors[i].errnum == err)
            return xsd_errors[i].errstring;
    }
    return "EINVAL"; /* as the protocol's description has it */
}

static void reply(struct request *rq, int err)
{
    struct xsd_sockmsg hdr = rq->hdr;
    const char *name;

    if (!err && rq->ok) {
        conn_send(rq->conn, hdr, "OK", sizeof("OK"));
    } else if (!err) {
        conn_send(rq->conn, hdr, buf_head(&rq->out), buf_len(&rq->out));
    } else {
        name = error_name(-err);
        hdr.type = XS_ERROR;
        conn_send(rq->conn, hdr, name, strlen(name) + 1);
    }
}

void dispatch(struct conn *c, const struct xsd_sockmsg *hdr, const char *data)
{
    uint64_t start = stats_now(c->srv);
    struct request rq;
    int err;

    /* All but the path, which is big. */
    memset((char *)&rq + offsetof(struct request, path_len), 0,
           sizeof(rq) - offsetof(struct request, path_len));
    rq.path[0] = '\0';
    rq.srv = c->srv;
    rq.conn = c;
    rq.hdr = *hdr;
    rq.data = data;
    rq.len = hdr->len;
    rq.special = -1;
    rq.out = c->srv->scratch;
    memset(&c->srv->scratch, 0, sizeof(c->srv->scratch));

    conn_who(c, &rq.who);
    rq.edit = &rq.direct;
    edit_init(&rq.direct, &c->srv->root, false);

    c->srv->asking = c;
    err = run(&rq);
    if (!err)
        server_publish(c->srv, &rq.direct);
    if (!err && rq.special >= 0)
        watch_fire_special(c->srv, rq.special);
    if (err || !rq.later)
        reply(&rq, err);
    if (!err && rq.hello)
        watch_hello(rq.hello);
    c->srv->asking = NULL;
    stats_note(&rq, err, start);
    edit_clear(&rq.direct);
    buf_empty(&rq.out, XENSTORE_PAYLOAD_MAX);
    c->srv->scratch = rq.out;
}
