/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Processes that act on guests: started, counted, collected. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <pel/ctx.h>
#include <pel/store.h>

#include "reap.h"

extern char **environ;

static struct job **find(struct reaper *r, const char *mode, const char *target)
{
    struct job **link = &r->jobs;

    while (*link &&
           (strcmp((*link)->target, target) || strcmp((*link)->mode, mode)))
        link = &(*link)->next;

    return link;
}

/* Signals that this process takes through a descriptor are usual there. */
static int spawn(struct reaper *r, struct job *job)
{
    char *argv[] = { (char *)"peld", job->mode, job->target,
                     r->to_syslog ? (char *)"--syslog" : NULL, NULL };
    posix_spawnattr_t attr;
    sigset_t none, pipe;
    int rc;

    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    rc = posix_spawnattr_init(&attr);
    if (rc)
        return rc;
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &pipe);
    posix_spawnattr_setflags(&attr,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    rc = posix_spawn(&job->pid, "/proc/self/exe", NULL, &attr, argv, environ);
    posix_spawnattr_destroy(&attr);
    if (rc)
        job->pid = 0;

    return rc;
}

void reaper_start(struct reaper *r, const char *mode, const char *target,
                  const uint8_t *uuid)
{
    struct job **link = find(r, mode, target);
    struct job *job = *link;
    int rc;

    if (!job) {
        job = calloc(1, sizeof(*job));
        if (!job)
            return; /* the next look at the domains tries again */
        snprintf(job->mode, sizeof(job->mode), "%s", mode);
        snprintf(job->target, sizeof(job->target), "%s", target);
        if (uuid)
            memcpy(job->uuid, uuid, sizeof(job->uuid));
        *link = job;
    }
    if (job->pid || job->done || job->tries >= REAP_TRIES)
        return;
    job->tries++;
    rc = spawn(r, job);
    if (rc)
        pel_log(r->ctx, PEL_LOG_WARN, "cannot start peld %s %s: %s", mode,
                target, strerror(rc));
}

bool reaper_active(struct reaper *r, const char *mode, const char *target)
{
    const struct job *job = mode ? *find(r, mode, target) : r->jobs;

    while (!mode && job && !job->pid)
        job = job->next;

    return job && job->pid;
}

/* Work on a guest that nobody knows may be on any. */
bool reaper_works_for(const struct reaper *r, const uint8_t *uuid)
{
    static const uint8_t unknown[16];
    const struct job *job = r->jobs;

    while (job && (!job->pid || (memcmp(job->uuid, uuid, sizeof(job->uuid)) &&
                                 memcmp(job->uuid, unknown, sizeof(unknown)))))
        job = job->next;

    return job != NULL;
}

/* SIGCHLD is blocked here, so it can be waited for without a race. */
void reaper_finish(struct reaper *r, int timeout_ms)
{
    uint64_t deadline_ns = pel_store_now_ns() + (uint64_t)timeout_ms * 1000000;
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        uint64_t now = pel_store_now_ns();
        struct timespec left;

        reaper_collect(r);
        if (!reaper_active(r, NULL, NULL) || now >= deadline_ns)
            return;
        left.tv_sec = (time_t)((deadline_ns - now) / 1000000000);
        left.tv_nsec = (long)((deadline_ns - now) % 1000000000);
        sigtimedwait(&child, NULL, &left);
    }
}

static void free_job(struct job **link)
{
    struct job *job = *link;

    *link = job->next;
    free(job);
}

void reaper_forget(struct reaper *r, const char *mode, const char *target)
{
    struct job **link = find(r, mode, target);

    if (*link && (*link)->pid)
        (*link)->forget = true;
    else if (*link)
        free_job(link);
}

/* One process has ended: whether its work may be tried again. */
static bool collect(struct reaper *r, struct job **link, int status)
{
    struct job *job = *link;

    job->pid = 0;
    job->done = WIFEXITED(status) && !WEXITSTATUS(status);
    if (!job->done)
        pel_log(r->ctx, PEL_LOG_WARN, "peld %s %s failed, try %u of %d",
                job->mode, job->target, job->tries, REAP_TRIES);
    /* A restart that is asked for again is another one. */
    if (job->forget || (job->done && !strcmp(job->mode, "--restart"))) {
        free_job(link);
        return false;
    }

    return !job->done && job->tries < REAP_TRIES;
}

bool reaper_collect(struct reaper *r)
{
    bool again = false;
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct job **link = &r->jobs;

        while (*link && (*link)->pid != pid)
            link = &(*link)->next;
        if (*link)
            again |= collect(r, link, status);
    }

    return again;
}

void reaper_be_worker(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    if (write(fd, "0", 1) != 1)
        errno = 0; /* then it is as safe as peld */
    close(fd);
}
