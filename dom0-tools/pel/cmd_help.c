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
        printf("  %-14s %-24s %s\n", c->name, c->usage, c->help);
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
        if (option_find(c, o->letter) == o)
            printf("  -%c, --%-12s %s\n", o->letter, o->word, o->help);
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
        return pel_fail(ctx, PEL_EUSAGE,
                        "there is no command \"%s\": \"pel help\" lists them",
                        a->words[0]);
    print_one(c);
    return 0;
}

/* The first word of an operand's usage says what could stand there. */
static const char *candidates(const struct cmd *c)
{
    if (!strncmp(c->usage, "CONFIG", 6))
        return "compgen -f -- \"$cur\"";
    if (strstr(c->usage, "COMMAND"))
        return "compgen -W \"$commands\" -- \"$cur\"";
    if (strstr(c->usage, "DOMAIN") || strstr(c->usage, "NAME"))
        return "compgen -W \"$(pel list 2>/dev/null | "
               "awk 'NR > 1 { print $1 }')\" -- \"$cur\"";
    return ":";
}

int cmd_completion(struct pel_ctx *ctx, const struct args *a)
{
    (void)ctx;
    (void)a;
    printf("# bash completion of pel, made by \"pel completion\"\n"
           "_pel()\n{\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} commands=\"");
    for (const struct cmd *c = cmd_table; c->name; c++)
        printf("%s%s", c == cmd_table ? "" : " ", c->name);
    printf("\"\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    case ${COMP_WORDS[1]} in\n");
    for (const struct cmd *c = cmd_table; c->name; c++) {
        printf("    %s)\n        COMPREPLY=($(", c->name);
        if (c->options[0])
            printf("compgen -W \"");
        for (const struct option_name *o = option_table; o->letter; o++)
            if (option_find(c, o->letter) == o)
                printf("-%c --%s ", o->letter, o->word);
        if (c->options[0])
            printf("\" -- \"$cur\"; ");
        printf("%s)) ;;\n", candidates(c));
    }
    printf("    esac\n}\ncomplete -F _pel pel\n");
    return 0;
}

int cmd_version(struct pel_ctx *ctx, const struct args *a)
{
    (void)ctx;
    (void)a;
    printf("pel %s\n", VERSION);
    return 0;
}
