/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CONTROL live-update: what another program shall do from now on. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <store/mem.h>
#include <store/op.h>
#include <store/update.h>

#include "control.h"

static int set_word(char **word, const char *value)
{
    char *copy = mem_strdup(value, strlen(value));

    if (!copy)
        return -ENOMEM;
    mem_free(*word);
    *word = copy;
    return 0;
}

static int set_program(struct request *rq)
{
    if (rq->nr_args != 3)
        return -EINVAL;
    if (access(rq->arg[2], X_OK))
        return control_say(rq, strerror(errno));
    rq->ok = true;
    return set_word(&rq->srv->update.program, rq->arg[2]);
}

static int set_arguments(struct request *rq)
{
    if (rq->nr_args != 3)
        return -EINVAL;
    rq->ok = true;
    return set_word(&rq->srv->update.arguments, rq->arg[2]);
}

static int forget(struct request *rq)
{
    if (rq->nr_args != 2)
        return -EINVAL;
    update_forget(rq->srv);
    rq->ok = true;
    return 0;
}

/* -s [-t SECONDS] [-F]: the answer comes when it is done, or given up. */
static int begin(struct request *rq)
{
    struct update *u = &rq->srv->update;
    unsigned int patience = UPDATE_PATIENCE_S;
    bool force = false;

    for (int i = 2; i < rq->nr_args; i++) {
        if (!strcmp(rq->arg[i], "-F"))
            force = true;
        else if (strcmp(rq->arg[i], "-t") || ++i >= rq->nr_args ||
                 parse_uint(rq->arg[i], 86400, &patience))
            return -EINVAL;
    }
    if (u->pending)
        return -EBUSY;
    u->pending = true;
    u->force = force;
    u->patience_s = patience;
    u->deadline = 0;
    u->asker = rq->conn;
    u->hdr = rq->hdr;
    rq->later = true;
    return 0;
}

static const struct {
    const char *name;
    int (*fn)(struct request *rq);
} steps[] = {
    { "-f", set_program },
    { "-c", set_arguments },
    { "-a", forget },
    { "-s", begin },
};

int control_live_update(struct request *rq)
{
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (rq->nr_args > 1 && !strcmp(rq->arg[1], steps[i].name))
            return steps[i].fn(rq);
    }
    return -EINVAL;
}

unsigned int update_open(const struct server *srv)
{
    struct list *pos, *next;
    unsigned int nr = 0;

    for (LIST_EACH(pos, next, &srv->conns))
        nr += list_entry(pos, struct conn, link)->nr_txns;
    return nr;
}

unsigned int update_answer(struct server *srv, const char *text)
{
    struct conn *c = srv->update.asker;
    size_t before;

    if (!c)
        return 0;
    before = buf_len(&c->out);
    conn_send(c, srv->update.hdr, text, strlen(text) + 1);
    return buf_len(&c->out) - before;
}

void update_take_back(struct server *srv, unsigned int bytes)
{
    struct conn *c = srv->update.asker;

    if (!c || !bytes)
        return;
    buf_cut(&c->out, buf_len(&c->out) - bytes);
    c->nr_out--;
    if (c->kept > buf_len(&c->out)) /* that file is thrown away */
        c->kept = buf_len(&c->out);
}

void update_end(struct server *srv)
{
    struct list *pos, *next;
    struct conn *c;

    srv->update.pending = false;
    srv->update.asker = NULL;
    for (LIST_EACH(pos, next, &srv->conns)) {
        c = list_entry(pos, struct conn, link);
        if (c->held) {
            c->held = false;
            srv->host->ready(srv, c);
        }
    }
}

void update_leave(struct conn *c)
{
    if (c->srv->update.asker == c)
        c->srv->update.asker = NULL;
}

void update_forget(struct server *srv)
{
    struct update *u = &srv->update;

    mem_free(u->program);
    mem_free(u->arguments);
    u->program = u->arguments = NULL;
    if (u->pending) {
        update_answer(srv, "aborted");
        update_end(srv);
    }
}
