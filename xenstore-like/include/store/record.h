/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Records: what the store's state is made of, as bytes that outlive it.
 *
 * Each record says what something is from now on, not what was done to it:
 * reading one twice, or one that is older than a snapshot, does no harm as
 * long as all later ones follow.  Numbers have the machine's byte order: a
 * journal never leaves its machine.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <store/conn.h>
#include <store/server.h>
#include <store/txn.h>
#include <store/watch.h>

/* The first byte of a record.  The comments give what follows it. */
enum record_type {
    REC_PUT = 1,  /* gen u64, perms, path, value: a node as it is */
    REC_REMOVE,   /* gen u64, path: with all below it */
    REC_DOMAIN,   /* domid u16, target u16, flags u8, port u32, born u64 */
    REC_FORGET,   /* domid u16: it is gone */
    REC_CONN,     /* who u32, positions u32 x3, in, out: see record_conn() */
    REC_RESET,    /* who u32: watches, transactions and bytes are dropped */
    REC_WATCH,    /* who u32, skip u32, path, token */
    REC_UNWATCH,  /* who u32, path, token */
    REC_TXN,      /* who u32, id u32, requests: one has begun or gone on */
    REC_TXN_END,  /* who u32, id u32 */
    REC_SPECIAL,  /* which u8, perms */
    REC_QUOTA,    /* domid u16 or DOMID_INVALID, value u32, name */
    REC_COUNTERS, /* generation u64, last transaction u32 */
    NR_RECORD_TYPES,
};

/* Flags of REC_DOMAIN. */
enum {
    REC_INTRODUCED = 1,
    REC_SHUTDOWN = 2,
};

/* Whose connection: a domain's number, or this plus a descriptor. */
#define REC_SOCKET 0x10000u

/* What has happened and is not yet in the journal. */
struct records {
    struct buf batch; /* whole records */
    bool lost;        /* one did not fit into memory: a snapshot must help */
};

/*
 * The hooks.  Each adds a record to srv->records, or does nothing if that is
 * NULL; without memory it sets srv->records->lost.
 */

/** record_edit - a finished edit of the store's root, one record a node */
void record_edit(struct server *srv, const struct edit *e);

/** record_node - a node as it is; the first @path_len bytes name it */
void record_node(struct server *srv, const char *path, size_t path_len,
                 const struct node *n);

/** record_domain - a domain as it is */
void record_domain(struct server *srv, const struct domain *dom);

/** record_forget - a domain that is no more; its connection goes with it */
void record_forget(struct server *srv, uint16_t domid);

/**
 * record_conn - bytes that a ring's connection took and gave
 *
 * All of c->in, and what c->out gained since the last time.  After a crash
 * the next server knows which requests were done, and by the ring's own index
 * which bytes of the replies the guest has.
 */
void record_conn(struct conn *c);

/** record_reset - all watches, transactions and bytes of @c are dropped */
void record_reset(const struct conn *c);

/** record_watch, record_unwatch - a watch is set, or about to be unset */
void record_watch(const struct watch *w);
void record_unwatch(const struct watch *w);

/** record_txn - a transaction began, or did the request of @len bytes */
void record_txn(const struct txn *t, const void *request, size_t len);

/** record_txn_end - a transaction is about to end */
void record_txn_end(const struct txn *t);

/** record_special - who hears of a special watch was set */
void record_special(struct server *srv, enum special which);

/** record_quota - a limit was set; @dom is NULL if for all domains */
void record_quota(struct server *srv, const struct domain *dom,
                  const struct quota_row *row);

/** record_counters - the numbers that must never be used twice */
void record_counters(struct server *srv);

/**
 * record_all_of - connection, watches and transactions of @c, as they are
 *
 * For snapshots; with all of c->out that is not yet written.
 */
void record_all_of(struct conn *c);

/* Sockets are journalled only to be handed over: then this is their number. */
/** record_who - the number that stands for @c, or -1: it is not journalled */
int64_t record_who(const struct conn *c);

#endif
