/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A request, and the handlers of all requests. */
#ifndef STORE_OP_H
#define STORE_OP_H

#include <store/buf.h>
#include <store/conn.h>
#include <store/parse.h>
#include <store/txn.h>
#include <store/watch.h>

#define OP_ARGS_MAX 8

/*
 * A request under way.  dispatch() fills what the row of its table promises;
 * the handler fills the rest.
 */
struct request {
    char path[PATH_ROOM]; /* the first string as a checked path; first,
                             since it alone is not zeroed */
    size_t path_len;      /* bytes */

    struct server *srv;
    struct conn *conn;
    struct who who; /* whose rights count */
    struct xsd_sockmsg hdr;
    const char *data; /* payload; a NUL follows it */
    size_t len;       /* bytes of payload */

    const char *rest;             /* payload behind the first string's NUL */
    size_t rest_len;              /* bytes */
    const char *arg[OP_ARGS_MAX]; /* all strings */
    int nr_args;

    struct txn *txn;   /* the one that it belongs to, or NULL */
    struct edit *edit; /* the transaction's, or &direct */
    struct edit direct;

    struct buf out;      /* the reply's payload */
    bool ok;             /* reply "OK" instead */
    bool later;          /* the reply comes later */
    struct watch *hello; /* send its first event behind the reply */
    int special;         /* fire this one before the reply, or -1 */
};

/** op_changes - does a request of this type change nodes? */
bool op_changes(uint32_t type);

/**
 * dispatch - answer one request
 * @hdr:  its header; hdr->len is at most XENSTORE_PAYLOAD_MAX
 * @data: its payload, hdr->len bytes and one more that is NUL
 *
 * Queues the events that follow, on @c and elsewhere, and then the reply: who
 * has the reply to a change has the events of it.  Only a new watch's first
 * event comes behind the reply.  @c itself stays whatever was asked.
 */
void dispatch(struct conn *c, const struct xsd_sockmsg *hdr, const char *data);

/**
 * request_node - the node at rq->path, if the requester may see it
 * @need: PERM_ bits that the requester must have
 * @seen: SEEN_ bits that the request relies on
 * @out:  set to the node, borrowed
 *
 * Returns: 0; -ENOENT; -EACCES; -ENOMEM.  Without the right to know, a
 *          missing node is -EACCES too.
 */
int request_node(struct request *rq, unsigned int need, unsigned int seen,
                 const struct node **out);

/** request_limited - does the quota apply to the requester? */
static inline bool request_limited(const struct request *rq)
{
    return !rq->who.privileged;
}

/*
 * The handlers.  Each returns 0 with rq->out or rq->ok set, or the negative
 * error that the client gets.  Source of names, payloads and errors: the
 * public description of xenstore and <xen/io/xs_wire.h>.
 */
int op_directory(struct request *rq);
int op_directory_part(struct request *rq);
int op_read(struct request *rq);
int op_write(struct request *rq);
int op_mkdir(struct request *rq);
int op_rm(struct request *rq);
int op_get_perms(struct request *rq);
int op_set_perms(struct request *rq);
int op_watch(struct request *rq);
int op_unwatch(struct request *rq);
int op_reset_watches(struct request *rq);
int op_transaction_start(struct request *rq);
int op_transaction_end(struct request *rq);
int op_introduce(struct request *rq);
int op_release(struct request *rq);
int op_resume(struct request *rq);
int op_set_target(struct request *rq);
int op_get_domain_path(struct request *rq);
int op_is_domain_introduced(struct request *rq);
int op_control(struct request *rq);

#endif
