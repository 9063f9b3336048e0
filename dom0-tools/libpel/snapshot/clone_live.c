/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another guest from one that runs, without a file between them: one process
 * captures the original, this one builds the clone from what comes.  (Threads
 * would share a list of mappings, and wait for each other at every change.)
 * The end of the stream is held back until the original goes on and the disks
 * have their names; so a clone that is whole has all that it needs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "bring_back.h"
#include "clone.h"
#include "follow.h"

#define ENOUGH (256u << 10) /* bytes that are worth a call */

/* What the capturing process says in the end, in memory of both. */
struct verdict {
    int rc;
    uint32_t still_ms;
    char message[PEL_MESSAGE_MAX];
};

struct live {
    struct pel_ctx *ctx; /* in the other process one of its own */
    uint32_t domid;
    struct pel_config original, clone;
    struct disk_sources sources;
    struct follower follower;
    struct new_disks disks;
    struct pel_capture capture;
    struct verdict *verdict;
    int in, out;
    bool ended; /* nothing more came */
    uint8_t *buffer;
    size_t used, room;
};

/* ---- the process that captures ------------------------------------------ */

static int flush(struct live *l)
{
    for (size_t at = 0; at < l->used;) {
        ssize_t n = send(l->out, l->buffer + at, l->used - at, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return pel_fail_sys(l->ctx, PEL_EIO, "cannot fill the clone");
        at += n;
    }
    l->used = 0;
    return 0;
}

static int make_room(struct live *l, size_t len)
{
    size_t room = l->room ? l->room : 2 * ENOUGH;
    uint8_t *buffer;

    while (room < l->used + len)
        room *= 2;
    if (room == l->room)
        return 0;
    buffer = realloc(l->buffer, room);
    if (!buffer)
        return pel_fail_oom(l->ctx);
    l->buffer = buffer;
    l->room = room;
    return 0;
}

/* The last bytes wait for flush(), and all while the original stands still. */
static int put(void *arg, const void *buf, size_t len)
{
    struct live *l = arg;
    int rc = 0;

    if (l->used >= ENOUGH && !l->capture.hurry)
        rc = flush(l);
    if (!rc)
        rc = make_room(l, len);
    if (rc)
        return rc;
    if (buf)
        memcpy(l->buffer + l->used, buf, len);
    else
        memset(l->buffer + l->used, 0, len);
    l->used += len;
    return 0;
}

static int put_disk_piece(void *arg, size_t i, uint64_t from, const void *data,
                          uint64_t len)
{
    struct live *l = arg;

    return image_file_write_at(&l->disks.files[i], from, data, len);
}

static int follow_disks(void *arg)
{
    struct live *l = arg;

    return follow_begin(&l->follower, l->domid, &l->original);
}

/* A file whose disk was followed has all but its length. */
static int finish_disk(struct live *l, size_t i)
{
    const struct disk_source *s = &l->sources.list[i];
    struct image_file *f = &l->disks.files[i];

    if (!s->followed)
        return disk_copy_file(l->ctx, s, f, l->capture.stop);
    image_file_write_end(f, s->size);
    return 0;
}

static int copy_disks(void *arg)
{
    struct live *l = arg;
    int rc = follow_last(&l->follower, l->domid);

    for (size_t i = 0; !rc && i < l->sources.nr; i++)
        rc = finish_disk(l, i);
    return rc;
}

static void capture(struct live *l)
{
    struct verdict *v = l->verdict;
    struct pel_ctx ctx;
    int rc;

    pel_ctx_init(&ctx);
    ctx.log_level = l->ctx->log_level;
    l->ctx = &ctx;
    for (size_t i = 0; i < l->disks.nr; i++)
        l->disks.files[i].ctx = &ctx;
    l->follower.ctx = &ctx;
    l->follower.sources = &l->sources;
    l->follower.stop = l->capture.stop;
    l->follower.put = put_disk_piece;
    l->follower.arg = l;
    l->capture.disks = follow_rounds(&l->follower);
    rc = pel_domain_capture(&ctx, l->domid, &l->capture);
    follow_end(&l->follower);
    if (!rc)
        rc = new_disks_commit(&l->disks);
    v->still_ms = l->capture.still_ms;
    if (!rc)
        rc = flush(l);
    snprintf(v->message, sizeof(v->message), "%s", pel_error_message(&ctx));
    v->rc = rc;
    pel_ctx_close(&ctx);
    _exit(0);
}

/* ---- the one that builds ------------------------------------------------ */

static int get(void *arg, void *buf, size_t len)
{
    struct live *l = arg;
    uint8_t *p = buf;

    while (len) {
        ssize_t n = recv(l->in, p, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        l->ended = n <= 0;
        if (n <= 0)
            return pel_fail(l->ctx, PEL_EIO,
                            "the process that reads the original has ended");
        p += n;
        len -= n;
    }
    return 0;
}

/* What the other one says becomes ours if it is what failed. */
static int hear(struct live *l, int rc)
{
    const struct verdict *v = l->verdict;

    if (!v->rc || !l->ended)
        return rc;
    pel_error_clear(l->ctx);
    return pel_fail(l->ctx, -v->rc, "%s", v->message);
}

static int run(struct live *l, uint32_t *newid)
{
    int ends[2], rc = 0;
    pid_t pid;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return pel_fail_sys(l->ctx, PEL_EIO, "cannot make a pair of sockets");
    l->in = ends[0];
    l->out = ends[1];
    pid = fork();
    if (pid < 0)
        rc = pel_fail_sys(l->ctx, PEL_EIO, "cannot start a process");
    if (pid == 0) {
        close(ends[0]);
        capture(l);
    }
    close(ends[1]);
    if (!rc)
        rc = bring_image(l->ctx, get, l, NULL, l->capture.stop, newid);
    close(ends[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    rc = hear(l, rc);
    if (rc)
        new_disks_remove(&l->disks);
    return rc;
}

/* All that can fail before the original is disturbed. */
static int prepare(struct live *l, const struct pel_clone *how, char **text)
{
    struct image_file *f;
    char *path;
    int rc = pel_domain_config(l->ctx, l->domid, &l->original);

    if (!rc)
        rc = pel_domain_config(l->ctx, l->domid, &l->clone);
    if (!rc)
        rc = disks_open(l->ctx, &l->original, &l->sources);
    if (!rc)
        rc = clone_identity(l->ctx, &l->clone, how);
    for (size_t i = 0; !rc && i < l->clone.nr_disks; i++) {
        if (!l->clone.disks[i].writable)
            continue;
        rc = clone_disk(l->ctx, &l->clone.disks[i], how, &path);
        if (!rc)
            rc = new_disk_begin(l->ctx, path, l->original.disks[i].target,
                                &l->disks, &f);
    }
    return rc ? rc : pel_domain_image_text(l->ctx, l->domid, &l->clone, text);
}

int pel_domain_clone(struct pel_ctx *ctx, uint32_t domid,
                     const struct pel_clone *how, bool (*stop)(void),
                     uint32_t *newid, uint64_t *still_ms)
{
    struct live *l = calloc(1, sizeof(*l));
    char *text = NULL;
    int rc;

    if (!l)
        return pel_fail_oom(ctx);
    l->ctx = ctx;
    l->domid = domid;
    pel_config_init(&l->original);
    pel_config_init(&l->clone);
    l->verdict = mmap(NULL, sizeof(*l->verdict), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    rc = l->verdict == MAP_FAILED ? pel_fail_oom(ctx)
                                  : clone_name_check(ctx, how->name);
    if (!rc)
        rc = prepare(l, how, &text);
    l->capture = (struct pel_capture){
        .config = text,
        .write = put,
        .begin = follow_disks,
        .still = copy_disks,
        .arg = l,
        .stop = stop,
    };
    if (!rc)
        rc = run(l, newid);
    if (!rc)
        *still_ms = l->verdict->still_ms;
    if (l->verdict != MAP_FAILED)
        munmap(l->verdict, sizeof(*l->verdict));
    new_disks_end(&l->disks);
    disks_close(&l->sources);
    pel_config_free(&l->original);
    pel_config_free(&l->clone);
    free(text);
    free(l);
    return rc;
}
