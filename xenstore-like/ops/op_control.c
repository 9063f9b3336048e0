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

static int quota_show(struct request *rq)
{
    char text[96];

    for (size_t i = 0; i < nr_quota_rows; i++) {
        snprintf(text, sizeof(text), "%-18s: %8u %s\n", quota_rows[i].name,
                 *quota_at(&rq->srv->quota, &quota_rows[i]),
                 quota_rows[i].text);
        if (control_say(rq, text))
            return -ENOMEM;
    }
    return 0;
}

/* quota | quota DOMID | quota set NAME VALUE */
static int control_quota(struct request *rq)
{
    unsigned int value;
    char text[48];
    int err;

    if (rq->nr_args == 1)
        return quota_show(rq);
    if (rq->nr_args == 2) {
        if (parse_uint(rq->arg[1], DOMID_FIRST_RESERVED - 1, &value))
            return -EINVAL;
        snprintf(text, sizeof(text), "%-18s: %8d\n", "nodes",
                 rq->srv->nodes[value]);
        return control_say(rq, text);
    }
    if (rq->nr_args != 4 || strcmp(rq->arg[1], "set") ||
        parse_uint(rq->arg[3], INT32_MAX, &value))
        return -EINVAL;
    err = server_quota_set(rq->srv, NULL, rq->arg[2], value);
    rq->ok = true;
    return err == -ENOENT ? -EINVAL : err;
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
    { "print", control_print, "TEXT" },
    { "quota", control_quota, "[DOMID | set NAME VALUE]" },
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
