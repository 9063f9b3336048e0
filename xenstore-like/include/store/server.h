/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store as a whole: tree, domains, watches and connections. */
#ifndef STORE_SERVER_H
#define STORE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#include <store/edit.h>
#include <store/list.h>
#include <store/quota.h>
#include <store/stats.h>
#include <store/update.h>

struct conn;
struct records;
struct server;
struct txn;
struct wpath;

/* A domain that was introduced, or that a permission list named. */
struct domain {
    uint16_t domid;
    uint16_t target;     /* the domain that it acts for, or DOMID_INVALID */
    bool acted_for;      /* it was some domain's target */
    bool introduced;     /* it has a ring */
    uint32_t port;       /* its event channel port, if it is introduced */
    struct quota *quota; /* limits of its own, or NULL */
    bool shutdown;       /* told to those who watch @releaseDomain */
    uint64_t born;       /* see PERM-1 */
    struct conn *conn;   /* its ring's, or NULL */
};

/* What the store asks of whoever can map rings.  Never NULL. */
struct host {
    /**
     * introduce - connect to a domain's ring
     * @dom:  without a connection, or with one that is to use @port now
     * @gfn:  frame of the ring, in the domain's numbers
     * @port: the domain's event channel port
     *
     * Returns: 0 and @dom->conn is set; -ENOSYS there are no rings here;
     *          -EINVAL there is no such ring or port; -ENOMEM.
     */
    int (*introduce)(struct server *srv, struct domain *dom, uint64_t gfn,
                     unsigned int port);
    /** release - close @dom->conn, which is not NULL, and forget it */
    void (*release)(struct server *srv, struct domain *dom);
    /** ready - @conn waited and may go on: it gets a turn */
    void (*ready)(struct server *srv, struct conn *conn);
};

/* Watches by path. */
struct watches {
    struct wpath **bucket;
    size_t nr_buckets; /* a power of 2, or 0 */
    size_t nr;         /* paths */
};

/* Who is helped; see <store/favour.h>. */
struct favour {
    struct conn *conn;   /* whose turn it is, or NULL */
    struct txn *txn;     /* its transaction, or NULL before that begins */
    struct list waiting; /* conn->waiting, of those whose turn comes, */
    struct list held;    /* and of those whose next change would spoil it */
    unsigned int turns;  /* of all connections since then */
    uint64_t since_ns;   /* by the clock of the figures */
};

enum special {
    SPECIAL_INTRODUCE,
    SPECIAL_RELEASE,
    NR_SPECIALS,
};

struct server {
    struct node *root;
    uint64_t gen; /* grows with each change */
    struct quota quota;
    int nodes[DOMID_FIRST_RESERVED];  /* by owner */
    long bytes[DOMID_FIRST_RESERVED]; /* that they take */
    struct domain *domains[DOMID_FIRST_RESERVED];
    struct watches watches;
    struct perms *special[NR_SPECIALS]; /* who hears of it */
    struct list conns;
    struct favour favour;
    struct update update;
    struct stats stats;
    struct list dirty;       /* connections with something to settle */
    struct list slow;        /* those for which others wait; <store/pace.h> */
    struct conn *asking;     /* whose request is being answered, or NULL */
    struct records *records; /* what the journal lacks; NULL: there is none */
    const struct host *host;
    void *host_arg;
    struct buf_pool spares; /* for connections' replies */
    struct buf scratch;     /* room for a reply, while none is made */
    uint32_t last_txn;      /* id given last */
};

/**
 * server_new - an empty store: the root, and nodes that tell who serves
 *
 * Returns: the store, or NULL when there is no memory.
 */
struct server *server_new(const struct host *host, void *host_arg);

/** server_free - free everything; there are no connections any more */
void server_free(struct server *srv);

/** server_gen - the generation of a change that happens now */
uint64_t server_gen(struct server *srv);

/**
 * server_publish - the edit @e of the store's root is done
 *
 * Counts the nodes and fires the watches.  @e can then be cleared.
 */
void server_publish(struct server *srv, const struct edit *e);

/* Their names as clients know them, "@introduceDomain" and so on. */
extern const char *const special_name[NR_SPECIALS];

/** server_special - which special watch @path names, or -ENOENT */
int server_special(const char *path);

/** server_domain - the domain of that number if it is known, or NULL */
struct domain *server_domain(const struct server *srv, uint16_t domid);

/**
 * server_domain_add - the domain of that number, made known if it is not
 *
 * Returns: the domain, or NULL when there is no memory.
 */
struct domain *server_domain_add(struct server *srv, uint16_t domid);

/** server_domain_drop - free what is known of a domain without connection */
void server_domain_drop(struct server *srv, struct domain *dom);

/**
 * server_quota_set - set a limit
 * @dom: for that domain alone; NULL: for all that have none of their own
 *
 * Returns: 0; -ENOENT there is no limit of that name; -ENOMEM.
 */
int server_quota_set(struct server *srv, struct domain *dom, const char *name,
                     unsigned int value);

/** server_recount - tree and domains were made anew: count the nodes by owner,
 * note who acts for whom */
void server_recount(struct server *srv);

/**
 * server_domain_gone - forget a domain
 *
 * Closes its connection, so that its watches and transactions go, and takes
 * out the nodes that it owns: the next domain of that number must not find
 * them.
 */
void server_domain_gone(struct server *srv, struct domain *dom);

/**
 * server_check - recount all nodes by owner
 *
 * Returns: how many domains have a count that is wrong.
 */
unsigned int server_check(const struct server *srv);

#endif
