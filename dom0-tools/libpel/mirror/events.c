/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events of the kernel's block tracing (linux/blktrace_api.h).  Each CPU has a
 * list of its own, so they are put into the order of their times first.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/blktrace_api.h>
#include <pel/ctx.h>
#include "local.h"

#define SECTOR_SHIFT 9
#define SECTORS_MAX (UINT64_MAX >> (SECTOR_SHIFT + 1))
#define ACTION(word) ((word)&0xffu) /* without the flag of a cgroup */
#define OPEN_MAX (1u << 16)         /* more are never under way */

void io_events_free(struct io_events *e)
{
    free(e->list);
    free(e->open);
    *e = (struct io_events){ .nr = 0 };
}

static int append(struct pel_ctx *ctx, struct io_event **list, size_t *nr,
                  size_t *room, const struct io_event *ev)
{
    if (*nr == *room) {
        size_t more = *room ? *room * 2 : 256;
        void *p = reallocarray(*list, more, sizeof(**list));

        if (!p)
            return pel_fail_oom(ctx);
        *list = p;
        *room = more;
    }
    (*list)[(*nr)++] = *ev;
    return 0;
}

/* One event, if it is of a write that begins or ends. */
static int add_one(struct pel_ctx *ctx, struct io_events *e,
                   const struct blk_io_trace *t)
{
    struct io_event ev = { .time_ns = t->time };
    uint32_t action = ACTION(t->action);

    if (t->action & BLK_TC_ACT(BLK_TC_NOTIFY) ||
        !(t->action & BLK_TC_ACT(BLK_TC_WRITE)) || !t->bytes ||
        t->sector > SECTORS_MAX ||
        (action != __BLK_TA_QUEUE && action != __BLK_TA_COMPLETE))
        return 0;
    ev.done = action == __BLK_TA_COMPLETE;
    ev.from = t->sector << SECTOR_SHIFT;
    ev.to = ev.from + t->bytes;
    return append(ctx, &e->list, &e->nr, &e->room, &ev);
}

int io_events_add(struct pel_ctx *ctx, struct io_events *e, const void *buf,
                  size_t len, size_t *used)
{
    const uint8_t *p = buf;
    struct blk_io_trace t;
    int rc = 0;

    for (*used = 0; !rc && len - *used >= sizeof(t);) {
        memcpy(&t, p + *used, sizeof(t));
        if ((t.magic & ~0xffu) != BLK_IO_TRACE_MAGIC)
            return pel_fail(ctx, PEL_EFORMAT,
                            "the kernel's trace of a disk is damaged");
        if ((t.magic & 0xffu) != BLK_IO_TRACE_VERSION)
            return pel_fail(ctx, PEL_ENOTSUP,
                            "dom0's kernel traces disks in version %u; "
                            "version %u is known here",
                            t.magic & 0xffu, BLK_IO_TRACE_VERSION);
        if (len - *used - sizeof(t) < t.pdu_len)
            return 0;
        *used += sizeof(t) + t.pdu_len;
        rc = add_one(ctx, e, &t);
    }
    return rc;
}

static int by_time(const void *a, const void *b)
{
    const struct io_event *x = a, *y = b;

    if (x->time_ns != y->time_ns)
        return x->time_ns < y->time_ns ? -1 : 1;
    return x->done - y->done; /* a write begins before it ends */
}

static void mark(struct block_map *m, uint64_t base, const struct io_event *ev)
{
    if (ev->to > base)
        block_map_mark(m, ev->from > base ? ev->from - base : 0, ev->to - base);
}

static void close_one(struct io_events *e, size_t i)
{
    e->open[i] = e->open[--e->nr_open];
}

/*
 * What has ended: this very write, or the last part of a larger one that the
 * device took apart, or several that were put together.
 */
static void end_writes(struct io_events *e, const struct io_event *ev,
                       uint64_t base, struct block_map *m)
{
    size_t whole = SIZE_MAX;

    mark(m, base, ev);
    for (size_t i = 0; i < e->nr_open; i++) {
        const struct io_event *o = &e->open[i];

        if (o->to != ev->to || o->from > ev->from)
            continue;
        if (whole == SIZE_MAX || o->from > e->open[whole].from)
            whole = i;
    }
    if (whole != SIZE_MAX) {
        mark(m, base, &e->open[whole]);
        close_one(e, whole);
    }
    for (size_t i = 0; i < e->nr_open;)
        if (e->open[i].from >= ev->from && e->open[i].to <= ev->to)
            close_one(e, i);
        else
            i++;
}

int io_events_apply(struct pel_ctx *ctx, struct io_events *e, uint64_t until_ns,
                    uint64_t base, struct block_map *m)
{
    size_t i;
    int rc = 0;

    if (!e->nr)
        return 0;
    qsort(e->list, e->nr, sizeof(*e->list), by_time);
    for (i = 0; !rc && i < e->nr && e->list[i].time_ns <= until_ns; i++) {
        if (e->list[i].done)
            end_writes(e, &e->list[i], base, m);
        else if (e->nr_open == OPEN_MAX)
            rc = pel_fail(ctx, PEL_ESTATE,
                          "the trace of a disk tells of no write's end");
        else
            rc = append(ctx, &e->open, &e->nr_open, &e->room_open, &e->list[i]);
    }
    memmove(e->list, e->list + i, (e->nr - i) * sizeof(*e->list));
    e->nr -= i;
    return rc;
}

void io_events_flush(struct io_events *e, uint64_t base, struct block_map *m)
{
    while (e->nr_open)
        mark(m, base, &e->open[--e->nr_open]);
}
