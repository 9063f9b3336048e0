/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Taking up where the last server was killed. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <store/journal.h>
#include <store/mem.h>
#include <store/replay.h>
#include <store/sys.h>

#include "file.h"

/* A file that is being read. */
struct source {
    const char *data;
    size_t len;
    struct replay replay;
    struct journal_found *found;
    size_t end;          /* behind the last whole frame */
    size_t snapshot_end; /* behind the last frame of the snapshot */
    uint64_t seq;        /* the last frame's */
    bool has_snapshot;
};

/* Do what the frames of one kind say.  0, or -ENOMEM. */
static int replay_kind(struct source *s, enum frame_kind kind)
{
    size_t at = strlen(FILE_WHOLE), next;
    struct frame f;
    int err;

    for (; (next = frame_find(s->data, s->len, at, &f)); at = next) {
        if (f.kind != kind)
            continue;
        err = replay_records(&s->replay, f.body, f.len);
        if (err == -ENOMEM)
            return err;
        if (err)
            s->found->damaged += f.len;
    }
    return 0;
}

/* Look at all frames: what is there, and what is not. */
static void survey(struct source *s, const char *boot_id)
{
    size_t at = strlen(FILE_WHOLE), next;
    struct journal_found *found = s->found;
    struct frame f;

    for (; (next = frame_find(s->data, s->len, at, &f)); at = next) {
        found->any = true;
        found->frames++;
        found->damaged += f.start - at;
        s->seq = f.seq;
        if (f.kind == FRAME_SNAPSHOT_END)
            s->has_snapshot = true;
        if (f.kind == FRAME_SNAPSHOT || f.kind == FRAME_SNAPSHOT_END)
            s->snapshot_end = next;
        if (f.kind == FRAME_ORIGIN && boot_id)
            found->foreign =
                f.len != strlen(boot_id) || memcmp(f.body, boot_id, f.len) != 0;
    }
    s->end = at;
    found->tail = found->any ? s->len - at : s->len;
    found->lacking = s->len >= strlen(FILE_LACKING) &&
                     !memcmp(s->data, FILE_LACKING, strlen(FILE_LACKING));
}

/* Clients of sockets are gone with the last server. */
static void drop_sockets(const struct replay *r)
{
    for (unsigned int fd = 0; fd < r->nr_fds; fd++) {
        if (r->by_fd[fd])
            replay_drop(r->by_fd[fd]);
    }
}

static unsigned int introduced(const struct server *srv)
{
    const struct domain *dom;
    unsigned int nr = 0;

    for (unsigned int i = 0; i < DOMID_FIRST_RESERVED; i++) {
        dom = server_domain(srv, i);
        nr += dom && dom->introduced;
    }
    return nr;
}

/* Read the open file.  1: it can go on as it is; 0: a new one is needed. */
static int recover(struct journal *j, struct journal_found *found)
{
    struct source s = { .found = found, .replay.srv = j->srv };
    struct stat st;
    int err;

    memset(found, 0, sizeof(*found));
    if (fstat(j->old.fd, &st))
        return -errno;
    if (!st.st_size)
        return 0;
    s.len = st.st_size;
    s.data = sys_map_file(j->old.fd, s.len);
    if (s.data == MAP_FAILED)
        return -errno;

    survey(&s, j->boot_id);
    err = 0;
    if (!found->foreign)
        err = replay_kind(&s, FRAME_SNAPSHOT);
    if (!err && !found->foreign)
        err = replay_kind(&s, FRAME_LOG);
    drop_sockets(&s.replay);
    replay_done(&s.replay);
    server_recount(j->srv);
    munmap((void *)s.data, s.len);
    if (err)
        return err;

    found->domains = introduced(j->srv);
    j->old.size = s.end;
    j->old.seq = s.seq;
    j->snapshot = s.snapshot_end;
    return s.has_snapshot && !found->damaged && !found->tail &&
           !found->lacking && !found->foreign;
}

static char *path_with(const char *path, const char *suffix)
{
    size_t len = strlen(path);
    char *p = mem_alloc(len + strlen(suffix) + 1);

    if (p) {
        memcpy(p, path, len);
        strcpy(p + len, suffix);
    }
    return p;
}

/*
 * Keep what cannot be read for whoever wants to know how that happened; it
 * may also be some other file, named by mistake.  What a killed server left
 * half-written at the end is no reason.
 */
static bool keep_damaged(const char *path, const struct journal_found *found)
{
    char *aside;
    bool kept;

    if (!found->damaged && (found->any || !found->tail))
        return false;
    aside = path_with(path, JOURNAL_DAMAGED);
    if (!aside)
        return false;
    sys_unlink(aside);
    kept = !sys_link(path, aside);
    mem_free(aside);
    return kept;
}

int journal_open(struct journal *j, struct server *srv, const char *path,
                 const char *boot_id, struct journal_found *found)
{
    int err;

    *j = (struct journal){ .srv = srv, .path = path, .boot_id = boot_id };
    j->old.fd = j->new.fd = -1;
    j->path_new = path_with(path, ".new");
    if (!j->path_new)
        return -ENOMEM;

    j->old.fd = sys_open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (j->old.fd < 0 || sys_flock(j->old.fd, LOCK_EX | LOCK_NB)) {
        err = errno == EWOULDBLOCK ? -EBUSY : -errno;
        goto fail;
    }
    err = found ? recover(j, found) : 0;
    if (!err && found)
        found->kept = keep_damaged(path, found);
    if (!err)
        err = journal_renew(j);
    if (err < 0)
        goto fail;
    srv->records = &j->records;
    return 0;
fail:
    journal_close(j);
    return err;
}
