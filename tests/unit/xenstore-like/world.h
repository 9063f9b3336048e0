/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A store with a fake host and fake connections, for tests. */
#ifndef TEST_WORLD_H
#define TEST_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <store/op.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Bytes of a string literal, without and with the NUL at its end. */
#define TEXT(s) (s), sizeof(s) - 1
#define TEXT0(s) (s), sizeof(s)

/* A connection whose peer is the test. */
struct peer {
    struct conn conn;
    char in[65536]; /* what the store is about to read */
    size_t in_len, in_pos, read_max;
    char out[65536]; /* what the store wrote */
    size_t out_len, write_max;
    char events[4096]; /* "path token;" for each event since the last look */
    bool closed;
};

struct reply {
    uint32_t type, req_id, tx_id, len;
    char data[XENSTORE_PAYLOAD_MAX + 1];
};

struct world {
    struct server *srv;
    struct peer dom0;     /* a socket */
    struct peer guest[4]; /* domains 1 to 4, introduced as far as asked */
    int introduce_err;    /* what the next introduction gives */
    unsigned int last_port;
};

/** world_new - a store and a socket */
struct world *world_new(void);

/** world_free - close all, and check that nothing leaked */
void world_free(struct world *w);

/** world_guest - domain @domid (1 to 4), introduced */
struct peer *world_guest(struct world *w, int domid);

/** ask - send one request, give the reply; events go to p->events */
void ask(struct peer *p, uint32_t type, uint32_t tx, const char *data,
         size_t len, struct reply *r);

/** expect - ask, and the reply's payload is @want, @want_len bytes */
void expect_(struct peer *p, uint32_t type, uint32_t tx, const char *data,
             size_t len, const char *want, size_t want_len, const char *file,
             int line);
#define expect(p, type, tx, data, want)                                        \
    expect_(p, type, tx, data, sizeof(data) - 1, want, sizeof(want) - 1,       \
            __FILE__, __LINE__)

/** expect_error - ask, and the reply is that error */
void expect_error_(struct peer *p, uint32_t type, uint32_t tx, const char *data,
                   size_t len, const char *name, const char *file, int line);
#define expect_error(p, type, tx, data, name)                                  \
    expect_error_(p, type, tx, data, sizeof(data) - 1, name, __FILE__, __LINE__)

/** expect_events - these have come since the last look, in this order */
void expect_events_(struct peer *p, const char *want, const char *file,
                    int line);
#define expect_events(p, want) expect_events_(p, want, __FILE__, __LINE__)

/** turn - @c works and settles; is there more to do at once? */
bool turn(struct conn *c);

/** begin - start a transaction, give its id */
uint32_t begin(struct peer *p);

/* Fail the @mem_fail_at th allocation from now on; 0: none. */
extern unsigned long mem_fail_at, mem_calls;
/* Blocks that are not given back. */
extern long mem_blocks;

#endif
