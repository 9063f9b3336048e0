/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's ring from end to end, with a page and ports that are the test's. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <xen/grant_table.h>

#include <store/replay.h>
#include <store/ring.h>

#include "../../../xenstore-like/daemon/conn_ring.h"
#include "world.h"

static struct xenstore_domain_interface page;
static int notified, bound[8], unbound[8], unmapped, bind_result;
static bool map_fails;
static uint32_t late_req_prod, late_rsp_cons; /* seen from the signal on */

int xenevtchn_notify(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h;
    (void)port;
    notified++;
    if (late_req_prod)
        page.req_prod = late_req_prod;
    if (late_rsp_cons)
        page.rsp_cons = late_rsp_cons;
    late_req_prod = late_rsp_cons = 0;
    return 0;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *h,
                                                     uint32_t domid,
                                                     evtchn_port_t port)
{
    (void)h;
    assert_int_equal(domid, 1);
    bound[port]++;
    return bind_result < 0 ? bind_result : (int)port + 100;
}

int xenevtchn_unbind(xenevtchn_handle *h, evtchn_port_t port)
{
    (void)h;
    unbound[port - 100]++;
    return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *h, uint32_t domid, uint32_t ref,
                              int prot)
{
    (void)h;
    assert_int_equal(domid, 1);
    assert_int_equal(ref, GNTTAB_RESERVED_XENSTORE);
    assert_int_equal(prot, PROT_READ | PROT_WRITE);
    return map_fails ? NULL : &page;
}

int xengnttab_unmap(xengnttab_handle *h, void *start, uint32_t count)
{
    (void)h;
    assert_ptr_equal(start, &page);
    assert_int_equal(count, 1);
    unmapped++;
    return 0;
}

static int no_introduce(struct server *srv, struct domain *dom, uint64_t gfn,
                        unsigned int port)
{
    (void)gfn;
    return ring_open(srv->host_arg, dom, port);
}

static void release(struct server *srv, struct domain *dom)
{
    ring_close(srv->host_arg, dom);
}

static void ready(struct server *srv, struct conn *c)
{
    struct xen *x = srv->host_arg;

    loop_ready(x->loop, c);
}

static const struct host host = { no_introduce, release, ready };

struct guest {
    struct loop loop;
    struct xen xen;
    struct domain *dom;
};

static struct guest *guest_new(void)
{
    struct guest *g = calloc(1, sizeof(*g));

    assert_non_null(g);
    memset(&page, 0, sizeof(page));
    memset(bound, 0, sizeof(bound));
    memset(unbound, 0, sizeof(unbound));
    notified = unmapped = bind_result = 0;
    map_fails = false;
    list_init(&g->loop.ready);
    g->xen.loop = &g->loop;
    g->xen.srv = server_new(&host, &g->xen);
    assert_non_null(g->xen.srv);
    g->dom = server_domain_add(g->xen.srv, 1);
    assert_non_null(g->dom);
    return g;
}

static void guest_free(struct guest *g)
{
    if (g->dom->conn)
        ring_close(&g->xen, g->dom);
    server_free(g->xen.srv);
    free(g->xen.by_port);
    free(g);
}

/* Everybody gets turns until there is nothing more to do. */
static void run_ready(struct guest *g)
{
    struct conn *c;

    while (!list_empty(&g->loop.ready) || !list_empty(&g->xen.srv->dirty)) {
        while (!list_empty(&g->loop.ready)) {
            c = list_entry(g->loop.ready.next, struct conn, ready);
            list_del(&c->ready);
            conn_work(c);
        }
        loop_settle(&g->loop, &g->xen.srv->dirty);
    }
}

/* The guest sends a request and signals. */
static void run(struct guest *g)
{
    ring_signalled(g->xen.by_port[105]);
    run_ready(g);
}

static void put(uint32_t type, const char *data, uint32_t len)
{
    struct xsd_sockmsg hdr = { type, 1, 0, len };
    char all[256];

    memcpy(all, &hdr, sizeof(hdr));
    memcpy(all + sizeof(hdr), data, len);
    for (size_t i = 0; i < sizeof(hdr) + len; i++)
        page.req[MASK_XENSTORE_IDX(page.req_prod++)] = all[i];
}

static void get(struct xsd_sockmsg *hdr, char *data)
{
    char all[256];
    size_t len = page.rsp_prod - page.rsp_cons;

    assert_in_range(len, sizeof(*hdr), sizeof(all));
    for (size_t i = 0; i < len; i++)
        all[i] = page.rsp[MASK_XENSTORE_IDX(page.rsp_cons++)];
    memcpy(hdr, all, sizeof(*hdr));
    assert_int_equal(len, sizeof(*hdr) + hdr->len);
    memcpy(data, all + sizeof(*hdr), hdr->len);
}

static void requests_are_answered_and_signalled(void **state)
{
    struct guest *g = guest_new();
    struct xsd_sockmsg hdr;
    char data[256];

    (void)state;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    assert_int_equal(bound[5], 1);
    assert_int_equal(page.server_features,
                     XENSTORE_SERVER_FEATURE_RECONNECTION |
                         XENSTORE_SERVER_FEATURE_ERROR);
    for (int i = 0; i < 100; i++) {
        put(XS_GET_DOMAIN_PATH, TEXT0("1"));
        notified = 0;
        run(g);
        assert_int_equal(notified, 1); /* once a turn is enough */
        get(&hdr, data);
        assert_int_equal(hdr.type, XS_GET_DOMAIN_PATH);
        assert_string_equal(data, "/local/domain/1");
    }
    notified = 0;
    run(g); /* a signal for nothing is not answered */
    assert_int_equal(notified, 0);
    ring_close(&g->xen, g->dom);
    assert_null(g->dom->conn);
    assert_int_equal(unbound[5], 1);
    assert_int_equal(unmapped, 1);
    guest_free(g);
}

/*
 * Linux writes a request's header and then its body, and signals what it adds
 * only if it finds that all before has been taken.
 */
static void what_comes_before_the_room_is_given_back_is_seen(void **state)
{
    struct guest *g = guest_new();
    struct xsd_sockmsg hdr;
    char data[256];
    uint32_t end;

    (void)state;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    run(g);
    put(XS_GET_DOMAIN_PATH, TEXT0("1"));
    end = page.req_prod;
    page.req_prod = sizeof(hdr);
    ring_signalled(g->xen.by_port[105]);
    list_del(&g->dom->conn->ready);
    conn_work(g->dom->conn);
    assert_int_equal(page.req_cons, 0);
    page.req_prod = end; /* not signalled */
    run_ready(g);
    get(&hdr, data);
    assert_string_equal(data, "/local/domain/1");
    guest_free(g);
}

/* A processor may keep a write back while it looks whether to signal it. */
static void what_the_processor_kept_back_is_seen(void **state)
{
    struct guest *g = guest_new();
    struct xsd_sockmsg hdr;
    char data[256];

    (void)state;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    run(g);
    put(XS_GET_DOMAIN_PATH, TEXT0("1"));
    late_req_prod = page.req_prod;
    page.req_prod = sizeof(hdr);
    run(g);
    get(&hdr, data);
    assert_string_equal(data, "/local/domain/1");

    page.rsp_cons = page.rsp_prod;
    for (int i = 0; i < 40; i++) { /* more replies than a ring holds */
        put(XS_GET_DOMAIN_PATH, TEXT0("1"));
        if (i == 39)
            late_rsp_cons = page.rsp_cons + 64;
        run(g);
    }
    assert_int_equal(page.rsp_prod - page.rsp_cons, XENSTORE_RING_SIZE);
    assert_int_equal(buf_len(&g->dom->conn->out), 40 * 32 - 1024 - 64);
    guest_free(g);
}

static void who_breaks_the_protocol_is_stopped_until_a_reset(void **state)
{
    static const struct {
        const char *why;
        uint32_t req_prod, req_cons, payload, error;
    } cases[] = {
        { "indices", 5000, 0, 0, XENSTORE_ERROR_RINGIDX },
        { "payload", 0, 0, 4097, XENSTORE_ERROR_PROTO },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct guest *g = guest_new();
        struct xsd_sockmsg hdr = { XS_READ, 1, 0, cases[i].payload };
        char data[256];

        print_message("%s\n", cases[i].why);
        assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
        run(g);
        put(XS_WATCH, TEXT0("@releaseDomain\0t"));
        run(g);
        assert_int_equal(g->dom->conn->nr_watches, 1);
        page.rsp_cons = page.rsp_prod;
        if (cases[i].payload) {
            memcpy(page.req + page.req_prod, &hdr, sizeof(hdr));
            page.req_prod += sizeof(hdr);
        } else {
            page.req_prod = cases[i].req_prod;
            page.req_cons = cases[i].req_cons;
        }
        run(g);
        assert_int_equal(page.error, cases[i].error);
        assert_int_equal(g->dom->conn->nr_watches, 0);

        put(XS_GET_DOMAIN_PATH, TEXT0("1"));
        run(g);
        assert_int_equal(page.rsp_prod, page.rsp_cons); /* not heard */

        page.connection = XENSTORE_RECONNECT;
        run(g);
        assert_int_equal(page.connection, XENSTORE_CONNECTED);
        assert_int_equal(page.error, XENSTORE_ERROR_NONE);
        put(XS_GET_DOMAIN_PATH, TEXT0("1"));
        run(g);
        get(&hdr, data);
        assert_string_equal(data, "/local/domain/1");
        guest_free(g);
    }
}

static void a_slow_reader_gets_everything(void **state)
{
    struct guest *g = guest_new();
    size_t got = 0;

    (void)state;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    run(g);
    for (int i = 0; i < 60; i++) { /* more than a ring of replies */
        put(XS_GET_DOMAIN_PATH, TEXT0("1"));
        run(g);
    }
    assert_int_equal(page.rsp_prod - page.rsp_cons, XENSTORE_RING_SIZE);
    while (page.rsp_prod != page.rsp_cons) {
        got += page.rsp_prod - page.rsp_cons;
        page.rsp_cons = page.rsp_prod;
        run(g);
    }
    assert_int_equal(got, 60 * (16 + 16));
    guest_free(g);
}

static void another_port_is_another_kernel(void **state)
{
    struct guest *g = guest_new();

    (void)state;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    run(g);
    put(XS_WATCH, TEXT0("@releaseDomain\0t"));
    run(g);
    bind_result = -1;
    assert_int_equal(ring_rebind(&g->xen, g->dom, 6), -EINVAL);
    assert_int_equal(unbound[5], 0);
    assert_int_equal(g->dom->conn->nr_watches, 1);
    bind_result = 0;
    assert_int_equal(ring_rebind(&g->xen, g->dom, 6), 0);
    assert_int_equal(unbound[5], 1);
    assert_null(g->xen.by_port[105]);
    assert_int_equal(g->dom->conn->nr_watches, 0);
    run_ready(g);
    assert_int_equal(page.req_prod, 0);
    guest_free(g);
}

/* Another server goes on with the ring, as it would after a crash. */
static struct guest *taken_over(struct guest *g, struct records *left)
{
    struct xenstore_domain_interface was = page;
    struct guest *next = guest_new();
    struct replay r = { .srv = next->xen.srv };

    page = was; /* the guest's memory stays */
    assert_int_equal(
        replay_records(&r, buf_head(&left->batch), buf_len(&left->batch)), 0);
    replay_done(&r);
    assert_int_equal(ring_open(&next->xen, next->dom, 5), 0);
    buf_clear(&left->batch);
    g->xen.srv->records = NULL;
    return next;
}

/* Work without settling: what the guest sees is as if killed here. */
static void work_and_die(struct guest *g, struct records *kept)
{
    struct list *pos, *end;

    ring_signalled(g->xen.by_port[105]);
    while (!list_empty(&g->loop.ready)) {
        struct conn *c = list_entry(g->loop.ready.next, struct conn, ready);

        list_del(&c->ready);
        conn_work(c);
    }
    for (LIST_EACH(pos, end, &g->xen.srv->dirty))
        record_conn(list_entry(pos, struct conn, dirty));
    assert_false(kept->lost);
}

/*
 * The server dies when the journal has the answer, and the guest has all,
 * some or none of its bytes: it gets each byte once, and no request is done
 * twice (that watch would exist already).
 */
static void a_killed_server_loses_no_answer(void **state)
{
    (void)state;
    for (uint32_t told = 0; told <= 16 + 3 + 16 + 7; told += 7) {
        struct guest *g = guest_new(), *next;
        struct records kept = { 0 };
        struct xsd_sockmsg hdr;
        char data[256];
        uint32_t before;

        g->xen.srv->records = &kept;
        record_domain(g->xen.srv, g->dom);
        assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
        run(g);
        put(XS_WATCH, TEXT0("@releaseDomain\0t"));
        put(XS_WATCH, TEXT0("@releaseDomain\0t")); /* EEXIST, as it should */
        work_and_die(g, &kept);
        before = page.req_cons;
        assert_int_not_equal(before, page.req_prod);
        if (told) { /* it was writing just then */
            uint32_t prod = page.rsp_prod;

            ring_write(&page, &prod, buf_head(&g->dom->conn->out), told);
        }
        next = taken_over(g, &kept);
        run(next);
        assert_int_equal(page.req_cons, page.req_prod);
        assert_int_equal(next->dom->conn->nr_watches, 1);
        assert_true(notified > 0);
        memcpy(&hdr, page.rsp, sizeof(hdr));
        assert_int_equal(hdr.type, XS_WATCH);
        assert_memory_equal(page.rsp + 16, "OK", 3);
        memcpy(data, page.rsp, page.rsp_prod);
        /* OK, the first event, EEXIST: in all, and nothing else. */
        assert_int_equal(page.rsp_prod, 16 + 3 + 16 + 17 + 16 + 7);
        assert_string_equal(data + 16 + 3 + 16 + 17 + 16, "EEXIST");
        guest_free(next);
        guest_free(g);
    }
}

/*
 * A guest asks for a new start, and the server dies before the journal has it,
 * before the guest knows, or when nobody was there to ask: it gets it once
 * somebody serves, and nothing of its old watches is left.
 */
static void a_killed_server_loses_no_reset(void **state)
{
    (void)state;
    for (int when = 0; when < 3; when++) {
        struct guest *g = guest_new(), *next;
        struct records kept = { 0 };
        struct xsd_sockmsg hdr;
        char data[256];

        g->xen.srv->records = &kept;
        record_domain(g->xen.srv, g->dom);
        assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
        run(g);
        put(XS_WATCH, TEXT0("@releaseDomain\0t"));
        work_and_die(g, &kept);
        if (when)
            run_ready(g);
        page.rsp_cons = page.rsp_prod;
        page.connection = XENSTORE_RECONNECT;
        if (when == 2)
            work_and_die(g, &kept);
        assert_int_equal(page.connection, XENSTORE_RECONNECT);

        next = taken_over(g, &kept);
        run_ready(next); /* it had signalled before */
        assert_int_equal(page.connection, XENSTORE_CONNECTED);
        assert_int_equal(page.rsp_prod, 0);
        assert_int_equal(next->dom->conn->nr_watches, 0);
        put(XS_GET_DOMAIN_PATH, TEXT0("1"));
        run(next);
        get(&hdr, data);
        assert_string_equal(data, "/local/domain/1");
        guest_free(next);
        guest_free(g);
    }
}

/* A guest that was stopped for an error stays stopped under the next one. */
static void a_killed_server_forgets_no_error(void **state)
{
    struct guest *g = guest_new(), *next;
    struct records kept = { 0 };

    (void)state;
    g->xen.srv->records = &kept;
    record_domain(g->xen.srv, g->dom);
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    run(g);
    put(XS_WATCH, TEXT0("@releaseDomain\0t"));
    work_and_die(g, &kept);
    run_ready(g);
    page.rsp_cons = page.rsp_prod;
    page.req_prod += 5000;
    run(g);
    assert_int_equal(page.error, XENSTORE_ERROR_RINGIDX);

    page.req_prod = page.req_cons;
    next = taken_over(g, &kept);
    put(XS_GET_DOMAIN_PATH, TEXT0("1"));
    run(next);
    assert_int_equal(page.error, XENSTORE_ERROR_RINGIDX);
    assert_int_equal(page.rsp_prod, page.rsp_cons);
    assert_int_equal(next->dom->conn->nr_watches, 0);
    guest_free(next);
    guest_free(g);
}

static void a_ring_that_is_not_as_it_was_left(void **state)
{
    struct guest *g = guest_new(), *next;
    struct records kept = { 0 };
    struct xsd_sockmsg hdr;
    char data[256];

    (void)state;
    g->xen.srv->records = &kept;
    record_domain(g->xen.srv, g->dom);
    assert_int_equal(ring_open(&g->xen, g->dom, 5), 0);
    run(g);
    put(XS_WATCH, TEXT0("@releaseDomain\0t"));
    work_and_die(g, &kept);
    page.rsp_prod = page.rsp_cons = 5000; /* the guest's own doing */
    next = taken_over(g, &kept);
    assert_int_equal(next->dom->conn->nr_watches, 1);
    run(next);
    page.rsp_cons = page.rsp_prod;
    put(XS_GET_DOMAIN_PATH, TEXT0("1"));
    run(next);
    get(&hdr, data);
    assert_int_equal(hdr.type, XS_GET_DOMAIN_PATH);
    guest_free(next);
    guest_free(g);
}

static void failures_leave_nothing(void **state)
{
    struct guest *g = guest_new();

    (void)state;
    map_fails = true;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), -EINVAL);
    assert_null(g->dom->conn);
    map_fails = false;
    bind_result = -1;
    assert_int_equal(ring_open(&g->xen, g->dom, 5), -EINVAL);
    assert_null(g->dom->conn);
    assert_int_equal(unmapped, 1);
    assert_true(list_empty(&g->xen.srv->conns));
    guest_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_and_signalled),
        cmocka_unit_test(what_comes_before_the_room_is_given_back_is_seen),
        cmocka_unit_test(what_the_processor_kept_back_is_seen),
        cmocka_unit_test(who_breaks_the_protocol_is_stopped_until_a_reset),
        cmocka_unit_test(a_slow_reader_gets_everything),
        cmocka_unit_test(another_port_is_another_kernel),
        cmocka_unit_test(a_killed_server_loses_no_answer),
        cmocka_unit_test(a_killed_server_loses_no_reset),
        cmocka_unit_test(a_killed_server_forgets_no_error),
        cmocka_unit_test(a_ring_that_is_not_as_it_was_left),
        cmocka_unit_test(failures_leave_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
