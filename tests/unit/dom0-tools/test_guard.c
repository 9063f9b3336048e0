/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The second process that acts when the first one is killed. */
#include "common.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "libpel/domain/claim.h"
#include "libpel/domain/guard.h"

#define LIMIT_MS 10000
#define DOMID 7

/* In place of those that know of the hypervisor. */
void pel_ctx_init(struct pel_ctx *ctx) { memset(ctx, 0, sizeof(*ctx)); }
void pel_ctx_close(struct pel_ctx *ctx) { (void)ctx; }

static struct pel_ctx ctx;

static void act(struct pel_ctx *c, const void *arg)
{
    (void)c;
    if (write(STDOUT_FILENO, arg, 1) != 1)
        _exit(2);
}

/* Holds on until somebody closes its input. */
static void act_long(struct pel_ctx *c, const void *arg)
{
    char word;

    act(c, arg);
    if (read(STDIN_FILENO, &word, 1))
        _exit(2);
}

/* A process with a guard, then a program of its own that lasts. */
static void guarded(int out, int in, bool well)
{
    struct guard g;

    dup2(out, STDOUT_FILENO);
    dup2(in, STDIN_FILENO);
    if (guard_start(&ctx, &g, -1, act, "x"))
        _exit(1);
    if (fork() == 0) {
        close(STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", "read line", (char *)NULL);
        _exit(1);
    }
    if (well) {
        guard_end(&g);
        _exit(0);
    }
    kill(getpid(), SIGKILL);
}

/* What the guard has said when the process has ended. */
static int say(bool well, char *word)
{
    struct pollfd p = { .events = POLLIN };
    int out[2], in[2], n;
    pid_t pid;

    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    pid = fork();
    if (pid == 0)
        guarded(out[1], in[0], well);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    close(out[1]);
    close(in[0]);
    p.fd = out[0];
    assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
    n = read(out[0], word, 1);
    close(out[0]);
    close(in[1]); /* the program's end */
    return n;
}

/* A program that carries the bytes may live on, as ssh's master does. */
static void who_is_killed_is_replaced_at_once(void **state)
{
    char word = ' ';

    (void)state;
    assert_int_equal(say(false, &word), 1);
    assert_int_equal(word, 'x');
}

static void claimed(int out, int in)
{
    struct guard g;
    int claim = domain_claim(&ctx, DOMID);

    dup2(out, STDOUT_FILENO);
    dup2(in, STDIN_FILENO);
    if (claim < 0 || guard_start(&ctx, &g, claim, act_long, "x"))
        _exit(1);
    kill(getpid(), SIGKILL);
}

/* What a killed process has left undone nobody else touches meanwhile. */
static void a_guard_keeps_the_claim(void **state)
{
    struct pollfd p = { .events = POLLIN };
    int out[2], in[2], claim;
    char word;

    (void)state;
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* to hear of the guard's end */
    if (fork() == 0)
        claimed(out[1], in[0]);
    close(out[1]);
    close(in[0]);
    p.fd = out[0];
    assert_int_equal(poll(&p, 1, LIMIT_MS), 1);
    assert_int_equal(read(out[0], &word, 1), 1);
    assert_int_equal(domain_claim(&ctx, DOMID), -PEL_ESTATE);
    pel_error_clear(&ctx);
    close(in[1]);
    close(out[0]);
    while (wait(NULL) > 0)
        ;
    claim = domain_claim(&ctx, DOMID);
    assert_true(claim >= 0);
    domain_claim_end(claim);
    unlink(CLAIM_FILE);
}

static void who_ends_well_is_not(void **state)
{
    char word = ' ';

    (void)state;
    assert_int_equal(say(true, &word), 0);
    assert_int_equal(word, ' ');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_killed_is_replaced_at_once),
        cmocka_unit_test(who_ends_well_is_not),
        cmocka_unit_test(a_guard_keeps_the_claim),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
