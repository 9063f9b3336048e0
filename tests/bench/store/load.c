/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that repeat a unit of work, in one thread over epoll. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define IN_ROOM (64 * 1024)   /* bytes received at a time */
#define BATCH 64              /* requests of ask_many() under way at once */
#define SAMPLES_MAX (1 << 20) /* latencies kept */

static void die(const char *what)
{
    perror(what);
    exit(1);
}

uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

int connect_to(const char *path)
{
    struct sockaddr_un addr = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
    if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
        die(path);
    return fd;
}

void put(struct message *m, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    m->len +=
        vsnprintf(m->data + m->len, sizeof(m->data) - m->len, format, ap) + 1;
    va_end(ap);
}

void put_bytes(struct message *m, size_t len)
{
    memset(m->data + m->len, 'x', len);
    m->len += len;
}

static size_t pack(char *out, const struct message *m, uint32_t tx_id)
{
    const struct xsd_sockmsg hdr = { m->type, 0, tx_id, m->len };

    memcpy(out, &hdr, sizeof(hdr));
    memcpy(out + sizeof(hdr), m->data, m->len);
    return sizeof(hdr) + m->len;
}

static void send_all(int fd, const char *data, size_t len)
{
    ssize_t n;

    for (; len; data += n, len -= n) {
        n = send(fd, data, len, MSG_NOSIGNAL);
        if (n <= 0)
            die("send");
    }
}

static void receive_all(int fd, void *data, size_t len)
{
    if (len && recv(fd, data, len, MSG_WAITALL) != (ssize_t)len)
        die("receive");
}

/* The next reply's type; events are skipped. */
static uint32_t receive_reply(int fd)
{
    char data[XENSTORE_PAYLOAD_MAX];
    struct xsd_sockmsg hdr;

    do {
        receive_all(fd, &hdr, sizeof(hdr));
        receive_all(fd, data, hdr.len);
    } while (hdr.type == XS_WATCH_EVENT);
    return hdr.type;
}

bool ask(int fd, const struct message *m)
{
    char out[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];

    send_all(fd, out, pack(out, m, 0));
    return receive_reply(fd) != XS_ERROR;
}

uint64_t ask_many(int fd, uint64_t nr,
                  void (*make)(uint64_t i, struct message *m),
                  uint64_t until_ns)
{
    static char out[BATCH * (sizeof(struct xsd_sockmsg) + 512)];
    struct message m;
    uint64_t done = 0;

    while (done < nr && now_ns() < until_ns) {
        uint64_t i, end = done + BATCH < nr ? done + BATCH : nr;
        size_t len = 0;

        for (i = done; i < end; i++) {
            m.len = 0;
            make(i, &m);
            len += pack(out + len, &m, 0);
        }
        send_all(fd, out, len);
        for (; done < end; done++) {
            if (receive_reply(fd) == XS_ERROR)
                die("a request of many failed");
        }
    }
    return done;
}

uint64_t daemon_cpu_ns(int pid)
{
    unsigned long long ns = 0;
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
    f = fopen(path, "r");
    if (!f || fscanf(f, "%llu", &ns) != 1)
        die(path);
    fclose(f);
    return ns;
}

uint64_t daemon_rss(int pid)
{
    unsigned long long pages = 0;
    char path[64];
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/statm", pid);
    f = fopen(path, "r");
    if (!f || fscanf(f, "%*u %llu", &pages) != 1)
        die(path);
    fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

/* A run: what all clients share. */
struct run {
    const struct unit *unit;
    struct result result;
    uint32_t *sample_ns;
    uint64_t max_units, stop_ns;
    unsigned int busy; /* clients with a unit under way */
};

static uint64_t random_next(void)
{
    static uint64_t x = 88172645463325252; /* xorshift64 */

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return x;
}

static void send_step(const struct run *r, struct client *c)
{
    char out[sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    struct message m = { 0 };

    r->unit->make(c, c->step, &m);
    send_all(c->fd, out, pack(out, &m, c->tx_id));
}

static void begin(struct run *r, struct client *c)
{
    c->step = c->retries = 0;
    c->tx_id = 0;
    c->replied = false;
    c->events += r->unit->events;
    c->choice = random_next();
    c->began_ns = now_ns();
    send_step(r, c);
}

/* A unit is complete: begin the next one unless the run is over. */
static void complete(struct run *r, struct client *c)
{
    struct result *res = &r->result;
    uint64_t now = now_ns();

    if (res->units < SAMPLES_MAX)
        r->sample_ns[res->units] = now - c->began_ns;
    res->units++;
    res->retries += c->retries;
    if (c->retries > res->worst_retries)
        res->worst_retries = c->retries;
    c->units++;
    if (res->units + r->busy > r->max_units || now > r->stop_ns)
        r->busy--;
    else
        begin(r, c);
}

static void got_reply(struct run *r, struct client *c,
                      const struct xsd_sockmsg *hdr, const char *data)
{
    bool again = hdr->type == XS_ERROR && hdr->len == sizeof("EAGAIN") &&
                 !memcmp(data, "EAGAIN", sizeof("EAGAIN"));

    if (again) {
        c->retries++;
        c->tx_id = 0;
        c->step = 0;
    } else {
        r->result.failed += hdr->type == XS_ERROR;
        if (hdr->type == XS_TRANSACTION_START)
            c->tx_id = strtoul(data, NULL, 10);
        c->step++;
    }
    if (c->step < r->unit->steps)
        send_step(r, c);
    else
        c->replied = true;
}

static void got_message(struct run *r, struct client *c,
                        const struct xsd_sockmsg *hdr, const char *data)
{
    if (hdr->type == XS_WATCH_EVENT)
        c->events -= c->events > 0;
    else
        got_reply(r, c, hdr, data);
    if (c->replied && !c->events) {
        c->replied = false;
        complete(r, c);
    }
}

static void readable(struct run *r, struct client *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_len, IN_ROOM - c->in_len, 0);
    struct xsd_sockmsg hdr;
    size_t at = 0;

    if (n <= 0)
        die("receive");
    c->in_len += n;
    while (c->in_len - at >= sizeof(hdr)) {
        memcpy(&hdr, c->in + at, sizeof(hdr));
        if (c->in_len - at < sizeof(hdr) + hdr.len)
            break;
        got_message(r, c, &hdr, c->in + at + sizeof(hdr));
        at += sizeof(hdr) + hdr.len;
    }
    c->in_len -= at;
    memmove(c->in, c->in + at, c->in_len);
}

/* Each client watches what it is going to write, if events matter. */
static void client_open(struct run *r, struct client *c, const char *path,
                        int epoll_fd)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };
    struct message m = { .type = XS_WATCH };
    char data[256];
    struct xsd_sockmsg hdr;

    c->fd = connect_to(path);
    c->in = malloc(IN_ROOM);
    for (unsigned int i = 0; i < r->unit->events; i++) {
        m.len = 0;
        put(&m, "/bench/watch/%u", c->id);
        put(&m, "%u", i);
        ask(c->fd, &m);
        receive_all(c->fd, &hdr, sizeof(hdr)); /* the first event */
        receive_all(c->fd, data, hdr.len);
    }
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void finish(struct run *r, uint64_t began_ns, uint64_t cpu_ns)
{
    struct result *res = &r->result;
    size_t nr = res->units < SAMPLES_MAX ? res->units : SAMPLES_MAX;

    res->seconds = (now_ns() - began_ns) / 1e9;
    if (!nr)
        return;
    res->cpu_us = cpu_ns / 1e3 / res->units;
    qsort(r->sample_ns, nr, sizeof(uint32_t), by_size);
    res->p50_us = r->sample_ns[nr / 2] / 1e3;
    res->p99_us = r->sample_ns[nr * 99 / 100] / 1e3;
}

struct result load_run(const char *path, int pid, const struct unit *u,
                       unsigned int nr_clients, uint64_t max_units,
                       uint64_t max_ns)
{
    struct client *clients = calloc(nr_clients, sizeof(*clients));
    int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct run r = { .unit = u, .max_units = max_units, .busy = nr_clients };
    struct epoll_event ev[64];
    uint64_t began, cpu;

    r.sample_ns = calloc(SAMPLES_MAX, sizeof(uint32_t));
    for (unsigned int i = 0; i < nr_clients; i++) {
        clients[i].id = i;
        client_open(&r, &clients[i], path, epoll_fd);
    }
    began = now_ns();
    r.stop_ns = began + max_ns;
    cpu = daemon_cpu_ns(pid);
    for (unsigned int i = 0; i < nr_clients; i++)
        begin(&r, &clients[i]);
    while (r.busy && now_ns() < r.stop_ns + max_ns) {
        int nr = epoll_wait(epoll_fd, ev, 64, 1000);

        for (int i = 0; i < nr; i++)
            readable(&r, ev[i].data.ptr);
    }
    finish(&r, began, daemon_cpu_ns(pid) - cpu);

    for (unsigned int i = 0; i < nr_clients; i++) {
        close(clients[i].fd);
        free(clients[i].in);
    }
    free(clients);
    free(r.sample_ns);
    close(epoll_fd);
    return r.result;
}
