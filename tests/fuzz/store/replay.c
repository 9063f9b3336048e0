/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the journal's frames, and a store made again from records.
 * Whatever the records say, the store that comes out is sound; written down
 * again it gives a store that is written down as the same bytes.
 *
 * An input that begins with F is a file, any other one records.
 */
#include <errno.h>

#include <store/dump.h>
#include <store/frame.h>
#include <store/mem.h>
#include <store/op.h>
#include <store/record.h>
#include <store/replay.h>

#include "common.h"

/* Bytes of the first record, which counts what was ever made. */
#define COUNTERS 13

static int introduce(struct server *srv, struct domain *dom, uint64_t gfn,
                     unsigned int port)
{
    (void)srv;
    (void)dom;
    (void)gfn;
    (void)port;
    return -ENOSYS;
}

static void release(struct server *srv, struct domain *dom)
{
    (void)srv;
    replay_drop(dom->conn);
    dom->conn = NULL;
}

static void ready(struct server *srv, struct conn *c)
{
    (void)srv;
    (void)c;
}

static const struct host host = { introduce, release, ready };

static void frames(const char *data, size_t len)
{
    size_t at = 0, next;
    struct frame f;

    for (; (next = frame_find(data, len, at, &f)); at = next) {
        MUST(next > at && next <= len);
        MUST(f.start >= at && f.kind > 0 && f.kind < NR_FRAME_KINDS);
        MUST(f.body >= data && f.body + f.len == data + next);
    }
}

static struct server *made_of(const void *data, size_t len)
{
    struct server *srv = server_new(&host, NULL);
    struct replay r = { .srv = srv };

    replay_records(&r, data, len);
    replay_done(&r);
    server_recount(srv);
    return srv;
}

static void drop(struct server *srv)
{
    replay_drop_all(srv);
    while (!list_empty(&srv->conns))
        replay_drop(list_entry(srv->conns.next, struct conn, link));
    server_free(srv);
}

/* All of the store as records. */
static void write_down(struct server *srv, struct buf *out)
{
    struct dump d;
    int more;

    MUST(!dump_begin(&d, srv));
    do {
        more = dump_step(&d, 1000);
        MUST(more >= 0);
        buf_append(out, buf_head(&d.records.batch), buf_len(&d.records.batch));
        buf_clear(&d.records.batch);
    } while (more);
    dump_end(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf one = { 0 }, two = { 0 };
    struct server *srv;

    mem_blocks = 0;
    if (size && data[0] == 'F') {
        frames((const char *)data + 1, size - 1);
        return 0;
    }
    srv = made_of(data, size);
    MUST(!server_check(srv));
    write_down(srv, &one);
    drop(srv);

    srv = made_of(buf_head(&one), buf_len(&one));
    MUST(!server_check(srv));
    write_down(srv, &two);
    drop(srv);
    MUST(buf_len(&one) == buf_len(&two) && buf_len(&one) > COUNTERS);
    MUST(!memcmp(buf_head(&one) + COUNTERS, buf_head(&two) + COUNTERS,
                 buf_len(&one) - COUNTERS));
    buf_clear(&one);
    buf_clear(&two);
    MUST(!mem_blocks);
    return 0;
}
