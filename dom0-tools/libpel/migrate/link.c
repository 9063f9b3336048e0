/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Links.  Nothing waits for ever: each wait ends when nothing has moved for a
 * while, and is interrupted now and then to ask whether to stop.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zstd.h>
#include <pel/ctx.h>
#include <pel/link.h>
#include <pel/store.h>

#define TICK_MS 100
#define IDLE_MS 300000 /* the longest that nothing may move */
#define END_MS 3000    /* for the program to end by itself */
#define ZSTD_LEVEL 1
#define PACKERS 4     /* threads; more outrun most networks */
#define WINDOW_LOG 23 /* that a sender may have us allocate */

static int lost(struct link *l)
{
    return pel_fail(l->ctx, PEL_EIO,
                    "the connection to the other host is lost");
}

static int make_buffers(struct link *l)
{
    l->out_buf = malloc(LINK_BUFFER);
    l->in_buf = malloc(LINK_BUFFER);
    l->packed = malloc(LINK_BUFFER);
    return l->out_buf && l->in_buf && l->packed ? 0 : pel_fail_oom(l->ctx);
}

int link_attach(struct pel_ctx *ctx, int in, int out, struct link *l)
{
    *l = (struct link){ .ctx = ctx, .in = in, .out = out };
    if (fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK) ||
        fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK))
        return pel_fail_sys(ctx, PEL_EIO, "cannot set up the connection");
    return make_buffers(l);
}

/* In the new process.  Our own keyboard's signals are not for it. */
static void run(const char *command, int in, int out)
{
    sigset_t none;

    signal(SIGINT, SIG_IGN);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
        _exit(127);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

int link_open(struct pel_ctx *ctx, const char *command, struct link *l)
{
    int there[2], back[2];
    int rc;

    *l = (struct link){ .ctx = ctx, .in = -1, .out = -1 };
    if (pipe2(there, O_CLOEXEC))
        return pel_fail_sys(ctx, PEL_EIO, "cannot make a pipe");
    if (pipe2(back, O_CLOEXEC)) {
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot make a pipe");
        close(there[0]);
        close(there[1]);
        return rc;
    }
    rc = link_attach(ctx, back[0], there[1], l);
    l->child = rc ? -1 : fork();
    if (l->child == 0)
        run(command, there[0], back[1]);
    close(there[0]);
    close(back[1]);
    if (!rc && l->child < 0)
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot start another process");
    return rc;
}

/*
 * Waits until one of @events (POLLIN on in, POLLOUT on out) is there.
 * Returns: 0; -PEL_ESTATE stopped; -PEL_ETIMEDOUT without a message
 */
static int wait_for(struct link *l, short events, int limit_ms)
{
    struct pollfd fds[2] = {
        { .fd = events & POLLIN ? l->in : -1, .events = POLLIN },
        { .fd = events & POLLOUT ? l->out : -1, .events = POLLOUT },
    };
    uint64_t end = pel_store_now_ns() + limit_ms * 1000000ull;

    for (;;) {
        int n = poll(fds, 2, TICK_MS);

        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return pel_fail_sys(l->ctx, PEL_EIO, "cannot wait");
        if (l->stop && l->stop())
            return pel_fail(l->ctx, PEL_ESTATE, "interrupted");
        if (pel_store_now_ns() > end)
            return -PEL_ETIMEDOUT;
    }
}

static int too_slow(struct link *l, int rc)
{
    if (rc != -PEL_ETIMEDOUT)
        return rc;
    return pel_fail(l->ctx, PEL_EIO, "the other host has not moved for %d s",
                    IDLE_MS / 1000);
}

/* ---- out ------------------------------------------------------------------
 */

/* The link broke, or it will not take more: why, if the other side says so. */
static int why(struct link *l)
{
    bool (*stop)(void) = l->stop;
    char line[LINK_LINE];
    int rc;

    l->stop = NULL;
    rc = link_hear(l, line, 1000);
    l->stop = stop;
    if (!rc)
        return pel_fail(l->ctx, PEL_EIO, "the other host says \"%.80s\"", line);
    return rc == -PEL_ETIMEDOUT ? lost(l) : rc;
}

static int put(struct link *l, const uint8_t *p, size_t len)
{
    while (len) {
        ssize_t n = write(l->out, p, len);
        int rc = 0;

        if (n < 0 && errno == EAGAIN)
            rc = too_slow(l, wait_for(l, POLLOUT, IDLE_MS));
        else if (n <= 0 && errno != EINTR)
            return why(l);
        if (rc)
            return rc;
        if (n > 0) {
            p += n;
            len -= n;
            l->sent += n;
        }
    }
    return 0;
}

static int put_buffer(struct link *l)
{
    size_t len = l->out_used;

    l->out_used = 0;
    return put(l, l->out_buf, len);
}

/* Into the frame, and onto the link as far as @how wants it to be there. */
static int pack(struct link *l, const void *p, size_t len,
                ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = { .src = p, .size = len };
    size_t left;
    int rc = 0;

    do {
        ZSTD_outBuffer out = { l->out_buf, LINK_BUFFER, l->out_used };

        left = ZSTD_compressStream2(l->packer, &out, &in, how);
        if (ZSTD_isError(left))
            return pel_fail(l->ctx, PEL_EIO, "cannot compress: %s",
                            ZSTD_getErrorName(left));
        l->out_used = out.pos;
        if (out.pos == LINK_BUFFER || how != ZSTD_e_continue)
            rc = put_buffer(l);
    } while (!rc && (how == ZSTD_e_continue ? in.pos < len : left));
    return rc;
}

int link_flush(struct link *l)
{
    return l->packer ? pack(l, NULL, 0, ZSTD_e_flush) : put_buffer(l);
}

static int collect(struct link *l, const uint8_t *p, size_t len)
{
    int rc = 0;

    while (!rc && len) {
        size_t n = LINK_BUFFER - l->out_used;

        if (n > len)
            n = len;
        memcpy(l->out_buf + l->out_used, p, n);
        l->out_used += n;
        len -= n;
        p += n;
        if (l->out_used == LINK_BUFFER)
            rc = put_buffer(l);
    }
    return rc;
}

int link_write(void *arg, const void *buf, size_t len)
{
    static const uint8_t zeros[4096];
    struct link *l = arg;
    int rc = 0;

    while (!rc && len) {
        size_t n = buf || len < sizeof(zeros) ? len : sizeof(zeros);
        const void *p = buf ? buf : zeros;

        rc = l->packer ? pack(l, p, n, ZSTD_e_continue) : collect(l, p, n);
        len -= n;
    }
    return rc;
}

int link_say(struct link *l, const char *fmt, ...)
{
    char line[LINK_LINE];
    va_list args;
    int len, rc;

    va_start(args, fmt);
    len = vsnprintf(line, sizeof(line) - 1, fmt, args);
    va_end(args);
    if (len < 0 || (size_t)len >= sizeof(line) - 1)
        len = sizeof(line) - 2;
    line[len++] = '\n';
    rc = link_write(l, line, len);
    return rc ? rc : link_flush(l);
}

/* ---- in -------------------------------------------------------------------
 */

/* At least one byte more, at most @max. */
static int get_some(struct link *l, void *buf, size_t max, int limit_ms,
                    size_t *got)
{
    for (;;) {
        ssize_t n = read(l->in, buf, max);
        int rc = 0;

        if (n > 0) {
            *got = n;
            return 0;
        }
        if (n == 0 || (errno != EAGAIN && errno != EINTR))
            return lost(l);
        rc = wait_for(l, POLLIN, limit_ms);
        if (rc)
            return rc;
    }
}

/* More of the frame into in_buf, or nothing: it has ended. */
static int unpack(struct link *l, int limit_ms)
{
    while (!l->unpacked) {
        ZSTD_inBuffer in = { l->packed, l->packed_end, l->packed_at };
        ZSTD_outBuffer out = { l->in_buf, LINK_BUFFER, 0 };
        size_t left = ZSTD_decompressStream(l->unpacker, &out, &in);
        int rc;

        if (ZSTD_isError(left))
            return pel_fail(l->ctx, PEL_EFORMAT, "the stream is damaged");
        l->packed_at = in.pos;
        l->in_end = out.pos;
        l->unpacked = !left;
        if (out.pos)
            break;
        if (in.pos < in.size)
            continue;
        l->packed_at = l->packed_end = 0;
        rc = l->unpacked ? 0
                         : get_some(l, l->packed, LINK_BUFFER, limit_ms,
                                    &l->packed_end);
        if (rc)
            return rc;
    }
    return 0;
}

static int fill(struct link *l, int limit_ms)
{
    int rc;

    l->in_at = l->in_end = 0;
    if (!l->unpacker)
        return get_some(l, l->in_buf, LINK_BUFFER, limit_ms, &l->in_end);
    rc = unpack(l, limit_ms);
    if (!rc && !l->in_end)
        rc = pel_fail(l->ctx, PEL_EFORMAT, "the stream is damaged");
    return rc;
}

int link_read(void *arg, void *buf, size_t len)
{
    struct link *l = arg;
    uint8_t *p = buf;

    while (len) {
        size_t n = l->in_end - l->in_at;
        int rc = n ? 0 : too_slow(l, fill(l, IDLE_MS));

        if (rc)
            return rc;
        n = l->in_end - l->in_at < len ? l->in_end - l->in_at : len;
        memcpy(p, l->in_buf + l->in_at, n);
        l->in_at += n;
        p += n;
        len -= n;
    }
    return 0;
}

int link_wait(struct link *l, int limit_ms)
{
    return l->in_at < l->in_end ? 0 : wait_for(l, POLLIN, limit_ms);
}

int link_hear(struct link *l, char *line, int limit_ms)
{
    size_t len = 0;

    for (;;) {
        int rc = l->in_at < l->in_end ? 0 : fill(l, limit_ms);
        char c;

        if (rc)
            return rc;
        c = l->in_buf[l->in_at++];
        if (c == '\n')
            break;
        if (len == LINK_LINE - 1)
            return pel_fail(l->ctx, PEL_EFORMAT,
                            "the other host does not speak our language");
        /* What is told must not steer a terminal. */
        line[len++] = iscntrl((unsigned char)c) ? '?' : c;
    }
    line[len] = '\0';
    if (strncmp(line, "FAIL ", 5))
        return 0;
    return pel_fail(l->ctx, PEL_ESTATE, "the other host says: %s", line + 5);
}

int link_expect(struct link *l, const char *word, int limit_ms,
                const char *late)
{
    char line[LINK_LINE];
    int rc = link_hear(l, line, limit_ms);

    if (rc == -PEL_ETIMEDOUT)
        return pel_fail(l->ctx, PEL_ETIMEDOUT, "%s", late);
    if (!rc && strcmp(line, word))
        rc = pel_fail(l->ctx, PEL_EFORMAT, "the other host says \"%.80s\"",
                      line);
    return rc;
}

/* A library without threads packs in this one. */
static int begin_packing(struct link *l)
{
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);

    l->packer = ZSTD_createCCtx();
    if (!l->packer)
        return pel_fail_oom(l->ctx);
    ZSTD_CCtx_setParameter(l->packer, ZSTD_c_compressionLevel, ZSTD_LEVEL);
    ZSTD_CCtx_setParameter(l->packer, ZSTD_c_nbWorkers,
                           cpus > PACKERS ? PACKERS : cpus - 1);
    return 0;
}

int link_compress(struct link *l, bool on)
{
    int rc;

    if (!l->packer) {
        rc = link_flush(l);
        return rc || !on ? rc : begin_packing(l);
    }
    if (on)
        return 0;
    rc = pack(l, NULL, 0, ZSTD_e_end);
    ZSTD_freeCCtx(l->packer);
    l->packer = NULL;
    return rc;
}

/* What stands behind the frame is read next, as it is. */
static int end_unpacking(struct link *l)
{
    int rc = 0;

    if (l->in_at == l->in_end) {
        l->in_at = l->in_end = 0;
        rc = too_slow(l, unpack(l, IDLE_MS));
    }
    if (!rc && l->in_at < l->in_end)
        rc = pel_fail(l->ctx, PEL_EFORMAT, "the stream has more than it says");
    l->in_at = 0;
    l->in_end = l->packed_end - l->packed_at;
    memcpy(l->in_buf, l->packed + l->packed_at, l->in_end);
    ZSTD_freeDCtx(l->unpacker);
    l->unpacker = NULL;
    return rc;
}

int link_decompress(struct link *l, bool on)
{
    if (!on)
        return l->unpacker ? end_unpacking(l) : 0;
    l->unpacker = ZSTD_createDCtx();
    if (!l->unpacker)
        return pel_fail_oom(l->ctx);
    ZSTD_DCtx_setParameter(l->unpacker, ZSTD_d_windowLogMax, WINDOW_LOG);
    l->unpacked = false;
    /* What has been read already belongs to the frame. */
    l->packed_at = 0;
    l->packed_end = l->in_end - l->in_at;
    memcpy(l->packed, l->in_buf + l->in_at, l->packed_end);
    l->in_at = l->in_end = 0;
    return 0;
}

/* ---- the end ---------------------------------------------------------------
 */

static void close_ends(struct link *l)
{
    if (l->in >= 0)
        close(l->in);
    if (l->out >= 0 && l->out != l->in)
        close(l->out);
    l->in = l->out = -1;
}

void link_cut(struct link *l)
{
    if (l->child > 0)
        kill(l->child, SIGKILL);
    close_ends(l);
}

/* Waits for the program, and helps it to end. */
static void reap(pid_t child)
{
    const struct timespec nap = { .tv_nsec = 10000000 };
    static const int signals[] = { 0, SIGTERM, SIGKILL };

    for (size_t i = 0; i < 3; i++) {
        uint64_t end = pel_store_now_ns() + END_MS * 1000000ull;

        if (signals[i])
            kill(child, signals[i]);
        while (pel_store_now_ns() < end) {
            if (waitpid(child, NULL, WNOHANG))
                return;
            nanosleep(&nap, NULL);
        }
    }
}

void link_close(struct link *l)
{
    close_ends(l);
    if (l->child > 0)
        reap(l->child);
    l->child = 0;
    ZSTD_freeCCtx(l->packer);
    ZSTD_freeDCtx(l->unpacker);
    free(l->out_buf);
    free(l->in_buf);
    free(l->packed);
    l->out_buf = l->in_buf = l->packed = NULL;
    l->packer = NULL;
    l->unpacker = NULL;
}
