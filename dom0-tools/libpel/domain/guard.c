/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guard waits at one end of a pipe; silence at the other is its signal. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "guard.h"

/* In the guard, which has nothing else open. */
enum { PIPE_FD = 3, CLAIM_FD };

/* Neither stands in the place of the other, wherever they were. */
static void keep_only(int fd, int claim)
{
    fd = fcntl(fd, F_DUPFD, CLAIM_FD + 1);
    if (claim >= 0)
        claim = fcntl(claim, F_DUPFD, CLAIM_FD + 1);
    dup3(fd, PIPE_FD, O_CLOEXEC);
    if (claim < 0 || dup3(claim, CLAIM_FD, O_CLOEXEC) < 0)
        close(CLAIM_FD);
    close_range(CLAIM_FD + 1, ~0u, 0);
}

static void watch(int fd, int claim,
                  void (*act)(struct pel_ctx *ctx, const void *arg),
                  const void *arg)
{
    struct pel_ctx ctx;
    sigset_t all;
    char word;
    ssize_t n;

    /* What ends our caller from the keyboard must not end us. */
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    keep_only(fd, claim);
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

int guard_start(struct pel_ctx *ctx, struct guard *g, int claim,
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
        watch(ends[0], claim, act, arg);
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
