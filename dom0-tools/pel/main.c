/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pel: the life of guests from the command line.
 *
 * Exit status: 0 done; 1 failed, with one line on standard error; 2 the
 * command line makes no sense; 3 a migration is undecided.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <pel/ctx.h>
#include "cmd.h"

/* @cmd: whose help says more; "": the list of commands */
static int usage(const char *what, const char *cmd)
{
    fprintf(stderr, "pel: %s; see \"pel help%s%s\"\n", what, *cmd ? " " : "",
            cmd);
    return EXIT_USAGE;
}

static int run(struct pel_ctx *ctx, const struct cmd *cmd, int argc,
               const char **argv)
{
    const char *wrong, *name = cmd->name;
    struct args args;
    int rc;

    if (argc && (!strcmp(argv[0], "-h") || !strcmp(argv[0], "--help"))) {
        cmd = cmd_find("help");
        argv = &name;
        argc = 1;
    }
    wrong = cmd_parse(cmd, argc, argv, &args);
    if (wrong)
        return usage(wrong, name);

    rc = cmd->run(ctx, &args);
    if (!rc && (fflush(stdout) || ferror(stdout)))
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot write the output");
    if (rc)
        fprintf(stderr, "pel: %s\n",
                ctx->message[0] ? ctx->message : "failed without a reason");
    if (rc == -PEL_EUNDECIDED)
        return EXIT_UNDECIDED;
    if (rc == -PEL_EUSAGE)
        return EXIT_USAGE;
    return rc ? EXIT_FAILED : EXIT_FINE;
}

int main(int argc, char **argv)
{
    const struct cmd *cmd;
    struct pel_ctx ctx;
    char what[128];
    int at = 1, ret;

    signal(SIGPIPE, SIG_IGN); /* it is an error of writing instead */
    pel_ctx_init(&ctx);
    while (at < argc && argv[at][0] == '-' && argv[at][1] == 'v') {
        size_t nr = strspn(argv[at] + 1, "v");

        if (argv[at][1 + nr])
            break;
        ctx.log_level = ctx.log_level || nr > 1 ? PEL_LOG_DEBUG : PEL_LOG_INFO;
        at++;
    }
    if (at == argc)
        return usage("which command?", "");
    if (!strcmp(argv[at], "-h") || !strcmp(argv[at], "--help"))
        argv[at] = "help";
    if (!strcmp(argv[at], "--version"))
        argv[at] = "version";

    cmd = cmd_find(argv[at]);
    if (!cmd) {
        snprintf(what, sizeof(what), "there is no command \"%.80s\"", argv[at]);
        return usage(what, "");
    }
    at++;
    ret = run(&ctx, cmd, argc - at, (const char **)argv + at);
    pel_ctx_close(&ctx);
    return ret;
}
