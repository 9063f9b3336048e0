/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about domains. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <store/op.h>
#include <store/record.h>

static int parse_domid(const char *s, uint16_t *domid)
{
    unsigned int value;

    if (parse_uint(s, DOMID_FIRST_RESERVED - 1, &value))
        return -EINVAL;
    *domid = value;
    return 0;
}

/* A frame's number: the tools write it signed, and in decimal. */
static int parse_gfn(const char *s, uint64_t *gfn)
{
    char *end;

    errno = 0;
    *gfn = strtoull(s, &end, 0);
    return errno || end == s || *end ? -EINVAL : 0;
}

static struct domain *domain_arg(const struct request *rq, int *err)
{
    struct domain *dom;
    uint16_t domid;

    *err = parse_domid(rq->arg[0], &domid);
    if (*err)
        return NULL;
    dom = server_domain(rq->srv, domid);
    if (!dom || !dom->introduced)
        *err = -ENOENT;
    return *err ? NULL : dom;
}

/* INTRODUCE domid gfn port: "OK".  Again for a known one: a new port. */
int op_introduce(struct request *rq)
{
    struct domain *dom;
    unsigned int port;
    uint16_t domid;
    uint64_t gfn;
    bool first, known;
    int err;

    /* Domain 0 is there from the start. */
    if (parse_domid(rq->arg[0], &domid) || !domid ||
        parse_gfn(rq->arg[1], &gfn) ||
        parse_uint(rq->arg[2], UINT32_MAX, &port) || !port)
        return -EINVAL;
    known = server_domain(rq->srv, domid);
    dom = server_domain_add(rq->srv, domid);
    if (!dom)
        return -ENOMEM;

    first = !dom->introduced;
    err = rq->srv->host->introduce(rq->srv, dom, gfn, port);
    if (err && !known)
        server_domain_drop(rq->srv, dom);
    if (err)
        return err;
    dom->introduced = true;
    dom->shutdown = false;
    dom->port = port;
    record_domain(rq->srv, dom);
    rq->ok = true;
    if (first)
        rq->special = SPECIAL_INTRODUCE;
    return 0;
}

/* RELEASE domid: "OK".  ENOENT: it was not introduced. */
int op_release(struct request *rq)
{
    struct domain *dom;
    int err;

    dom = domain_arg(rq, &err);
    if (!dom)
        return err;
    if (!dom->domid)
        return -EINVAL; /* we would cut the ring of our own kernel */
    server_domain_gone(rq->srv, dom);
    rq->ok = true;
    rq->special = SPECIAL_RELEASE;
    return 0;
}

/* RESUME domid: "OK".  Its next shutdown will be told again. */
int op_resume(struct request *rq)
{
    struct domain *dom;
    int err;

    dom = domain_arg(rq, &err);
    if (!dom)
        return err;
    dom->shutdown = false;
    record_domain(rq->srv, dom);
    rq->ok = true;
    return 0;
}

/* SET_TARGET domid target: "OK".  The first gets the second's rights. */
int op_set_target(struct request *rq)
{
    struct domain *dom;
    uint16_t target;
    int err;

    dom = domain_arg(rq, &err);
    if (!dom)
        return err;
    if (parse_domid(rq->arg[1], &target))
        return -EINVAL;
    if (!server_domain(rq->srv, target))
        return -ENOENT;
    dom->target = target;
    server_domain(rq->srv, target)->acted_for = true;
    record_domain(rq->srv, dom);
    rq->ok = true;
    return 0;
}

/* GET_DOMAIN_PATH domid: where its relative paths begin. */
int op_get_domain_path(struct request *rq)
{
    char path[sizeof("/local/domain/65535")];
    uint16_t domid;
    int len;

    if (parse_domid(rq->arg[0], &domid))
        return -EINVAL;
    len = snprintf(path, sizeof(path), "/local/domain/%u", domid);
    return buf_append(&rq->out, path, len + 1);
}

/* IS_DOMAIN_INTRODUCED domid: "T" or "F". */
int op_is_domain_introduced(struct request *rq)
{
    const struct domain *dom;
    unsigned int domid;

    if (parse_uint(rq->arg[0], UINT16_MAX, &domid))
        return -EINVAL;
    if (domid == DOMID_SELF)
        domid = rq->who.domid;
    dom = server_domain(rq->srv, domid);
    return buf_append(&rq->out, dom && dom->introduced ? "T" : "F", 2);
}
