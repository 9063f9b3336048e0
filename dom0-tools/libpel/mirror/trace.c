/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's tracing of a block device: ioctls switch it on, and each CPU's
 * events are read from a file in debugfs.
 *
 * A file's reader has to be on its CPU: there the kernel adds an event with
 * interrupts off, so nobody sees half of one.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/fs.h>
#include <linux/blktrace_api.h>
#include <pel/ctx.h>
#include <pel/store.h>
#include "local.h"

#define DEBUGFS "/sys/kernel/debug"
#define PIECES 8u /* of a CPU's buffer: 4 MiB, about 87000 events */
#define PIECE_BYTES (512u << 10)
#define ROOM (128u << 10) /* more than the longest event */

/* One CPU's events. */
struct stream {
    int fd;
    uint8_t *buf; /* ROOM; begins with what was read of the next event */
    size_t used;
};

struct trace {
    struct pel_ctx *ctx;
    int fd; /* the device; not ours */
    char name[TRACE_NAME];
    size_t nr_cpus;
    struct stream *cpus;
    int dropped_fd;
    unsigned long dropped; /* events, as the kernel counts */
    struct io_events events;
};

static int cannot_trace(struct pel_ctx *ctx, const char *path)
{
    if (errno == EBUSY)
        return pel_fail(ctx, PEL_ESTATE,
                        "%s is being traced already: blktrace -d %s -k ends "
                        "that",
                        path, path);
    if (errno == ENOTTY || errno == EOPNOTSUPP || errno == EINVAL)
        return pel_fail(ctx, PEL_ENOTSUP,
                        "dom0's kernel cannot trace %s "
                        "(CONFIG_BLK_DEV_IO_TRACE)",
                        path);
    return pel_fail_sys(ctx, PEL_EIO, "cannot trace %s", path);
}

static int mount_debugfs(struct pel_ctx *ctx)
{
    if (!access(DEBUGFS "/block", F_OK) ||
        !mount("debugfs", DEBUGFS, "debugfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
               NULL) ||
        errno == EBUSY)
        return 0;
    return pel_fail_sys(ctx, PEL_EIO, "cannot mount debugfs at " DEBUGFS);
}

/* A CPU that comes later has its file from then on. */
static void open_streams(struct trace *t)
{
    char path[128];

    for (size_t i = 0; i < t->nr_cpus; i++) {
        if (t->cpus[i].fd >= 0)
            continue;
        snprintf(path, sizeof(path), DEBUGFS "/block/%s/trace%zu", t->name, i);
        t->cpus[i].fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    }
}

static int set_up(struct trace *t, const char *path, bool whole)
{
    char dropped[128];
    struct blk_user_trace_setup s = {
        .act_mask = whole ? BLK_TC_COMPLETE : BLK_TC_QUEUE | BLK_TC_COMPLETE,
        .buf_size = PIECE_BYTES,
        .buf_nr = PIECES,
    };
    bool any = false;

    if (ioctl(t->fd, BLKTRACESETUP, &s))
        return cannot_trace(t->ctx, path);
    snprintf(t->name, sizeof(t->name), "%.31s", s.name);
    open_streams(t);
    for (size_t i = 0; i < t->nr_cpus; i++)
        any = any || t->cpus[i].fd >= 0;
    snprintf(dropped, sizeof(dropped), DEBUGFS "/block/%s/dropped", t->name);
    t->dropped_fd = open(dropped, O_RDONLY | O_CLOEXEC);
    if (any && t->dropped_fd >= 0 && !ioctl(t->fd, BLKTRACESTART))
        return 0;
    cannot_trace(t->ctx, path);
    ioctl(t->fd, BLKTRACETEARDOWN);
    return -PEL_EIO;
}

int trace_begin(struct pel_ctx *ctx, int fd, const char *path, bool whole,
                struct trace **out)
{
    long nr = sysconf(_SC_NPROCESSORS_CONF);
    struct trace *t = calloc(1, sizeof(*t));
    int rc = t ? mount_debugfs(ctx) : pel_fail_oom(ctx);

    *out = NULL;
    if (!rc && (nr < 1 || nr > CPU_SETSIZE))
        rc = pel_fail(ctx, PEL_ENOTSUP, "dom0 has too many CPUs (%ld)", nr);
    if (rc) {
        free(t);
        return rc;
    }
    t->ctx = ctx;
    t->fd = fd;
    t->dropped_fd = -1;
    t->nr_cpus = nr;
    t->cpus = calloc(t->nr_cpus, sizeof(*t->cpus));
    if (!t->cpus)
        rc = pel_fail_oom(ctx);
    for (size_t i = 0; !rc && i < t->nr_cpus; i++) {
        t->cpus[i].fd = -1;
        t->cpus[i].buf = malloc(ROOM);
        if (!t->cpus[i].buf)
            rc = pel_fail_oom(ctx);
    }
    if (!rc)
        rc = set_up(t, path, whole);
    if (!rc) {
        *out = t;
        return 0;
    }
    t->fd = -1;
    trace_end(t);
    return rc;
}

void trace_forget(int fd)
{
    ioctl(fd, BLKTRACESTOP);
    ioctl(fd, BLKTRACETEARDOWN);
}

void trace_end(struct trace *t)
{
    if (!t)
        return;
    for (size_t i = 0; t->cpus && i < t->nr_cpus; i++) {
        if (t->cpus[i].buf && t->cpus[i].fd >= 0)
            close(t->cpus[i].fd);
        free(t->cpus[i].buf);
    }
    if (t->dropped_fd >= 0)
        close(t->dropped_fd);
    if (t->fd >= 0)
        trace_forget(t->fd);
    io_events_free(&t->events);
    free(t->cpus);
    free(t);
}

/* All that is there for one CPU. */
static int read_stream(struct trace *t, struct stream *s)
{
    for (;;) {
        ssize_t n = read(s->fd, s->buf + s->used, ROOM - s->used);
        size_t taken;
        int rc;

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return pel_fail_sys(t->ctx, PEL_EIO,
                                "cannot read the trace of a disk");
        if (n <= 0)
            return 0;
        s->used += n;
        rc = io_events_add(t->ctx, &t->events, s->buf, s->used, &taken);
        if (rc)
            return rc;
        s->used -= taken;
        memmove(s->buf, s->buf + taken, s->used);
    }
}

static bool is_offline(size_t cpu)
{
    char path[64], c = '1';
    FILE *f;

    snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%zu/online", cpu);
    f = fopen(path, "re");
    if (!f)
        return false;
    if (fscanf(f, "%c", &c) != 1)
        c = '1';
    fclose(f);
    return c == '0';
}

/* Where we may not be, events could be seen half. */
static int go_to(struct trace *t, size_t cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    if (!sched_setaffinity(0, sizeof(one), &one) || is_offline(cpu))
        return 0;
    return pel_fail_sys(t->ctx, PEL_EIO,
                        "cannot run on CPU %zu, where a trace has to be read",
                        cpu);
}

static int read_streams(struct trace *t)
{
    cpu_set_t was;
    int rc = 0;

    open_streams(t);
    sched_getaffinity(0, sizeof(was), &was);
    for (size_t i = 0; !rc && i < t->nr_cpus; i++) {
        if (t->cpus[i].fd < 0)
            continue;
        rc = go_to(t, i);
        if (!rc)
            rc = read_stream(t, &t->cpus[i]);
    }
    sched_setaffinity(0, sizeof(was), &was);
    return rc;
}

/*
 * Whether the kernel has left out anything since the last time.  The file goes
 * with the trace, so that one that somebody ended is noticed.
 */
static int ask_dropped(struct trace *t, bool *lost)
{
    char text[24];
    unsigned long nr;
    ssize_t n = pread(t->dropped_fd, text, sizeof(text) - 1, 0);

    if (n <= 0)
        return pel_fail(t->ctx, PEL_ESTATE,
                        "somebody has ended the trace of a disk");
    text[n] = '\0';
    nr = strtoul(text, NULL, 10);
    if (nr != t->dropped)
        *lost = true;
    t->dropped = nr;
    return 0;
}

int trace_read(struct trace *t, uint64_t base, struct block_map *m, bool *lost)
{
    uint64_t now = pel_store_now_ns(); /* the clock of the events, too */
    int rc = read_streams(t);

    if (!rc)
        rc = ask_dropped(t, lost);
    return rc ? rc : io_events_apply(t->ctx, &t->events, now, base, m);
}

int trace_read_last(struct trace *t, uint64_t base, struct block_map *m,
                    bool *lost)
{
    int rc = read_streams(t);

    if (!rc)
        rc = ask_dropped(t, lost);
    if (!rc)
        rc = io_events_apply(t->ctx, &t->events, UINT64_MAX, base, m);
    if (!rc)
        io_events_flush(&t->events, base, m);
    return rc;
}
