/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hotplug scripts that a configuration names: run as stock tools run them. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <pel/ctx.h>

#include "local.h"

#define SCRIPT_DIR "/etc/xen/scripts"
#define SCRIPT_TIMEOUT_MS 40000
#define ENV_MAX 16

extern char **environ;

void script_path(const char *script, char *path, size_t size)
{
    snprintf(path, size, "%s%s", script[0] == '/' ? "" : SCRIPT_DIR "/",
             script);
}

/* Joins dom0's environment with the script's; one block for free(). */
static char **make_env(char *const *own, size_t nr_own, const char *const *more)
{
    size_t nr = 0, n = 0;
    char **env;

    while (environ[nr])
        nr++;
    env = calloc(nr + nr_own + ENV_MAX + 1, sizeof(*env));
    if (!env)
        return NULL;
    /* The first of two equal names counts, so the script's come first. */
    for (size_t i = 0; i < nr_own; i++)
        env[n++] = own[i];
    for (size_t i = 0; more && more[i] && i < ENV_MAX; i++)
        env[n++] = (char *)(uintptr_t)more[i];
    for (size_t i = 0; i < nr; i++)
        env[n++] = environ[i];

    return env;
}

/* Waits for the end; its status as waitpid() has it, or -1 when killed. */
static int wait_child(pid_t pid)
{
    struct pollfd pfd = { .fd = pidfd_open(pid, 0), .events = POLLIN };
    bool late = false;
    int status, n;

    if (pfd.fd >= 0) {
        do {
            n = poll(&pfd, 1, SCRIPT_TIMEOUT_MS);
        } while (n < 0 && errno == EINTR);
        late = n == 0;
        close(pfd.fd);
    }
    if (late)
        kill(pid, SIGKILL);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;

    return late ? -1 : status;
}

static int report(struct pel_ctx *ctx, const struct device *dev,
                  const char *path, const char *command, int status)
{
    struct pel_store s;
    char *reason = NULL;

    if (status == -1)
        return pel_fail(ctx, PEL_ETIMEDOUT, "%s %s did not end in %d s", path,
                        command, SCRIPT_TIMEOUT_MS / 1000);

    if (!pel_store_use(ctx, &s))
        reason = pel_store_read(&s, "%s/hotplug-error", dev->back);
    pel_fail(ctx, PEL_EIO, "%s %s failed with %s %d%s%s", path, command,
             WIFEXITED(status) ? "status" : "signal",
             WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
             reason ? ": " : "", reason ? reason : "");
    free(reason);

    return -PEL_EIO;
}

/*
 * Signals that this process holds back or ignores are usual there: whatever
 * the script starts, and may leave running, could not be ended by them.  What
 * is typed at our terminal is for us: in a group of its own it goes on.
 */
static int spawn(pid_t *pid, const char *path, char *const *argv,
                 char *const *env)
{
    posix_spawn_file_actions_t acts;
    posix_spawnattr_t attr;
    sigset_t none, pipe;
    int rc;

    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    rc = posix_spawn_file_actions_init(&acts);
    if (rc)
        return rc;
    rc = posix_spawnattr_init(&attr);
    if (!rc) {
        posix_spawnattr_setsigmask(&attr, &none);
        posix_spawnattr_setsigdefault(&attr, &pipe);
        posix_spawnattr_setpgroup(&attr, 0);
        posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
        posix_spawn_file_actions_addopen(&acts, 0, "/dev/null", O_RDONLY, 0);
        /* What it says goes with the messages, never into results. */
        posix_spawn_file_actions_adddup2(&acts, 2, 1);
        rc = posix_spawn(pid, path, &acts, &attr, argv, env);
        posix_spawnattr_destroy(&attr);
    }
    posix_spawn_file_actions_destroy(&acts);

    return rc;
}

int script_run(struct pel_ctx *ctx, const struct device *dev,
               const char *script, const char *command, const char *const *env)
{
    char path[512], e_path[192], e_type[64], e_script[560];
    char *own[] = { e_path, e_type, (char *)"XENBUS_BASE_PATH=backend",
                    e_script };
    /* A NIC's script is told the interface's type; it is always a vif. */
    char *argv[] = { path, (char *)(uintptr_t)command,
                     !strcmp(dev->kind, "vif") ? (char *)"type_if=vif" : NULL,
                     NULL };
    char **full;
    pid_t pid;
    int rc;

    script_path(script, path, sizeof(path));
    snprintf(e_path, sizeof(e_path), "XENBUS_PATH=%s",
             dev->back + strlen("/local/domain/0/"));
    snprintf(e_type, sizeof(e_type), "XENBUS_TYPE=%s", dev->kind);
    snprintf(e_script, sizeof(e_script), "script=%s", path);
    full = make_env(own, sizeof(own) / sizeof(own[0]), env);
    if (!full)
        return pel_fail_oom(ctx);

    rc = spawn(&pid, path, argv, full);
    free(full);
    if (rc) {
        errno = rc;
        return pel_fail_sys(ctx, PEL_EIO, "cannot run the script %s", path);
    }

    rc = wait_child(pid);

    return rc ? report(ctx, dev, path, command, rc) : 0;
}
