/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The whole state, to the program that takes this one's place. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <store/dump.h>
#include <store/frame.h>
#include <store/handover.h>
#include <store/sys.h>

#define STEP_BYTES (1024 * 1024)

struct out {
    int fd;
    uint64_t seq;
    off_t at;
};

static int out_frame(struct out *o, enum frame_kind kind, const struct buf *b)
{
    size_t len = b ? buf_len(b) : 0, all;
    struct frame_head head;
    struct iovec iov[2] = { { &head, sizeof(head) },
                            { (void *)(b ? buf_head(b) : ""), len } };
    ssize_t put;

    frame_seal(&head, kind, ++o->seq, iov[1].iov_base, len);
    all = sizeof(head) + len;
    put = sys_pwritev(o->fd, iov, 2, o->at);
    if (put != (ssize_t)all)
        return put < 0 ? -errno : -ENOSPC;
    o->at += all;
    return 0;
}

/* What programs' connections hold, as records of their own. */
static int out_sockets(struct server *srv, struct out *o)
{
    struct records *live = srv->records, mine = { 0 };
    struct list *pos, *next;
    struct conn *c;
    int err = 0;

    srv->records = &mine;
    for (LIST_EACH(pos, next, &srv->conns)) {
        c = list_entry(pos, struct conn, link);
        if (c->handed_fd)
            record_all_of(c);
    }
    srv->records = live;
    if (mine.lost)
        err = -ENOMEM;
    if (!err && buf_len(&mine.batch))
        err = out_frame(o, FRAME_SNAPSHOT, &mine.batch);
    buf_clear(&mine.batch);
    return err;
}

int handover_write(struct server *srv, int fd)
{
    struct out o = { .fd = fd };
    struct dump d;
    int more = dump_begin(&d, srv), err = more;

    do {
        if (!err)
            more = dump_step(&d, STEP_BYTES);
        if (more < 0)
            err = more;
        if (!err)
            err = out_frame(&o, FRAME_SNAPSHOT, &d.records.batch);
        buf_empty(&d.records.batch, 2 * STEP_BYTES);
    } while (!err && more > 0);
    dump_end(&d);
    if (!err)
        err = out_sockets(srv, &o);
    return err ? err : out_frame(&o, FRAME_SNAPSHOT_END, NULL);
}

int handover_read(struct replay *r, int fd)
{
    const char *data;
    struct frame f = { 0 };
    struct stat st;
    size_t at = 0;
    int err = 0;

    if (fstat(fd, &st))
        return -errno;
    if (!st.st_size)
        return -EINVAL;
    data = sys_map_file(fd, st.st_size);
    if (data == MAP_FAILED)
        return -errno;
    while (!err && f.kind != FRAME_SNAPSHOT_END) {
        at = frame_find(data, st.st_size, at, &f);
        err = at ? replay_records(r, f.body, f.len) : -EINVAL;
    }
    munmap((void *)data, st.st_size);
    server_recount(r->srv);
    return err;
}
