/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A load on a store: clients that repeat a unit of work, and what it costs. */
#ifndef BENCH_STORE_LOAD_H
#define BENCH_STORE_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/io/xs_wire.h>

/* One request, as a unit makes it. */
struct message {
    uint32_t type;
    char data[XENSTORE_PAYLOAD_MAX];
    size_t len; /* bytes of data */
};

struct client {
    int fd;
    unsigned int id;      /* from 0 */
    unsigned int step;    /* of the unit under way */
    unsigned int units;   /* complete */
    unsigned int retries; /* of the unit under way: EAGAIN, begun again */
    uint64_t choice;      /* a random number, the same for a whole unit */
    uint64_t began_ns;
    uint32_t tx_id;      /* of the transaction under way, or 0 */
    unsigned int events; /* that are still to come for this unit */
    bool replied;        /* to the unit's last request */
    char *in;            /* bytes received, not yet looked at */
    size_t in_len;
};

struct unit {
    const char *name;
    unsigned int steps;  /* requests; a transaction's begin and end count */
    unsigned int events; /* watch events that the unit waits for */
    void (*make)(const struct client *c, unsigned int step, struct message *m);
};

/* What a run of units cost. */
struct result {
    uint64_t units, failed, retries, worst_retries;
    double seconds, cpu_us; /* of the run; the daemon's, by unit */
    double p50_us, p99_us;  /* from a unit's first request to its end */
};

/** connect_to - a blocking connection; ends the process when there is none */
int connect_to(const char *path);

/** put - append a string with its NUL to a message, printf-like */
void put(struct message *m, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** put_bytes - append @len bytes 'x' to a message */
void put_bytes(struct message *m, size_t len);

/**
 * ask - one request over a blocking connection, its reply awaited
 *
 * Events are skipped.  Returns: whether it succeeded.
 */
bool ask(int fd, const struct message *m);

/**
 * ask_many - @nr requests, many under way at once
 * @make:  fills the message of number @i
 * @until_ns: give up then
 *
 * Returns: how many were answered.
 */
uint64_t ask_many(int fd, uint64_t nr,
                  void (*make)(uint64_t i, struct message *m),
                  uint64_t until_ns);

/** daemon_cpu_ns - CPU time that the main thread of @pid has used */
uint64_t daemon_cpu_ns(int pid);

/** daemon_rss - memory of @pid that is resident, in bytes */
uint64_t daemon_rss(int pid);

uint64_t now_ns(void);

/**
 * load_run - let @nr_clients clients repeat a unit
 * @pid:       the daemon
 * @max_units: stop after so many
 * @max_ns:    stop after so long
 */
struct result load_run(const char *path, int pid, const struct unit *u,
                       unsigned int nr_clients, uint64_t max_units,
                       uint64_t max_ns);

#endif
