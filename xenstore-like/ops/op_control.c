/* SPDX-License-Identifier: GPL-2.0-or-later */
/* CONTROL: commands for the administrator. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <store/log.h>
#include <store/op.h>

#include "control.h"

int control_say(struct request *rq, const char *text)
{
    return buf_append(&rq->out, text, strlen(text));
}

int control_sayf(struct request *rq, const char *format, ...)
{
    char text[256];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return control_say(rq, text);
}

static int control_check(struct request *rq)
{
    char text[48];
    unsigned int wrong;

    if (rq->nr_args != 1)
        return -EINVAL;
    wrong = server_check(rq->srv);
    if (!wrong) {
        rq->ok = true;
        return 0;
    }
    snprintf(text, sizeof(text), "%u domains with a wrong count\n", wrong);
    return control_say(rq, text);
}

static int control_print(struct request *rq)
{
    if (rq->nr_args != 2)
        return -EINVAL;
    log_line("%s", rq->arg[1]);
    rq->ok = true;
    return 0;
}

/* All limits that hold for @dom, or for those that have none of their own. */
static int quota_show(struct request *rq, struct domain *dom)
{
    struct quota *q = dom && dom->quota ? dom->quota : &rq->srv->quota;

    for (size_t i = 0; i < nr_quota_rows; i++) {
        if (control_sayf(rq, "%-18s: %8u %s\n", quota_rows[i].name,
                         *quota_at(q, &quota_rows[i]), quota_rows[i].text))
            return -ENOMEM;
    }
    return 0;
}

/* What a domain has, and what it may have if that is its own. */
static int quota_used(struct request *rq, unsigned int domid)
{
    struct domain *dom = server_domain(rq->srv, domid);
    const struct conn *c = dom ? dom->conn : NULL;

    if (control_sayf(rq, "%-18s: %8d\n", "nodes", rq->srv->nodes[domid]) ||
        control_sayf(rq, "%-18s: %8ld\n", "memory", rq->srv->bytes[domid]))
        return -ENOMEM;
    if (c && (control_sayf(rq, "%-18s: %8u\n", "watches", c->nr_watches) ||
              control_sayf(rq, "%-18s: %8u\n", "transactions", c->nr_txns) ||
              control_sayf(rq, "%-18s: %8zu\n", "backlog", buf_len(&c->out)) ||
              control_sayf(rq, "%-18s: %8u\n", "outstanding", c->nr_out)))
        return -ENOMEM;
    if (!dom || !dom->quota)
        return 0;
    if (control_say(rq, "its own limits:\n"))
        return -ENOMEM;
    return quota_show(rq, dom);
}

/* set NAME VALUE, or set DOMID NAME VALUE */
static int quota_set(struct request *rq)
{
    bool own = rq->nr_args == 5;
    struct domain *dom = NULL;
    unsigned int domid, value;
    int err;

    if (parse_uint(rq->arg[rq->nr_args - 1], INT32_MAX, &value))
        return -EINVAL;
    if (own) {
        if (parse_uint(rq->arg[2], DOMID_FIRST_RESERVED - 1, &domid))
            return -EINVAL;
        dom = server_domain(rq->srv, domid);
        if (!dom)
            return -ENOENT;
    }
    err = server_quota_set(rq->srv, dom, rq->arg[2 + own], value);
    rq->ok = true;
    return err == -ENOENT ? -EINVAL : err;
}

static int control_quota(struct request *rq)
{
    unsigned int domid;

    if (rq->nr_args == 1)
        return quota_show(rq, NULL);
    if (rq->nr_args == 2) {
        if (parse_uint(rq->arg[1], DOMID_FIRST_RESERVED - 1, &domid))
            return -EINVAL;
        return quota_used(rq, domid);
    }
    if ((rq->nr_args == 4 || rq->nr_args == 5) && !strcmp(rq->arg[1], "set"))
        return quota_set(rq);
    return -EINVAL;
}

/* log on, log off: the access log.  ENOENT: there is none. */
static int control_log(struct request *rq)
{
    bool on = rq->nr_args == 2 && !strcmp(rq->arg[1], "on");

    if (!on && (rq->nr_args != 2 || strcmp(rq->arg[1], "off")))
        return -EINVAL;
    if (!rq->srv->stats.log)
        return -ENOENT;
    rq->srv->stats.log_on = on;
    rq->ok = true;
    return 0;
}

static int control_help(struct request *rq);

static const struct {
    const char *name;
    int (*fn)(struct request *rq);
    const char *usage;
} commands[] = {
    { "check", control_check, "" },
    { "help", control_help, "" },
    { "live-update", control_live_update,
      "-f FILE | -c ARGUMENTS | -s [-t SECONDS] [-F] | -a" },
    { "log", control_log, "on | off" },
    { "memreport", control_memreport, "[OFFSET]" },
    { "print", control_print, "TEXT" },
    { "quota", control_quota, "[DOMID | set [DOMID] NAME VALUE]" },
    { "stats", control_stats, "[prometheus] [OFFSET]" },
};

static int control_help(struct request *rq)
{
    if (rq->nr_args != 1)
        return -EINVAL;
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (control_sayf(rq, "%s\t%s\n", commands[i].name, commands[i].usage))
            return -ENOMEM;
    }
    return 0;
}

/* CONTROL command [argument...]: text.  EINVAL: there is no such command. */
int op_control(struct request *rq)
{
    int err;

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(rq->arg[0], commands[i].name))
            continue;
        err = commands[i].fn(rq);
        if (!err && !rq->ok && !rq->later)
            err = buf_append(&rq->out, "", 1);
        return err;
    }
    return -EINVAL;
}
