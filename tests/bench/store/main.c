/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-load SOCKET PID ROW...: load a store that runs already, row by row,
 * and print a line of JSON for each.  `store-load` alone lists the rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "load.h"

#define VALUE_BYTES 64
#define DIR_NODES 100 /* leaves in a directory of the filled tree */
#define SECOND UINT64_C(1000000000)

static struct {
    const char *path;
    int pid;
    int fd;             /* for what is asked once */
    uint64_t nodes;     /* leaves that the tree has now */
    uint64_t value_len; /* of those that are added */
    uint64_t fill_ns;   /* an addition that takes longer is cut */
    uint64_t run_ns;
    unsigned int domain; /* number of the next new one */
} bench;

static void put_leaf(struct message *m, uint64_t i)
{
    put(m, "/bench/tree/%u/%u", (unsigned int)(i / DIR_NODES),
        (unsigned int)(i % DIR_NODES));
}

static uint64_t any_leaf(const struct client *c)
{
    return bench.nodes ? c->choice % bench.nodes : 0;
}

static void make_read(const struct client *c, unsigned int step,
                      struct message *m)
{
    (void)step;
    m->type = XS_READ;
    put_leaf(m, any_leaf(c));
}

static void make_write(const struct client *c, unsigned int step,
                       struct message *m)
{
    (void)step;
    m->type = XS_WRITE;
    put_leaf(m, any_leaf(c));
    put_bytes(m, VALUE_BYTES);
}

static void make_list(const struct client *c, unsigned int step,
                      struct message *m)
{
    (void)step;
    m->type = XS_DIRECTORY;
    put(m, "/bench/tree/%u", (unsigned int)(any_leaf(c) / DIR_NODES));
}

static void make_fire(const struct client *c, unsigned int step,
                      struct message *m)
{
    (void)step;
    m->type = XS_WRITE;
    put(m, "/bench/watch/%u", c->id);
    put_bytes(m, VALUE_BYTES);
}

/* Begin and end of a transaction of @steps requests; else false. */
static bool make_frame(unsigned int step, unsigned int steps, struct message *m)
{
    if (step && step + 1 < steps)
        return false;
    m->type = step ? XS_TRANSACTION_END : XS_TRANSACTION_START;
    put(m, "%s", step ? "T" : "");
    return true;
}

static void make_txn(unsigned int owner, unsigned int step, struct message *m)
{
    if (make_frame(step, 8, m))
        return;
    m->type = step <= 3 ? XS_READ : XS_WRITE;
    put(m, "/bench/txn/%u/%u", owner, (step - 1) % 3);
    if (m->type == XS_WRITE)
        put_bytes(m, VALUE_BYTES);
}

static void make_txn_own(const struct client *c, unsigned int step,
                         struct message *m)
{
    make_txn(c->id, step, m);
}

static void make_txn_same(const struct client *c, unsigned int step,
                          struct message *m)
{
    (void)c;
    make_txn(0, step, m);
}

static void make_sibling(const struct client *c, unsigned int step,
                         struct message *m)
{
    if (make_frame(step, 3, m))
        return;
    m->type = XS_WRITE;
    put(m, "/bench/siblings/%u-%u", c->id, c->units);
    put_bytes(m, VALUE_BYTES);
}

/* Number of the domain that a client creates: never used before. */
static unsigned int new_domain(const struct client *c)
{
    return bench.domain + c->id * 10000 + c->units;
}

static void make_create60(const struct client *c, unsigned int step,
                          struct message *m)
{
    if (make_frame(step, 62, m))
        return;
    m->type = XS_WRITE;
    put(m, "/bench/domain/%u/device/%u/%u", new_domain(c), step / 10, step);
    put_bytes(m, 16);
}

/*
 * As a toolstack creates a domain: begin, remove what a former one left, 12
 * directories each with its permissions, 59 values, end.
 */
static void make_create86(const struct client *c, unsigned int step,
                          struct message *m)
{
    unsigned int dom = new_domain(c), dir = (step - 2) / 2;

    if (make_frame(step, 86, m))
        return;
    if (step == 1) {
        m->type = XS_RM;
        put(m, "/local/domain/%u", dom);
    } else if (step < 26) {
        m->type = step % 2 ? XS_SET_PERMS : XS_MKDIR;
        put(m, dir ? "/local/domain/%u/dir-%u" : "/local/domain/%u", dom, dir);
        if (step % 2)
            put(m, "n0");
    } else {
        m->type = XS_WRITE;
        put(m, "/local/domain/%u/dir-%u/%u", dom, 1 + step % 11, step);
        put_bytes(m, 16);
    }
}

static const struct unit units[] = {
    { "read", 1, 0, make_read },          { "write", 1, 0, make_write },
    { "list", 1, 0, make_list },          { "transaction", 8, 0, make_txn_own },
    { "fire", 1, 1, make_fire },          { "fire1000", 1, 1000, make_fire },
    { "create60", 62, 0, make_create60 }, { "create86", 86, 0, make_create86 },
    { "same", 8, 0, make_txn_same },      { "siblings", 3, 0, make_sibling },
};

/* UNIT:CLIENTS - run a unit */
static void row_unit(const struct unit *u, unsigned int nr_clients)
{
    struct result r;

    /* 20,000 transactions of creation would fill a machine's memory. */
    r = load_run(bench.path, bench.pid, u, nr_clients,
                 u->steps > 50 ? 2000 : UINT64_MAX, bench.run_ns);
    bench.domain += nr_clients * 10000;
    printf("\"unit\": \"%s\", \"clients\": %u, \"nodes\": %llu, "
           "\"units\": %llu, \"per_second\": %.0f, \"cpu_us\": %.2f, "
           "\"p50_us\": %.1f, \"p99_us\": %.1f, \"failed\": %llu, "
           "\"retries\": %llu, \"worst_retries\": %llu",
           u->name, nr_clients, (unsigned long long)bench.nodes,
           (unsigned long long)r.units, r.units / r.seconds, r.cpu_us, r.p50_us,
           r.p99_us, (unsigned long long)r.failed,
           (unsigned long long)r.retries, (unsigned long long)r.worst_retries);
}

static void make_leaf(uint64_t i, struct message *m)
{
    m->type = XS_WRITE;
    put_leaf(m, bench.nodes + i);
    put_bytes(m, bench.value_len);
}

static void make_own(uint64_t i, struct message *m)
{
    m->type = XS_WRITE;
    put(m, "/bench/txn/%u/%u", (unsigned int)i / 3, (unsigned int)i % 3);
    put_bytes(m, VALUE_BYTES);
}

static void make_watched(uint64_t i, struct message *m)
{
    m->type = XS_WRITE;
    put(m, "/bench/watch/%u", (unsigned int)i);
    put_bytes(m, VALUE_BYTES);
}

/* Directories that many clients fill at the same time. */
static void make_dir(uint64_t i, struct message *m)
{
    static const char *const dirs[] = { "/bench/siblings", "/bench/domain",
                                        "/local/domain" };

    m->type = XS_MKDIR;
    put(m, "%s", dirs[i]);
}

/* What the units expect to be there. */
static void row_prepare(uint64_t nr)
{
    ask_many(bench.fd, 3, make_dir, UINT64_MAX);
    ask_many(bench.fd, 3 * nr, make_own, UINT64_MAX);
    ask_many(bench.fd, nr, make_watched, UINT64_MAX);
    printf("\"prepared\": %llu", (unsigned long long)nr);
}

/* The tree gets leaves until it has @nr, many requests under way at once. */
static void row_fill(uint64_t nr)
{
    uint64_t rss = daemon_rss(bench.pid), cpu = daemon_cpu_ns(bench.pid);
    uint64_t more = nr > bench.nodes ? nr - bench.nodes : 0, done, tail, began;
    double tail_us = 0;

    /* Its last part tells whether a write grows with the tree. */
    tail = more / 10;
    began = now_ns();
    done = ask_many(bench.fd, more - tail, make_leaf, began + bench.fill_ns);
    bench.nodes += done;
    if (done == more - tail && tail) {
        uint64_t tail_cpu = daemon_cpu_ns(bench.pid), n;

        n = ask_many(bench.fd, tail, make_leaf, now_ns() + bench.fill_ns);
        bench.nodes += n;
        done += n;
        tail_us = (daemon_cpu_ns(bench.pid) - tail_cpu) / 1e3 / n;
    }
    printf("\"filled\": %llu, \"complete\": %s, \"cpu_us\": %.2f, "
           "\"tail_cpu_us\": %.2f, \"bytes_per_leaf\": %.1f",
           (unsigned long long)bench.nodes, done == more ? "true" : "false",
           done ? (daemon_cpu_ns(bench.pid) - cpu) / 1e3 / done : 0, tail_us,
           done ? ((double)daemon_rss(bench.pid) - rss) / done : 0);
}

/* @nr connections that never say anything; they stay. */
static void row_idle(uint64_t nr)
{
    for (uint64_t i = 0; i < nr; i++)
        connect_to(bench.path);
    printf("\"idle_sockets\": %llu", (unsigned long long)nr);
}

static void make_introduce(uint64_t i, struct message *m)
{
    m->type = XS_INTRODUCE;
    put(m, "%u", (unsigned int)i + 1);
    put(m, "%u", 1);
    put(m, "%u", 1);
}

/* @nr domains whose rings stay empty; wants the stand-in. */
static void row_rings(uint64_t nr)
{
    ask_many(bench.fd, nr, make_introduce, UINT64_MAX);
    printf("\"idle_rings\": %llu", (unsigned long long)nr);
}

static void make_unrelated(uint64_t i, struct message *m)
{
    m->type = XS_WATCH;
    put(m, "/unrelated/%u", (unsigned int)i);
    put(m, "%u", (unsigned int)i);
}

static void row_watches(uint64_t nr)
{
    ask_many(connect_to(bench.path), nr, make_unrelated, UINT64_MAX);
    printf("\"unrelated_watches\": %llu", (unsigned long long)nr);
}

static unsigned int made_domain;

static void make_domain(uint64_t i, struct message *m)
{
    m->type = XS_WRITE;
    put(m, "/local/domain/%u/dir-%u/%u", made_domain, (unsigned int)i % 11,
        (unsigned int)i);
    put_bytes(m, 16);
}

static void make_domain_watch(uint64_t i, struct message *m)
{
    m->type = XS_WATCH;
    put(m, "/local/domain/%u/dir-%u", made_domain, (unsigned int)i);
    put(m, "token");
}

/* @nr domains of 60 nodes, each with a connection that has 8 watches. */
static void row_domains(uint64_t nr)
{
    uint64_t until = now_ns() + bench.fill_ns;
    unsigned int made = 0;

    for (; made < nr && now_ns() < until; made++) {
        made_domain = made + 1;
        ask_many(bench.fd, 60, make_domain, until);
        ask_many(connect_to(bench.path), 8, make_domain_watch, until);
    }
    printf("\"domains\": %u, \"complete\": %s", made,
           made == nr ? "true" : "false");
}

static void row_value(uint64_t bytes)
{
    bench.value_len = bytes;
    printf("\"value_bytes\": %llu", (unsigned long long)bytes);
}

static const struct {
    const char *name;
    void (*run)(uint64_t number);
    const char *text;
} rows[] = {
    { "value", row_value, "bytes of the values that fill writes (64)" },
    { "prepare", row_prepare, "nodes of so many clients" },
    { "fill", row_fill, "a tree of so many leaves" },
    { "idle", row_idle, "so many connections that say nothing" },
    { "rings", row_rings, "so many domains that say nothing" },
    { "watches", row_watches, "so many watches on other nodes" },
    { "domains", row_domains, "so many domains, 8 watches each" },
};

static int usage(void)
{
    fprintf(stderr, "usage: store-load SOCKET PID ROW...\n"
                    "A row is WHAT:NUMBER, where WHAT is one of\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        fprintf(stderr, "  %-12s %s\n", rows[i].name, rows[i].text);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        fprintf(stderr, "  %-12s so many clients do that\n", units[i].name);
    return 2;
}

static bool run_row(const char *word)
{
    size_t len = strcspn(word, ":");
    uint64_t number = word[len] ? strtoull(word + len + 1, NULL, 10) : 0;

    printf("{");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!strncmp(rows[i].name, word, len) && !rows[i].name[len]) {
            rows[i].run(number);
            goto done;
        }
    }
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!strncmp(units[i].name, word, len) && !units[i].name[len]) {
            row_unit(&units[i], number);
            goto done;
        }
    }
    return false;
done:
    printf("}\n");
    fflush(stdout);
    return true;
}

static uint64_t env_or(const char *name, uint64_t otherwise)
{
    const char *s = getenv(name);

    return s ? strtoull(s, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    struct rlimit lim;

    if (argc < 4)
        return usage();
    getrlimit(RLIMIT_NOFILE, &lim);
    lim.rlim_cur = lim.rlim_max;
    setrlimit(RLIMIT_NOFILE, &lim);

    bench.path = argv[1];
    bench.pid = atoi(argv[2]);
    bench.fd = connect_to(bench.path);
    bench.value_len = VALUE_BYTES;
    bench.domain = 100000;
    bench.fill_ns = env_or("FILL_SECONDS", 30) * SECOND;
    bench.run_ns = env_or("RUN_MS", 1000) * (SECOND / 1000);
    for (int i = 3; i < argc; i++) {
        if (!run_row(argv[i]))
            return usage();
    }
    return 0;
}
