/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about permission lists. */
#include <errno.h>

#include <store/op.h>
#include <store/record.h>

/* GET_PERMS: strings like "b7".  ENOENT, EACCES. */
int op_get_perms(struct request *rq)
{
    const struct node *n;
    int which, err;

    if (path_is_special(rq->path)) {
        which = server_special(rq->path);
        if (which < 0)
            return -EINVAL;
        if (!rq->who.privileged)
            return -EACCES;
        return perms_format(rq->srv->special[which], &rq->out);
    }
    err = request_node(rq, PERM_READ, SEEN_PERMS, &n);
    return err ? err : perms_format(n->perms, &rq->out);
}

/*
 * The domains that a list names become known now: an entry made from now on
 * speaks of them (PERM-1).
 */
static int know_domains(struct request *rq, struct perms *p)
{
    for (uint32_t i = 0; i < p->nr; i++) {
        if (!server_domain_add(rq->srv, p->e[i].domid))
            return -ENOMEM;
    }
    p->gen = server_gen(rq->srv);
    return 0;
}

static int set_special(struct request *rq, struct perms *p)
{
    int which = server_special(rq->path);

    if (which < 0)
        return -EINVAL;
    if (!rq->who.privileged)
        return -EACCES;
    perms_put(rq->srv->special[which]);
    rq->srv->special[which] = perms_get(p);
    record_special(rq->srv, which);
    return 0;
}

static int set_node(struct request *rq, struct perms *p)
{
    const struct node *n;
    int err;

    err = request_node(rq, PERM_WRITE | PERM_OWNER, 0, &n);
    if (err)
        return err;
    if (request_limited(rq) && perms_owner(p) != perms_owner(n->perms))
        return -EPERM;
    return edit_set_perms(rq->edit, rq->path, p);
}

/*
 * SET_PERMS: "OK".  EACCES: only the owner and the control domain may.
 * EPERM: only the control domain gives nodes away.  ENOSPC: too many entries.
 */
int op_set_perms(struct request *rq)
{
    struct perms *p;
    int err;

    err = perms_parse(rq->rest, rq->rest_len, 0, &p);
    if (err)
        return err;
    if (request_limited(rq) && p->nr > conn_quota(rq->conn)->perms)
        err = -ENOSPC;
    if (!err)
        err = know_domains(rq, p);
    if (!err)
        err = path_is_special(rq->path) ? set_special(rq, p) : set_node(rq, p);
    perms_put(p);
    rq->ok = true;
    return err;
}
