/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Figures about the requests that were answered. */
#ifndef STORE_STATS_H
#define STORE_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

#include <store/buf.h>

#define STATS_BUCKETS 22 /* up to 1 us, 2 us, 4 us ... 1 s, and beyond */
#define STATS_SLOW 8
#define STATS_PATH 80

struct conn;
struct request;
struct server;

/* One of the slowest requests. */
struct slow {
    uint64_t ns;
    uint32_t type;
    uint16_t domid;
    char path[STATS_PATH]; /* its beginning */
};

struct stats {
    uint64_t requests[XS_TYPE_COUNT]; /* answered, by type; with errors */
    uint64_t errors[XS_TYPE_COUNT];
    uint64_t unknown;               /* of no type that there is */
    uint64_t conflicts;             /* EAGAIN */
    uint64_t events;                /* of watches */
    uint64_t bucket[STATS_BUCKETS]; /* requests by the time they took */
    uint64_t sum_ns;
    struct slow slow[STATS_SLOW]; /* slowest first */
    struct buf report;            /* that somebody is reading, */
    const struct conn *reader;    /* and who; only compared */
    uint64_t (*now_ns)(void);     /* a clock, or NULL: no times */
    /** log - one line for the access log, or NULL */
    void (*log)(void *arg, const char *line, size_t len);
    void *log_arg;
    bool log_on;
};

/** stats_now - the clock's time in ns, or 0 */
uint64_t stats_now(const struct server *srv);

/**
 * stats_note - a request was answered
 * @err:   0 or the negative error that it got
 * @start: stats_now() when it began
 */
void stats_note(const struct request *rq, int err, uint64_t start);

/** stats_bucket_us - the longest time that counts in that bucket, in us */
uint64_t stats_bucket_us(unsigned int bucket);

/** op_name - a request's type by name, or NULL: there is no such type */
const char *op_name(uint32_t type);

#endif
