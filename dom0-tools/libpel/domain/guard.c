/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard waits at one end of a pipe; silence at the other is its signal. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "guard.h"

#define PIPE_FD 3 /* in the guard, which has nothing else open */

static void watch(int fd, void (*act)(struct pel_ctx *ctx, const void *arg),
                  const void *arg)
{
    struct pel_ctx ctx;
    sigset_t all;
    char word;
    ssize_t n;

    /* What ends our caller from the keyboard must not end us. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    if (fd != PIPE_FD)
        dup2(fd, PIPE_FD);
    close_range(PIPE_FD + 1, ~0u, 0);
    do
        n = read(PIPE_FD, &word, 1);
    while (n < 0 && errno == EINTR);
    if (n == 1)
        _exit(0);

    pel_ctx_init(&ctx);
    act(&ctx, arg);
    if (*pel_error_message(&ctx))
        pel_log(&ctx, PEL_LOG_WARN, "%s", pel_error_message(&ctx));
    pel_ctx_close(&ctx);
    _exit(1);
}

int guard_start(struct pel_ctx *ctx, struct guard *g,
                void (*act)(struct pel_ctx *ctx, const void *arg),
                const void *arg)
{
    int ends[2];

    g->pipe = -1;
    /* A program that we start, and that outlives us, must not keep it open. */
    if (pipe2(ends, O_CLOEXEC))
        return pel_fail_sys(ctx, PEL_EIO, "cannot make a pipe");
    g->pid = fork();
    if (g->pid == 0) {
        close(ends[1]);
        watch(ends[0], act, arg);
    }
    close(ends[0]);
    if (g->pid < 0) {
        close(ends[1]);
        return pel_fail_sys(ctx, PEL_EIO, "cannot start a second process");
    }
    g->pipe = ends[1];
    return 0;
}

void guard_end(struct guard *g)
{
    void (*before)(int);

    if (g->pipe < 0)
        return;
    before = signal(SIGPIPE, SIG_IGN);
    if (write(g->pipe, "", 1) != 1)
        errno = 0; /* it is gone, and so there is nobody to tell */
    signal(SIGPIPE, before);
    close(g->pipe);
    waitpid(g->pid, NULL, 0);
    g->pipe = -1;
}
