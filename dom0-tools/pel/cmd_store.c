/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel store: ask the store for its figures, or to do something. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/error.h>
#include <pel/store.h>
#include "cmd.h"

#define WORDS_BYTES 4000 /* the store takes no longer requests */

/* The words behind the command, each with a NUL: their bytes, or -1. */
static int join(char *out, const struct args *a)
{
    size_t len = 0, more;

    for (int i = 1; i < a->nr_words; i++) {
        more = strlen(a->words[i]) + 1;
        if (more > WORDS_BYTES - len)
            return -1;
        memcpy(out + len, a->words[i], more);
        len += more;
    }
    return len;
}

/* Reports come in parts: the last word is where the next one begins. */
static bool is_report(const char *command)
{
    return !strcmp(command, "stats") || !strcmp(command, "memreport");
}

int cmd_store(struct pel_ctx *ctx, const struct args *a)
{
    const char *command = a->nr_words ? a->words[0] : "stats";
    bool report = is_report(command), more;
    char words[WORDS_BYTES + 24], *answer;
    struct pel_store store;
    int len = join(words, a), whole, rc;
    size_t got = 0;

    if (len < 0)
        return pel_fail(ctx, PEL_EINVAL, "too many words");
    rc = pel_store_use(ctx, &store);
    if (rc)
        return rc;
    do {
        whole = len;
        if (report)
            whole += sprintf(words + len, "%zu", got) + 1;
        answer = xs_control_command(store.xs, command, words, whole);
        if (!answer)
            return pel_store_fail(ctx, -errno, "the store refuses '%s'",
                                  command);
        more = report && answer[0];
        got += strlen(answer);
        fputs(answer, stdout);
        free(answer);
    } while (more);
    return 0;
}
