/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel help and version: the table of commands, printed. */
#include <stdio.h>
#include <string.h>
#include <pel/ctx.h>
#include "cmd.h"

#define VERSION "0.1"

static void print_all(void)
{
    printf("usage: pel [-v] COMMAND [OPTIONS] [OPERANDS]\n\n");
    for (const struct cmd *c = cmd_table; c->name; c++)
        printf("  %-9s %-22s %s\n", c->name, c->usage, c->help);
    printf("\nDOMAIN is a name or an id. \"pel help COMMAND\" says more, "
           "pel(1) all.\n");
}

static void print_one(const struct cmd *c)
{
    printf("usage: pel %s%s%s%s\n\n  %s\n", c->name,
           c->options[0] ? " [OPTIONS]" : "", c->usage[0] ? " " : "", c->usage,
           c->help);
    if (c->options[0])
        printf("\n");
    for (const struct option_name *o = option_table; o->letter; o++)
        if (strchr(c->options, o->letter))
            printf("  -%c, --%-8s %s\n", o->letter, o->word, o->help);
}

int cmd_help(struct pel_ctx *ctx, const struct args *a)
{
    const struct cmd *c;

    if (!a->nr_words) {
        print_all();
        return 0;
    }
    c = cmd_find(a->words[0]);
    if (!c)
        return pel_fail(ctx, PEL_EINVAL,
                        "there is no command \"%s\": \"pel help\" lists them",
                        a->words[0]);
    print_one(c);
    return 0;
}

int cmd_version(struct pel_ctx *ctx, const struct args *a)
{
    (void)ctx;
    (void)a;
    printf("pel %s\n", VERSION);
    return 0;
}
