/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The store as a whole. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/mem.h>
#include <store/parse.h>
#include <store/record.h>

const char *const special_name[NR_SPECIALS] = {
    [SPECIAL_INTRODUCE] = "@introduceDomain",
    [SPECIAL_RELEASE] = "@releaseDomain",
};

/* The root, and below it the node by which clients know that we serve. */
static int tree_start(struct server *srv)
{
    const struct who dom0 = { .privileged = true, .target = DOMID_INVALID };
    struct content c = { .perms = perms_new(1, 0) };
    struct edit e;
    int err = -ENOMEM;

    if (!c.perms)
        return err;
    for (int i = 0; i < NR_SPECIALS; i++)
        srv->special[i] = perms_get(c.perms);

    srv->root = node_new("", 0, &c);
    if (!srv->root)
        goto out;
    srv->nodes[0] = 1;
    srv->bytes[0] = node_bytes(srv->root);

    edit_init(&e, &srv->root, false);
    err = edit_create(&e, "/tool/xenstored", NULL, 0, &dom0, server_gen(srv));
    if (!err)
        server_publish(srv, &e);
    edit_clear(&e);
out:
    perms_put(c.perms);
    return err;
}

struct server *server_new(const struct host *host, void *host_arg)
{
    struct server *srv = mem_zalloc(sizeof(*srv));

    if (!srv)
        return NULL;
    list_init(&srv->conns);
    list_init(&srv->favour.waiting);
    list_init(&srv->favour.held);
    list_init(&srv->dirty);
    list_init(&srv->slow);
    quota_init(&srv->quota);
    srv->host = host;
    srv->host_arg = host_arg;
    if (tree_start(srv)) {
        server_free(srv);
        return NULL;
    }
    return srv;
}

void server_domain_drop(struct server *srv, struct domain *dom)
{
    srv->domains[dom->domid] = NULL;
    mem_free(dom->quota);
    mem_free(dom);
}

void server_free(struct server *srv)
{
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        if (srv->domains[i])
            server_domain_drop(srv, srv->domains[i]);
    }
    for (int i = 0; i < NR_SPECIALS; i++)
        perms_put(srv->special[i]);
    buf_clear(&srv->stats.report);
    buf_clear(&srv->scratch);
    buf_pool_clear(&srv->spares);
    mem_free(srv->update.program);
    mem_free(srv->update.arguments);
    node_put(srv->root);
    mem_free(srv->watches.bucket);
    mem_free(srv);
}

uint64_t server_gen(struct server *srv) { return ++srv->gen; }

void server_publish(struct server *srv, const struct edit *e)
{
    record_edit(srv, e);
    for (unsigned int i = 0; i < e->acct.nr; i++) {
        srv->nodes[e->acct.e[i].domid] += e->acct.e[i].delta;
        srv->bytes[e->acct.e[i].domid] += e->acct.e[i].bytes;
    }
    watch_fire(srv, e);
}

int server_special(const char *path)
{
    for (int i = 0; i < NR_SPECIALS; i++) {
        if (!strcmp(path, special_name[i]))
            return i;
    }
    return -ENOENT;
}

struct domain *server_domain(const struct server *srv, uint16_t domid)
{
    return domid < DOMID_FIRST_RESERVED ? srv->domains[domid] : NULL;
}

struct domain *server_domain_add(struct server *srv, uint16_t domid)
{
    struct domain *dom = server_domain(srv, domid);

    if (dom)
        return dom;
    dom = mem_zalloc(sizeof(*dom));
    if (!dom)
        return NULL;
    dom->domid = domid;
    dom->target = DOMID_INVALID;
    /* Everything there is has always been dom0's. */
    dom->born = domid ? server_gen(srv) : 0;
    srv->domains[domid] = dom;
    record_domain(srv, dom);
    return dom;
}

/* Looks for the nodes that a domain owns. */
struct search {
    uint16_t domid;
    struct buf paths; /* found, with their NULs */
};

/* What is below a found node goes with it.  Without memory: another time. */
static bool search_visit(void *arg, const struct node *n, const char *path,
                         size_t len)
{
    struct search *s = arg;

    if (len == 1 || perms_owner(n->perms) != s->domid)
        return true;
    buf_append(&s->paths, path, len + 1);
    return false;
}

static bool remove_node(struct server *srv, const char *path)
{
    struct edit e;
    int err;

    edit_init(&e, &srv->root, false);
    err = edit_remove(&e, path, server_gen(srv));
    if (!err)
        server_publish(srv, &e);
    edit_clear(&e);
    return !err;
}

/* Take out what @domid owns at or below the path @at; false: nothing. */
static bool remove_owned(struct server *srv, uint16_t domid, const char *at)
{
    const struct node *n = tree_find(srv->root, at);
    struct search s = { .domid = domid };
    char path[PATH_ROOM];
    bool any = false;

    if (!n)
        return false;
    strcpy(path, at);
    node_walk(n, path, strlen(path), search_visit, &s);
    while (buf_len(&s.paths)) {
        any |= remove_node(srv, buf_head(&s.paths));
        buf_taken(&s.paths, strlen(buf_head(&s.paths)) + 1);
    }
    return any;
}

/* Nobody acts for @domid any more, nor for the next one of that number. */
static void drop_target(struct server *srv, uint16_t domid)
{
    struct domain *dom;

    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        dom = srv->domains[i];
        if (!dom || dom->target != domid)
            continue;
        dom->target = DOMID_INVALID;
        record_domain(srv, dom);
    }
}

void server_domain_gone(struct server *srv, struct domain *dom)
{
    char home[sizeof("/local/domain/65535")];
    uint16_t domid = dom->domid;
    bool acted_for = dom->acted_for;

    if (dom->conn)
        srv->host->release(srv, dom);
    record_forget(srv, domid);
    server_domain_drop(srv, dom);
    if (acted_for)
        drop_target(srv, domid);

    /* Nearly all of them are at home: spare the walk over everything. */
    snprintf(home, sizeof(home), "/local/domain/%u", domid);
    while (srv->nodes[domid] > 0 &&
           (remove_owned(srv, domid, home) || remove_owned(srv, domid, "/")))
        ;
}

struct recount {
    int nodes[DOMID_FIRST_RESERVED];
    long bytes[DOMID_FIRST_RESERVED];
};

static bool recount_visit(void *arg, const struct node *n, const char *path,
                          size_t len)
{
    struct recount *r = arg;

    (void)path;
    (void)len;
    r->nodes[perms_owner(n->perms)]++;
    r->bytes[perms_owner(n->perms)] += node_bytes(n);
    return true;
}

static void recount(const struct server *srv, struct recount *r)
{
    char path[PATH_ROOM] = "/";

    node_walk(srv->root, path, 1, recount_visit, r);
}

unsigned int server_check(const struct server *srv)
{
    struct recount *r = mem_zalloc(sizeof(*r));
    unsigned int wrong = 0;

    if (!r)
        return 0;
    recount(srv, r);
    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++)
        wrong += r->nodes[i] != srv->nodes[i] || r->bytes[i] != srv->bytes[i];
    mem_free(r);
    return wrong;
}

void server_recount(struct server *srv)
{
    struct recount r = { 0 };
    struct domain *target;

    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        target = srv->domains[i] ? server_domain(srv, srv->domains[i]->target)
                                 : NULL;
        if (target)
            target->acted_for = true;
    }
    recount(srv, &r);
    memcpy(srv->nodes, r.nodes, sizeof(srv->nodes));
    memcpy(srv->bytes, r.bytes, sizeof(srv->bytes));
}

int server_quota_set(struct server *srv, struct domain *dom, const char *name,
                     unsigned int value)
{
    struct quota *q = dom ? dom->quota : &srv->quota;

    for (size_t i = 0; i < nr_quota_rows; i++) {
        if (strcmp(name, quota_rows[i].name))
            continue;
        if (!q) {
            q = mem_alloc(sizeof(*q));
            if (!q)
                return -ENOMEM;
            *q = srv->quota;
            dom->quota = q;
        }
        *quota_at(q, &quota_rows[i]) = value;
        record_quota(srv, dom, &quota_rows[i]);
        return 0;
    }
    return -ENOENT;
}
