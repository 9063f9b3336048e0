/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Limits on what one unprivileged domain may take. */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/* The only list: field, name in CONTROL, default, what it limits. */
#define QUOTA_LIST(X)                                                          \
    X(nodes, "nodes", 1000, "nodes that a domain owns")                        \
    X(watches, "watches", 128, "watches of a domain")                          \
    X(txns, "transactions", 10, "open transactions of a domain")               \
    X(txn_nodes, "transaction-nodes", 1024, "nodes that one transaction uses") \
    X(entry_size, "size", 2048, "bytes of a node's value")                     \
    X(perms, "permissions", 5, "entries in a node's permission list")          \
    X(path_len, "path", XENSTORE_REL_PATH_MAX, "bytes of a path")              \
    X(memory, "memory", 2097152, "bytes that a domain's nodes take")           \
    X(backlog, "backlog", 1048576, "bytes of replies and events not fetched")  \
    X(outstanding, "outstanding", 1024, "replies and events not fetched")

struct quota {
#define X(field, name, value, text) unsigned int field;
    QUOTA_LIST(X)
#undef X
};

/* One limit, for those who list them. */
struct quota_row {
    const char *name, *text;
    size_t offset;      /* of the field, in struct quota */
    unsigned int value; /* at start */
};

extern const struct quota_row quota_rows[];
extern const size_t nr_quota_rows;

/** quota_at - the limit that @row stands for, in @q */
unsigned int *quota_at(struct quota *q, const struct quota_row *row);

/** quota_init - set all limits to what they are at start */
void quota_init(struct quota *q);

#endif
