/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hotplug scripts: what they are told, and what they find. */
#include "common.h"
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <libpel/device/local.h>
#include "device_store.h"

static char dir[] = "/tmp/test_device_script.XXXXXX";
static char script[64], result[64], e_result[80];

/*
 * A script whose text is @text; what it notes is in the file $RESULT.  Other
 * shells undo by themselves what is held back.
 */
static int run(struct pel_ctx *ctx, const char *text)
{
    const char *const env[] = { e_result, NULL };
    struct device dev = { .domid = 7,
                          .kind = "vbd",
                          .back = "/local/domain/0/backend/vbd/7/51712" };
    FILE *f = fopen(script, "w");

    assert_non_null(f);
    fprintf(f, "#!/bin/bash\n%s\n", text);
    assert_int_equal(fchmod(fileno(f), 0700), 0);
    fclose(f);
    return script_run(ctx, &dev, script, "add", env);
}

static bool noted(const char *what)
{
    FILE *f = fopen(result, "r");
    char line[256];
    bool found = false;

    assert_non_null(f);
    while (fgets(line, sizeof(line), f))
        found |= strstr(line, what) != NULL;
    fclose(f);
    return found;
}

/* Signals that a line of /proc/self/status names. */
static unsigned long long noted_signals(const char *line)
{
    unsigned long long set = ~0ull;
    FILE *f = fopen(result, "r");
    char name[16];

    assert_non_null(f);
    while (fscanf(f, "%15s %llx", name, &set) == 2 && strcmp(name, line))
        set = ~0ull;
    fclose(f);
    return set;
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir))
        return -1;
    snprintf(script, sizeof(script), "%s/script", dir);
    snprintf(result, sizeof(result), "%s/result", dir);
    snprintf(e_result, sizeof(e_result), "RESULT=%s", result);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(script);
    unlink(result);
    return rmdir(dir);
}

static void it_is_told_which_device(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    assert_int_equal(run(&ctx, "echo $1 $XENBUS_PATH >$RESULT"), 0);
    assert_true(noted("add backend/vbd/7/51712"));
}

static void what_fails_is_told(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    fake_reset();
    fake_set("/local/domain/0/backend/vbd/7/51712/hotplug-error", "no disk");
    assert_int_equal(run(&ctx, "exit 3"), -PEL_EIO);
    assert_told(&ctx, -1, "status 3: no disk");
    xs_close(ctx.store);
    fake_reset();
}

/* Commands hold signals back while a guest is half made. */
static void signals_reach_what_it_starts(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    void (*before)(int);
    sigset_t held, mask;

    (void)state;
    sigfillset(&held);
    assert_int_equal(sigprocmask(SIG_BLOCK, &held, &mask), 0);
    before = signal(SIGPIPE, SIG_IGN);
    assert_int_equal(run(&ctx, "grep ^Sig[BI] /proc/self/status >$RESULT"), 0);
    signal(SIGPIPE, before);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    assert_int_equal(noted_signals("SigBlk:"), 0);
    assert_false(noted_signals("SigIgn:") >> (SIGPIPE - 1) & 1);
}

/* Ctrl-C is for pel, which undoes what is half made when it can. */
static void what_is_typed_does_not_reach_it(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    assert_int_equal(
        run(&ctx,
            "set -- $(cat /proc/$$/stat); echo group $(($5 - $$)) >$RESULT"),
        0);
    assert_true(noted("group 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_told_which_device),
        cmocka_unit_test(what_fails_is_told),
        cmocka_unit_test(signals_reach_what_it_starts),
        cmocka_unit_test(what_is_typed_does_not_reach_it),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
