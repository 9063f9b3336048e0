/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The journal: what it holds is what was; damage, full disks, failures. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <store/handover.h>
#include <store/journal.h>
#include <store/replay.h>

#include "fake_sys.h"
#include "world.h"

static char folder[] = "/dev/shm/test_journal.XXXXXX", path[64];

static struct world *journalled(struct journal *j)
{
    struct journal_found found;
    struct world *w = world_new();

    unlink(path);
    assert_int_equal(journal_open(j, w->srv, path, "boot", &found), 0);
    assert_false(found.any);
    return w;
}

/* The whole state as bytes. */
static struct buf state_of(struct server *srv)
{
    struct dump d;
    int more;

    assert_int_equal(dump_begin(&d, srv), 0);
    do {
        more = dump_step(&d, 1 << 20);
        assert_in_range(more, 0, 1);
    } while (more);

    struct buf all = d.records.batch;
    memset(&d.records.batch, 0, sizeof(all));
    dump_end(&d);
    return all;
}

/* A second server, made from the file at @path. */
struct other {
    struct server *srv;
    struct journal j;
    struct journal_found found;
};

static const struct host no_host;

static int other_open(struct other *o)
{
    int err;

    memset(o, 0, sizeof(*o));
    o->srv = server_new(&no_host, NULL);
    if (!o->srv)
        return -ENOMEM;
    err = journal_open(&o->j, o->srv, path, "boot", &o->found);
    if (err) {
        replay_drop_all(o->srv);
        server_free(o->srv);
    }
    return err;
}

static void other_close(struct other *o)
{
    journal_close(&o->j);
    replay_drop_all(o->srv);
    server_free(o->srv);
}

/* What a peer of @a has got, @b need not send again: its ring would tell. */
static void tell_sent(struct server *a, struct server *b)
{
    for (unsigned int i = 1; i < 5; i++) {
        const struct domain *da = server_domain(a, i),
                            *db = server_domain(b, i);
        uint32_t sent;

        if (!da || !da->conn || !db || !db->conn)
            continue;
        sent = da->conn->out_pos - db->conn->out_pos;
        /* What a test took without any round in between was never kept. */
        if (buf_len(&db->conn->out)) {
            assert_in_range(sent, 0, buf_len(&db->conn->out));
            if (sent)
                buf_taken(&db->conn->out, sent);
        }
        db->conn->out_pos += sent;
    }
}

static void assert_same_state(struct server *a, struct server *b)
{
    struct buf sa, sb;

    b->gen = a->gen;           /* a number more or less was used for nothing */
    b->last_txn = a->last_txn; /* sockets' transactions are not kept */
    tell_sent(a, b);
    sa = state_of(a);
    sb = state_of(b);
    assert_int_equal(buf_len(&sa), buf_len(&sb));
    assert_memory_equal(buf_head(&sa), buf_head(&sb), buf_len(&sa));
    buf_clear(&sa);
    buf_clear(&sb);
    assert_int_equal(server_check(b), 0);
}

/* Kill the server of @w now; what the file holds must be what it had. */
static void assert_recovers(struct world *w, struct journal *j)
{
    struct other o;

    journal_close(j);
    assert_int_equal(other_open(&o), 0);
    assert_true(o.found.any);
    assert_int_equal(o.found.damaged + o.found.tail, 0);
    assert_same_state(w->srv, o.srv);
    other_close(&o);
}

/* Something of everything. */
static void live(struct world *w, struct journal *j)
{
    struct peer *p = &w->dom0, *g = world_guest(w, 1);
    uint32_t tx;

    expect(p, XS_WRITE, 0, "/a/b/c\0value", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/a/b\0b0\0r1\0", "OK\0");
    expect(p, XS_MKDIR, 0, "/local/domain/1/data\0", "OK\0");
    expect(p, XS_SET_PERMS, 0, "/local/domain/1/data\0n1\0", "OK\0");
    expect(g, XS_WRITE, 0, "data/x\0mine", "OK\0");
    journal_round(j);
    expect(g, XS_WATCH, 0, "data\0token\0", "OK\0");
    expect(g, XS_WATCH, 0, "data/y\0second\0", "OK\0");
    expect(g, XS_UNWATCH, 0, "data/y\0second\0", "OK\0");
    expect(p, XS_CONTROL, 0,
           "quota\0set\0nodes\0"
           "77\0",
           "OK\0");
    expect(p, XS_SET_PERMS, 0, "@releaseDomain\0n0\0r1\0", "OK\0");
    journal_round(j);
    tx = begin(p);
    expect(p, XS_RM, tx, "/a/b\0", "OK\0");
    expect(p, XS_WRITE, tx, "/a/b/d\0anew", "OK\0");
    expect(p, XS_TRANSACTION_END, tx, "T\0", "OK\0");
    tx = begin(p);
    expect(p, XS_WRITE, tx, "/never\0", "OK\0");
    expect(p, XS_TRANSACTION_END, tx, "F\0", "OK\0");
    world_guest(w, 2);
    expect(p, XS_SET_TARGET, 0, "2\0001\0", "OK\0");
    world_guest(w, 3);
    expect(p, XS_RELEASE, 0, "3\0", "OK\0");
    journal_round(j);
}

static void what_was_is_again(void **state)
{
    struct journal j;
    struct world *w = journalled(&j);

    (void)state;
    live(w, &j);
    assert_recovers(w, &j);
    world_free(w);
}

static void what_was_not_written_never_was(void **state)
{
    struct journal j;
    struct world *w = journalled(&j);
    struct other o;

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/kept\0", "OK\0");
    journal_round(&j);
    expect(&w->dom0, XS_WRITE, 0, "/lost\0", "OK\0");
    journal_close(&j);
    assert_int_equal(other_open(&o), 0);
    assert_non_null(tree_find(o.srv->root, "/kept"));
    assert_null(tree_find(o.srv->root, "/lost"));
    other_close(&o);
    world_free(w);
}

static void another_boot_is_another_world(void **state)
{
    struct journal j;
    struct world *w = journalled(&j);
    struct journal_found found;

    (void)state;
    live(w, &j);
    journal_close(&j);
    world_free(w);
    w = world_new();
    assert_int_equal(journal_open(&j, w->srv, path, "reboot", &found), 0);
    assert_true(found.foreign);
    assert_null(tree_find(w->srv->root, "/a"));
    journal_close(&j);
    world_free(w);
}

/* New files are begun, grow beside the old one, and replace it. */
static void it_stays_short(void **state)
{
    static char value[2048] = "/big/0";
    struct journal j;
    struct world *w = journalled(&j);
    int begun = 0, done = 0;
    off_t longest = 0;
    struct reply r;
    bool was = false;

    (void)state;
    live(w, &j);
    for (int i = 0; i < 4000; i++) {
        snprintf(value, sizeof(value), "/big/%d", i % 300);
        ask(&w->dom0, XS_WRITE, 0, value, sizeof(value), &r);
        assert_int_equal(r.type, XS_WRITE);
        if (i == 2000)
            expect(&w->dom0, XS_RM, 0, "/big/7\0", "OK\0");
        journal_round(&j);
        begun += !was && j.dumping;
        done += was && !j.dumping;
        was = j.dumping;
        longest = j.old.size > longest ? j.old.size : longest;
    }
    assert_in_range(done, 2, 20);
    assert_in_range(begun, done, done + 1);
    assert_in_range(longest, 1 << 20, 5 << 20); /* not 8 MB */
    assert_recovers(w, &j);
    world_free(w);
}

static size_t file_size(void)
{
    struct stat st;

    assert_int_equal(stat(path, &st), 0);
    return st.st_size;
}

static void file_get(char *data, size_t len)
{
    int fd = open(path, O_RDONLY);

    assert_int_equal(read(fd, data, len), len);
    close(fd);
}

static void file_put(const char *data, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_int_equal(write(fd, data, len), len);
    close(fd);
}

/*
 * The counter at /n was written once a round: what is recovered must be one
 * of its values, and the right one.
 */
static char *counted(size_t *len, size_t ends[], int rounds)
{
    struct journal j;
    struct world *w = journalled(&j);
    char *data;

    for (int i = 0; i < rounds; i++) {
        char text[] = "/n\0"
                      "0";

        text[3] += i;
        expect_(&w->dom0, XS_WRITE, 0, text, 4, "OK", 3, __FILE__, __LINE__);
        journal_round(&j);
        ends[i] = j.old.size;
    }
    journal_close(&j);
    world_free(w);
    *len = file_size();
    data = malloc(*len);
    assert_non_null(data);
    file_get(data, *len);
    return data;
}

static int value_of(struct server *srv)
{
    const struct node *n = tree_find(srv->root, "/n");

    return n ? *node_value(n) - '0' : -1;
}

static void cut_anywhere(void **state)
{
    size_t len, ends[6];
    char *data = counted(&len, ends, 6);
    struct other o;

    (void)state;
    for (size_t cut = 0; cut < len; cut++) {
        int want = -1;

        for (int i = 0; i < 6; i++)
            want = ends[i] <= cut ? i : want;
        file_put(data, cut);
        assert_int_equal(other_open(&o), 0);
        assert_int_equal(value_of(o.srv), want);
        if (want >= 0)
            assert_int_equal(o.found.tail, cut - ends[want]);
        /* The end of a killed server's file is no damage. */
        assert_int_equal(o.found.kept, cut && !o.found.any);
        other_close(&o);
        /* It was repaired: nothing is left to report. */
        assert_int_equal(other_open(&o), 0);
        assert_int_equal(o.found.tail + o.found.damaged, 0);
        assert_int_equal(value_of(o.srv), want);
        other_close(&o);
    }
    free(data);
}

static void one_bit_flipped_anywhere(void **state)
{
    size_t len, ends[6];
    char *data = counted(&len, ends, 6);
    struct other o;

    (void)state;
    for (size_t at = 0; at < len; at++) {
        data[at] ^= 1 << (at % 8);
        file_put(data, len);
        data[at] ^= 1 << (at % 8);
        assert_int_equal(other_open(&o), 0);
        /* Only the frame that was hit is missing. */
        assert_int_equal(value_of(o.srv), at < ends[4] ? 5 : 4);
        if (at >= 8) /* not in the name of the format */
            assert_true(o.found.damaged + o.found.tail > 0);
        assert_int_equal(o.found.kept, o.found.damaged > 0);
        other_close(&o);
    }
    free(data);
}

/* Somebody's file, named by mistake, and a journal with a hole, are kept. */
static void what_cannot_be_read_is_kept(void **state)
{
    static const char *const files[] = { "x", "a list\nof hosts\n" };
    char aside[sizeof(path) + 16], found[32];
    struct other o;
    size_t len;
    int fd;

    (void)state;
    snprintf(aside, sizeof(aside), "%s" JOURNAL_DAMAGED, path);
    for (int i = 0; i < 2; i++) {
        len = strlen(files[i]);
        file_put(files[i], len);
        assert_int_equal(other_open(&o), 0);
        assert_false(o.found.any);
        assert_true(o.found.kept);
        assert_int_equal(o.found.tail, len);
        other_close(&o);
        fd = open(aside, O_RDONLY);
        assert_int_equal(read(fd, found, sizeof(found)), len);
        assert_memory_equal(found, files[i], len);
        close(fd);
    }
}

/* Any bytes as records: no harm, whatever tree comes out. */
static void garbage_is_no_harm(void **state)
{
    unsigned int seed = 4711;
    char data[64];

    (void)state;
    for (int i = 0; i < 50; i++) {
        struct replay r = { .srv = server_new(&no_host, NULL) };

        assert_non_null(r.srv);
        for (int round = 0; round < 500; round++) {
            for (size_t k = 0; k < sizeof(data); k++)
                data[k] = rand_r(&seed) & (k % 3 ? 3 : 15);
            replay_records(&r, data, rand_r(&seed) % sizeof(data));
        }
        replay_drop_all(r.srv);
        for (unsigned int k = 0; k < r.nr_fds; k++) {
            if (r.by_fd[k])
                replay_drop(r.by_fd[k]);
        }
        replay_done(&r);
        server_recount(r.srv);
        assert_int_equal(server_check(r.srv), 0);
        server_free(r.srv);
    }
    assert_int_equal(mem_blocks, 0);
}

/* No room: the store goes on; when there is room again all is there. */
static void a_full_disk_is_survived(void **state)
{
    (void)state;
    for (long room_left = 0; room_left < 400; room_left += 7) {
        struct journal j;
        struct world *w = journalled(&j);
        struct other o;

        expect(&w->dom0, XS_WRITE, 0, "/before\0", "OK\0");
        journal_round(&j);
        sys_room = room_left;
        for (int i = 0; i < 4; i++) {
            expect(&w->dom0, XS_WRITE, 0, "/while/it/is/full\0", "OK\0");
            journal_round(&j);
        }
        if (j.behind) { /* killed now, the file knows what it lacks */
            char *data = malloc(file_size());

            file_get(data, file_size());
            assert_memory_equal(data, "PELLACK\n", 8);
            free(data);
        }
        sys_room = -1;
        j.retry = 0;
        expect(&w->dom0, XS_WRITE, 0, "/after\0", "OK\0");
        while (journal_round(&j) >= 0)
            ;
        assert_false(j.behind);
        assert_recovers(w, &j);
        assert_int_equal(other_open(&o), 0);
        assert_false(o.found.lacking);
        other_close(&o);
        world_free(w);
    }
}

/* Each system call fails once; what was told is there in the end. */
static void every_call_fails_once(void **state)
{
    unsigned long nr;
    bool done = false;

    (void)state;
    for (nr = 1; !done; nr++) {
        struct journal j;
        struct world *w = world_new();
        struct journal_found found;
        int err;

        unlink(path);
        sys_calls = 0;
        sys_fail_at = nr;
        err = journal_open(&j, w->srv, path, "boot", &found);
        if (!err) {
            live(w, &j);
            journal_renew(&j);
        }
        sys_fail_at = 0;
        done = sys_calls < nr;
        if (err) {
            assert_null(w->srv->records);
        } else {
            j.retry = 0;
            while (journal_round(&j) >= 0)
                j.retry = 0;
            assert_recovers(w, &j);
        }
        world_free(w);
        assert_int_equal(sys_fds, 0);
    }
    assert_in_range(nr, 8, 100);
}

/* Recovery without memory fails, or gives all; it leaves nothing behind. */
static void every_allocation_fails_once(void **state)
{
    struct journal j;
    struct world *w = journalled(&j);
    struct other o;
    long blocks;
    int err;

    (void)state;
    live(w, &j);
    journal_close(&j);
    blocks = mem_blocks;
    for (unsigned long nr = 1;; nr++) {
        mem_calls = 0;
        mem_fail_at = nr;
        err = other_open(&o);
        mem_fail_at = 0;
        if (!err) {
            assert_same_state(w->srv, o.srv);
            other_close(&o);
        }
        assert_int_equal(mem_blocks, blocks);
        assert_int_equal(sys_fds, 0);
        if (mem_calls < nr)
            break;
    }
    world_free(w);
}

/* The next program gets all, sockets too, or the handover fails. */
static void every_failure_of_a_handover(void **state)
{
    struct journal j;
    struct world *w = journalled(&j);
    struct replay r = { 0 };
    struct reply answer;
    bool done = false;
    long blocks;
    int fd, err;

    (void)state;
    live(w, &j);
    ask(&w->dom0, XS_WATCH, 0, TEXT0("/a\0mine"), &answer);
    journal_close(&j);
    w->dom0.conn.handed_fd = 7;
    blocks = mem_blocks;
    for (unsigned long nr = 1; !done; nr++) {
        fd = memfd_create("state", 0);
        mem_calls = sys_calls = 0;
        if (nr % 2)
            mem_fail_at = nr / 2 + 1;
        else
            sys_fail_at = nr / 2;
        err = handover_write(w->srv, fd);
        if (!err) {
            r.srv = server_new(&no_host, NULL);
            err = r.srv ? handover_read(&r, fd) : -ENOMEM;
        }
        mem_fail_at = sys_fail_at = 0;
        if (!err) {
            assert_same_state(w->srv, r.srv);
            assert_in_range(r.nr_fds, 8, 1024);
            assert_non_null(watch_find(r.by_fd[7], "/a", "mine"));
        }
        done = !err && mem_calls < nr / 2 && sys_calls < nr / 2;
        for (unsigned int i = 0; i < r.nr_fds; i++) {
            if (r.by_fd[i])
                replay_drop(r.by_fd[i]);
        }
        replay_done(&r);
        if (r.srv) {
            replay_drop_all(r.srv);
            server_free(r.srv);
            r.srv = NULL;
        }
        close(fd);
        assert_int_equal(mem_blocks, blocks);
    }
    w->dom0.conn.handed_fd = 0;
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_is_again),
        cmocka_unit_test(what_was_not_written_never_was),
        cmocka_unit_test(another_boot_is_another_world),
        cmocka_unit_test(it_stays_short),
        cmocka_unit_test(cut_anywhere),
        cmocka_unit_test(one_bit_flipped_anywhere),
        cmocka_unit_test(what_cannot_be_read_is_kept),
        cmocka_unit_test(garbage_is_no_harm),
        cmocka_unit_test(a_full_disk_is_survived),
        cmocka_unit_test(every_call_fails_once),
        cmocka_unit_test(every_allocation_fails_once),
        cmocka_unit_test(every_failure_of_a_handover),
    };
    char aside[sizeof(path) + 16];
    int failed;

    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof(path), "%s/journal", folder);
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    snprintf(aside, sizeof(aside), "%s" JOURNAL_DAMAGED, path);
    unlink(aside);
    rmdir(folder);
    return failed;
}
