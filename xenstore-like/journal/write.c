/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal's file: frames at its end, and new files; keeps JOURNAL-1. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include <store/journal.h>
#include <store/log.h>
#include <store/mem.h>
#include <store/sys.h>

#include "file.h"

#define STEP_BYTES 65536       /* of a snapshot in one round */
#define GROW_MIN (1024 * 1024) /* bytes that are worth a new file */
#define BATCH_KEEP 65536       /* bytes of room, for the next round */
#define RETRY_MS 1000

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Add one frame to @f: 0, or a negative errno and @f is as it was. */
static int append(struct journal_file *f, enum frame_kind kind,
                  const void *body, size_t len)
{
    struct frame_head head;
    struct iovec iov[2] = { { &head, sizeof(head) }, { (void *)body, len } };
    size_t all = sizeof(head) + len;
    ssize_t put;

    frame_seal(&head, kind, f->seq + 1, body, len);
    do {
        put = sys_pwritev(f->fd, iov, len ? 2 : 1, f->size);
    } while (put < 0 && errno == EINTR);
    if (put != (ssize_t)all) {
        put = put < 0 ? -errno : -ENOSPC;
        /* Should this fail too, the sums tell: it was not a whole frame. */
        if (sys_ftruncate(f->fd, f->size))
            put = -EIO;
        return put;
    }
    f->seq++;
    f->size += all;
    return 0;
}

static void file_close(struct journal_file *f)
{
    if (f->fd >= 0)
        sys_close(f->fd);
    f->fd = -1;
}

static void dump_stop(struct journal *j)
{
    dump_end(&j->dump);
    j->dumping = false;
}

/* Give the new file up. */
static void new_drop(struct journal *j)
{
    dump_stop(j);
    if (j->new.fd >= 0)
        sys_unlink(j->path_new);
    file_close(&j->new);
}

static int new_begin(struct journal *j)
{
    struct journal_file *f = &j->new;
    const char *boot_id = j->boot_id ? j->boot_id : "";
    int err;

    *f = (struct journal_file){ .fd = -1 };
    err = dump_begin(&j->dump, j->srv);
    j->dumping = true;
    if (err)
        goto fail;
    f->fd =
        sys_open(j->path_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (f->fd < 0 || sys_flock(f->fd, LOCK_EX | LOCK_NB)) {
        err = -errno;
        goto fail;
    }
    f->size = strlen(FILE_WHOLE);
    if (sys_pwrite(f->fd, FILE_WHOLE, f->size, 0) != f->size) {
        err = -ENOSPC;
        goto fail;
    }
    err = append(f, FRAME_ORIGIN, boot_id, strlen(boot_id));
    if (!err)
        return 0;
fail:
    new_drop(j);
    return err;
}

/* The new file is whole: it takes the old one's place. */
static int new_finish(struct journal *j)
{
    int err = append(&j->new, FRAME_SNAPSHOT_END, NULL, 0);

    if (err)
        return err;
    if (sys_fsync(j->new.fd) || sys_rename(j->path_new, j->path))
        return -errno;
    file_close(&j->old);
    j->old = j->new;
    j->new.fd = -1;
    j->snapshot = j->old.size;
    j->behind = false;
    j->retry = 0;
    dump_stop(j);
    return 0;
}

/* One more part: 1 there is more; 0 the new file is in place; negative. */
static int new_step(struct journal *j)
{
    struct buf *batch = &j->dump.records.batch;
    int more = dump_step(&j->dump, STEP_BYTES), err;

    if (more < 0)
        return more;
    err = append(&j->new, FRAME_SNAPSHOT, buf_head(batch), buf_len(batch));
    buf_clear(batch);
    if (err)
        return err;
    return more ? 1 : new_finish(j);
}

int journal_renew(struct journal *j)
{
    int more = new_begin(j);

    if (more)
        return more;
    do {
        more = new_step(j);
    } while (more > 0);
    if (more)
        new_drop(j);
    return more;
}

/* The file lacks something from now on; whoever reads it shall know. */
static void fall_behind(struct journal *j, int err)
{
    j->retry = now_ms() + RETRY_MS;
    if (j->behind)
        return;
    j->behind = true;
    log_line("journal %s: %s: until there is room, what changes would be "
             "lost with me",
             j->path, strerror(-err));
    if (sys_pwrite(j->old.fd, FILE_LACKING, strlen(FILE_LACKING), 0) < 0)
        log_line("journal %s: %s", j->path, strerror(errno));
}

/* All that the connections did, as one frame. */
static void commit(struct journal *j)
{
    struct buf *batch = &j->records.batch;
    struct list *pos, *next;
    int err = 0;

    for (LIST_EACH(pos, next, &j->srv->dirty))
        record_conn(list_entry(pos, struct conn, dirty));
    if (j->records.lost)
        err = -ENOMEM;
    else if (buf_len(batch) && !j->behind)
        err = append(&j->old, FRAME_LOG, buf_head(batch), buf_len(batch));
    if (err)
        fall_behind(j, err);

    if (j->dumping &&
        (j->records.lost ||
         (buf_len(batch) &&
          append(&j->new, FRAME_LOG, buf_head(batch), buf_len(batch)))))
        new_drop(j);
    j->records.lost = false;
    buf_empty(batch, BATCH_KEEP);
}

static bool wants_new(const struct journal *j)
{
    off_t grown = j->old.size - j->snapshot;

    if (!j->behind && (grown < GROW_MIN || grown < j->snapshot))
        return false;
    return !j->retry || now_ms() >= j->retry;
}

int journal_round(struct journal *j)
{
    int more = 0;

    commit(j);
    if (!j->dumping && wants_new(j))
        more = new_begin(j);
    if (!more && j->dumping)
        more = new_step(j);
    if (more < 0) {
        new_drop(j);
        j->retry = now_ms() + RETRY_MS; /* the old one does as long */
    }
    if (j->dumping)
        return 0;
    return j->behind ? RETRY_MS : -1;
}

void journal_close(struct journal *j)
{
    if (!j->path)
        return; /* it was never opened */
    if (j->dumping)
        new_drop(j);
    file_close(&j->old);
    buf_clear(&j->records.batch);
    if (j->srv)
        j->srv->records = NULL;
    mem_free(j->path_new);
    memset(j, 0, sizeof(*j));
}
