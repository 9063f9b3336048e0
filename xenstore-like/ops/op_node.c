/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that read and change nodes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/op.h>

/*
 * What to say of a missing node: who may not use the nearest node above it
 * in the same way may not know either.  So the answer depends on that one, and
 * on there being none nearer.
 */
static int missing(struct request *rq, unsigned int need)
{
    unsigned int seen = SEEN_EXISTS;
    const struct node *near;
    const char *pos, *name;
    size_t len;

    near = tree_nearest(*rq->edit->root, rq->path, &len);
    if (perms_allow(near->perms, &rq->who) & need)
        seen |= SEEN_RIGHTLY;
    if (edit_see(rq->edit, rq->path, rq->path_len, seen))
        return -ENOMEM;
    if (!request_limited(rq))
        return -ENOENT;
    pos = rq->path + (len > 1 ? len : 0);
    path_next(&pos, &name);
    if (edit_see(rq->edit, rq->path, len, seen | SEEN_PERMS) ||
        edit_see(rq->edit, rq->path, pos - rq->path, seen))
        return -ENOMEM;
    return seen & SEEN_RIGHTLY ? -ENOENT : -EACCES;
}

int request_node(struct request *rq, unsigned int need, unsigned int seen,
                 const struct node **out)
{
    const struct node *n = tree_find(*rq->edit->root, rq->path);
    bool may = n && (perms_allow(n->perms, &rq->who) & need) == need;

    if (request_limited(rq)) {
        seen |= SEEN_PERMS; /* the answer depends on them */
        if (rq->txn && rq->edit->nr >= conn_quota(rq->conn)->txn_nodes)
            return -ENOSPC;
    }
    seen |= SEEN_EXISTS | (may ? SEEN_RIGHTLY : 0);
    if (edit_see(rq->edit, rq->path, rq->path_len, seen))
        return -ENOMEM;
    if (!n)
        return missing(rq, need);
    if (!may)
        return -EACCES;
    *out = n;
    return 0;
}

/* READ: the value's bytes, no NUL added.  ENOENT, EACCES. */
int op_read(struct request *rq)
{
    const struct node *n;
    int err;

    err = request_node(rq, PERM_READ, SEEN_VALUE, &n);
    if (err)
        return err;
    return buf_append(&rq->out, node_value(n), n->value_len);
}

/* The components of rq->path that are missing. */
static unsigned int nr_missing(const struct request *rq)
{
    const char *pos = rq->path, *name;
    unsigned int nr = 0;
    size_t len;

    tree_nearest(*rq->edit->root, rq->path, &len);
    pos += len > 1 ? len : 0;
    while (path_next(&pos, &name))
        nr++;
    return nr;
}

/* Would the requester's nodes take too much with @more bytes? */
static bool over_memory(const struct request *rq, long more)
{
    uint16_t domid = rq->who.domid;

    if (!request_limited(rq) || more <= 0)
        return false;
    more += rq->srv->bytes[domid];
    if (rq->txn)
        more += acct_bytes(&rq->txn->edit.acct, domid);
    return more > (long)conn_quota(rq->conn)->memory;
}

/* Create rq->path, with what is missing above it.  ENOSPC: the quota. */
static int create(struct request *rq, const char *value, size_t len)
{
    uint16_t domid = rq->who.domid;
    unsigned int new = nr_missing(rq);
    long owned = (long)rq->srv->nodes[domid] + new;

    if (rq->txn)
        owned += acct_delta(&rq->txn->edit.acct, domid);
    if (request_limited(rq) &&
        (owned > (long)conn_quota(rq->conn)->nodes ||
         over_memory(rq, new * sizeof(struct node) + rq->path_len + len)))
        return -ENOSPC;
    return edit_create(rq->edit, rq->path, value, len, &rq->who,
                       server_gen(rq->srv));
}

/* WRITE: "OK".  Creates the node where needed.  EACCES, ENOSPC. */
int op_write(struct request *rq)
{
    const struct node *n;
    int err;

    if (request_limited(rq) && rq->rest_len > conn_quota(rq->conn)->entry_size)
        return -ENOSPC;
    err = request_node(rq, PERM_WRITE, 0, &n);
    if (err && err != -ENOENT)
        return err;

    rq->ok = true;
    if (err)
        return create(rq, rq->rest, rq->rest_len);
    if (perms_owner(n->perms) == rq->who.domid &&
        over_memory(rq, (long)rq->rest_len - n->value_len))
        return -ENOSPC;
    return edit_write(rq->edit, rq->path, rq->rest, rq->rest_len,
                      server_gen(rq->srv));
}

/* MKDIR: "OK"; a node that exists stays as it is.  EACCES, ENOSPC. */
int op_mkdir(struct request *rq)
{
    const struct node *n;
    int err;

    err = request_node(rq, PERM_WRITE, 0, &n);
    rq->ok = true;
    return err == -ENOENT ? create(rq, NULL, 0) : err;
}

/*
 * RM: "OK", also when only the node itself is missing.  ENOENT: its parent is
 * missing, too.  EINVAL: the root.
 */
int op_rm(struct request *rq)
{
    const struct node *n;
    size_t have, up;
    int err;

    if (!strcmp(rq->path, "/"))
        return -EINVAL;
    err = request_node(rq, PERM_WRITE, SEEN_KIDS, &n);
    rq->ok = true;
    if (!err)
        return edit_remove(rq->edit, rq->path, server_gen(rq->srv));

    up = path_parent_len(rq->path, rq->path_len);
    if (edit_see(rq->edit, rq->path, up,
                 SEEN_EXISTS | (err == -ENOENT ? SEEN_RIGHTLY : 0)))
        return -ENOMEM;
    tree_nearest(*rq->edit->root, rq->path, &have);
    return err == -ENOENT && have == up ? 0 : err;
}

struct listing {
    char *at, *end; /* where names go */
};

static bool list_visit(void *arg, const struct node *kid)
{
    struct listing *l = arg;

    if (kid->name_len >= l->end - l->at)
        return false;
    l->at += node_copy_name(kid, l->at) + 1;
    return true;
}

/* Append the names from that offset on, as many as @room bytes hold. */
static int list_names(struct buf *out, const struct node *n, size_t from,
                      size_t room)
{
    size_t all = node_list_bytes(n);
    struct listing l;
    char *start;

    if (from >= all)
        return 0;
    if (room > all - from)
        room = all - from;
    start = buf_reserve(out, room + sizeof(uint64_t));
    if (!start)
        return -ENOMEM;
    l = (struct listing){ start, start + room };
    node_list(n, from, list_visit, &l);
    buf_added(out, l.at - start);
    return 0;
}

/* DIRECTORY: names with their NULs.  E2BIG: use DIRECTORY_PART. */
int op_directory(struct request *rq)
{
    const struct node *n;
    int err;

    err = request_node(rq, PERM_READ, SEEN_KIDS, &n);
    if (err)
        return err;
    if (node_list_bytes(n) > XENSTORE_PAYLOAD_MAX)
        return -E2BIG;
    return list_names(&rq->out, n, 0, XENSTORE_PAYLOAD_MAX);
}

/*
 * DIRECTORY_PART: generation of the list, NUL, names from an offset on with
 * their NULs; behind the last name of all one more NUL.
 */
int op_directory_part(struct request *rq)
{
    const struct node *n;
    unsigned int from;
    char gen[24];
    int len, err;

    if (!rq->rest_len || strlen(rq->rest) + 1 != rq->rest_len ||
        parse_uint(rq->rest, UINT32_MAX, &from))
        return -EINVAL;
    err = request_node(rq, PERM_READ, SEEN_KIDS, &n);
    if (err)
        return err;

    len =
        snprintf(gen, sizeof(gen), "%llu", (unsigned long long)n->kids_gen) + 1;
    err = buf_append(&rq->out, gen, len);
    if (!err)
        err = list_names(&rq->out, n, from, XENSTORE_PAYLOAD_MAX - len - 1);
    if (!err && from + buf_len(&rq->out) - len >= node_list_bytes(n))
        err = buf_append(&rq->out, "", 1);
    return err;
}
