/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A person's terminal on a console: a pty stands for the daemon's side. */
#include "common.h"
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <xenstore.h>
#include <pel/console.h>
#include "device_store.h"

#define CONSOLE "/local/domain/7/console"

struct world {
    struct pel_ctx ctx;
    int master, slave;
    int keys[2], screen[2]; /* pipes in place of the person */
};

static void offer(struct world *w)
{
    struct termios tio;
    char path[64];

    w->master = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(w->master >= 0 && !grantpt(w->master) && !unlockpt(w->master));
    assert_int_equal(ptsname_r(w->master, path, sizeof(path)), 0);
    w->slave = open(path, O_RDWR | O_NOCTTY);
    assert_int_equal(tcgetattr(w->slave, &tio), 0);
    cfmakeraw(&tio);
    assert_int_equal(tcsetattr(w->slave, TCSANOW, &tio), 0);
    fake_set(CONSOLE "/tty", path);
}

static int setup(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    fake_reset();
    fake_set(CONSOLE "/ring-ref", "1");
    *state = w;
    w->master = w->slave = -1;
    return pipe(w->keys) || pipe(w->screen);
}

static int teardown(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 2; i++) {
        close(w->keys[i]);
        close(w->screen[i]);
    }
    if (w->slave >= 0)
        close(w->slave);
    if (w->master >= 0)
        close(w->master);
    if (w->ctx.store)
        xs_close(w->ctx.store);
    fake_reset();
    free(w);
    return 0;
}

/* pel_console_attach() with the pipes as standard input and output. */
static int attach(struct world *w, int timeout_ms)
{
    int in = dup(STDIN_FILENO), out = dup(STDOUT_FILENO);
    int rc;

    fflush(stdout);
    dup2(w->keys[0], STDIN_FILENO);
    dup2(w->screen[1], STDOUT_FILENO);
    rc = pel_console_attach(&w->ctx, 7, timeout_ms);
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    close(in);
    close(out);
    return rc;
}

static void keys_reach_the_guest_up_to_the_escape(void **state)
{
    struct world *w = *state;
    char got[32];

    offer(w);
    assert_int_equal(write(w->keys[1], "hello\035later", 11), 11);
    assert_int_equal(attach(w, 1000), 0);
    assert_int_equal(read(w->master, got, sizeof(got)), 5);
    assert_memory_equal(got, "hello", 5);
}

/* The guest prints and goes: its text is shown, and the session ends. */
static void output_is_shown_without_any_input(void **state)
{
    struct world *w = *state;
    struct pollfd shown = { .fd = w->screen[0], .events = POLLIN };
    char got[32];
    pid_t pid;

    offer(w);
    close(w->keys[1]); /* nobody types */
    w->keys[1] = -1;
    assert_int_equal(write(w->master, "bye", 3), 3);
    pid = fork();
    assert_true(pid >= 0);
    if (!pid) {
        /* Ends the console once its text was shown. */
        poll(&shown, 1, 5000);
        _exit(0);
    }
    /* Only the child keeps the other side of the terminal. */
    close(w->master);
    w->master = -1;
    close(w->slave);
    w->slave = -1;
    fake_rm(CONSOLE "/ring-ref"); /* with the guest, so none comes again */
    assert_int_equal(attach(w, 1000), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(read(w->screen[0], got, sizeof(got)), 3);
    assert_memory_equal(got, "bye", 3);
}

/* As in "pel console web | grep -m1 login:", where nobody types. */
static void it_ends_when_nobody_reads_it(void **state)
{
    struct world *w = *state;
    int rc;

    offer(w);
    close(w->keys[1]);
    w->keys[1] = -1;
    close(w->screen[0]);
    w->screen[0] = -1;
    rc = attach(w, 1000);
    assert_int_equal(rc, -PEL_EIO);
    assert_told(&w->ctx, rc, "nobody reads the console");
}

static void a_domain_without_a_console_is_told(void **state)
{
    struct world *w = *state;
    int rc;

    fake_reset();
    rc = attach(w, 1000);
    assert_int_equal(rc, -PEL_ENOENT);
    assert_told(&w->ctx, rc, "domain 7 has no console");
}

static void nobody_who_offers_it_is_told(void **state)
{
    struct world *w = *state;
    int rc;

    fake_set(CONSOLE "/tty", "");
    rc = attach(w, 20);
    assert_int_equal(rc, -PEL_ETIMEDOUT);
    assert_told(&w->ctx, rc, "peld");
}

static void the_path_of_a_dead_terminal_is_no_offer(void **state)
{
    struct world *w = *state;
    int rc;

    fake_set(CONSOLE "/tty", "/dev/pts/nothere");
    rc = attach(w, 20);
    assert_int_equal(rc, -PEL_ETIMEDOUT);
    assert_told(&w->ctx, rc, "peld");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(keys_reach_the_guest_up_to_the_escape,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(output_is_shown_without_any_input,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(it_ends_when_nobody_reads_it, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_domain_without_a_console_is_told,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_who_offers_it_is_told, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(the_path_of_a_dead_terminal_is_no_offer,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
