/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * store-model [-n OPERATIONS] [-s SEED] [-k CRASHES] PELSTORED STANDIN FOLDER
 *
 * Random requests to a real store by two sockets and three guests' rings, in
 * and out of transactions, with watches, and compared with a model: each
 * answer, each event, and now and then everything.  When a transaction commits
 * all that it did is done again to the model's present state, and each answer
 * must be the same as then: it could have run alone at that moment.
 *
 * With -k the store is killed that many times, at any instant, and started
 * again: what it answered is there, what it did not answer is there wholly or
 * not at all, guests' rings go on and their watches are still set.  And as
 * often another program takes over while all stay connected.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define BATCH 6  /* requests under way when the store is killed */
#define SYNC 100 /* steps between comparisons of everything */

struct run run;

void die(const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "store-model: seed %lu, step %lu: ", run.first_seed,
            run.step);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, "\n");
    if (run.pid > 0)
        kill(run.pid, SIGKILL);
    exit(1);
}

static int pick(int nr)
{
    run.seed = run.seed * 6364136223846793005ul + 1442695040888963407ul;
    return (run.seed >> 33) % nr;
}

static void store_start(bool journal)
{
    char pid_file[4200];

    snprintf(pid_file, sizeof(pid_file), "%s/pid", run.folder);
    unlink(run.socket);
    run.pid = fork();
    if (!run.pid) {
        setenv("STANDIN", run.folder, 1);
        setenv("LD_PRELOAD", run.standin, 1);
        execl(run.store, run.store, "--foreground", "--socket", run.socket,
              "--pid-file", pid_file, journal ? "--journal" : NULL, run.journal,
              NULL);
        _exit(127);
    }
    while (!peer_served(run.socket)) {
        if (waitpid(run.pid, NULL, WNOHANG))
            die("the store ended at once");
        usleep(1000);
    }
}

static void open_all(void)
{
    char path[4200];
    int fifo[2];
    const char *name[] = { "events", "notify" };

    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", run.folder, name[i]);
        unlink(path);
        if (mkfifo(path, 0600))
            die("%s: %s", path, strerror(errno));
        fifo[i] = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    }
    for (int i = 0; i < PEERS; i++) {
        run.player[i].peer.events_fd = fifo[0];
        run.player[i].peer.notify_fd = fifo[1];
        if (i >= SOCKETS)
            peer_page(&run.player[i].peer, run.folder, i - SOCKETS + 1);
        for (int j = 0; j < WATCHES; j++)
            run.player[i].watch[j].place = NOWHERE;
    }
}

static void connect_sockets(void)
{
    for (int i = 0; i < SOCKETS; i++)
        peer_connect(&run.player[i].peer, run.socket);
}

static void introduce_guests(void)
{
    struct answer a;
    char data[32];

    for (int i = 1; i <= GUESTS; i++) {
        int len = sprintf(data, "%d%c1%c%d", i, 0, 0, i) + 1;

        peer_ask(&run.player[0].peer, XS_INTRODUCE, 0, data, len, &a);
        if (a.type == XS_ERROR)
            die("introduction of %d: %s", i, a.data);
    }
}

void ask(struct player *p, uint32_t tx, const struct act *act, char *answer)
{
    char data[128];
    struct answer a;

    peer_ask(&p->peer, act->type, tx, data, act_payload(act, data), &a);
    if (a.len >= ANSWER_BYTES)
        die("an answer of %u bytes", a.len);
    for (uint32_t i = 0; i < a.len; i++)
        answer[i] = a.data[i] ? a.data[i] : '.';
    answer[a.len] = '\0';
}

static void random_act(const struct player *p, struct act *a)
{
    static const uint32_t types[] = { XS_READ,     XS_WRITE, XS_WRITE,
                                      XS_RM,       XS_MKDIR, XS_DIRECTORY,
                                      XS_WRITE,    XS_READ,  XS_GET_PERMS,
                                      XS_SET_PERMS };

    memset(a, 0, sizeof(*a));
    a->type = types[pick(sizeof(types) / sizeof(types[0]))];
    a->domid = p->peer.domid;
    a->place = pick(PLACES);
    if (a->type == XS_RM && !a->place)
        a->place = 1;
    a->value = 1 + pick(100000);
    a->perms.nr = 1 + pick(ENTRIES);
    for (int i = 0; i < a->perms.nr; i++) {
        a->perms.e[i].domid = pick(GUESTS + 1);
        a->perms.e[i].access = pick(4);
    }
}

static void one_act(struct player *p)
{
    bool changed[PLACES] = { false }, removed[PLACES] = { false };
    char answer[ANSWER_BYTES], want[ANSWER_BYTES];
    struct model before = run.model;
    struct act a;

    random_act(p, &a);
    ask(p, 0, &a, answer);
    run.version++;
    changed[a.place] = model_do(&run.model, &a, want);
    removed[a.place] = changed[a.place] && a.type == XS_RM;
    want_events(&before, changed, removed);
    if (strcmp(answer, want))
        die("type %u, place %d, domain %u: %s, not %s", a.type, a.place,
            a.domid, answer, want);
}

/* Do all of @t to the model, and want its events. */
static void model_commit(const struct txn *t)
{
    bool changed[PLACES] = { false }, removed[PLACES] = { false };
    struct model before = run.model, *after = &run.model;
    char want[ANSWER_BYTES];

    for (int i = 0; i < t->nr; i++) {
        const struct act *a = &t->act[i];

        if (model_do(after, a, want)) {
            changed[a->place] = true;
            removed[a->place] |= a->type == XS_RM;
        }
        if (strcmp(want, t->answer[i]))
            die("a transaction could not have run alone: act %d, type %u, "
                "place %d, domain %u: %s, not %s",
                i, a->type, a->place, a->domid, t->answer[i], want);
    }
    want_events(&before, changed, removed);
}

/* Is another transaction open, in whose favour this one may be refused? */
static bool other_txns(void)
{
    for (int i = 0; i < PEERS * TXNS; i++) {
        if (run.player[i / TXNS].txn[i % TXNS].id)
            return true;
    }
    return false;
}

static void txn_end(struct player *p, struct txn *t)
{
    bool commit = pick(8) != 0;
    struct answer a;

    peer_ask(&p->peer, XS_TRANSACTION_END, t->id, commit ? "T" : "F", 2, &a);
    t->id = 0;
    if (a.type != XS_ERROR) {
        if (commit)
            model_commit(t);
        run.version += commit;
        run.commits += commit;
        return;
    }
    if (strcmp(a.data, "EAGAIN"))
        die("the end of a transaction: %s", a.data);
    if (run.version == t->version && !other_txns())
        die("EAGAIN, but nothing changed");
    run.conflicts++;
}

static void txn_step(struct player *p)
{
    struct txn *t = &p->txn[pick(TXNS)];
    struct answer a;

    if (!t->id) {
        peer_ask(&p->peer, XS_TRANSACTION_START, 0, "", 1, &a);
        if (a.type == XS_ERROR)
            die("a transaction: %s", a.data);
        t->id = strtoul(a.data, NULL, 10);
        t->version = run.version;
        t->nr = 0;
    } else if (t->nr == ACTS || pick(6) == 0) {
        txn_end(p, t);
    } else {
        random_act(p, &t->act[t->nr]);
        ask(p, t->id, &t->act[t->nr], t->answer[t->nr]);
        t->nr++;
    }
}

static void watch_step(struct player *p)
{
    struct watch *w = &p->watch[pick(WATCHES)];
    static unsigned int token;
    struct event *e;
    struct answer a;
    char data[64];
    int len;

    if (w->place == NOWHERE) {
        w->place = pick(PLACES);
        w->token = ++token % 1000000;
        place_path(w->place, data);
        e = &p->want[p->nr_want++];
        strcpy(e->path, data);
        snprintf(e->token, sizeof(e->token), "%u", w->token);
        e->group = ++run.group;
        len = strlen(data) + 1;
        len += sprintf(data + len, "%u", w->token) + 1;
        peer_ask(&p->peer, XS_WATCH, 0, data, len, &a);
    } else {
        place_path(w->place, data);
        len = strlen(data) + 1;
        len += sprintf(data + len, "%u", w->token) + 1;
        w->place = NOWHERE;
        peer_ask(&p->peer, XS_UNWATCH, 0, data, len, &a);
    }
    if (a.type == XS_ERROR)
        die("a watch: %s", a.data);
}

/* Is all of the store as @m has it? */
static bool same_tree(const struct model *m, char *why)
{
    static const uint32_t types[] = { XS_READ, XS_DIRECTORY, XS_GET_PERMS };
    char answer[ANSWER_BYTES], want[ANSWER_BYTES];
    struct model copy = *m;

    for (int place = 0; place < PLACES; place++) {
        for (int i = 0; i < 3; i++) {
            struct act a = { .type = types[i], .place = place };

            ask(&run.player[0], 0, &a, answer);
            model_do(&copy, &a, want);
            if (strcmp(answer, want)) {
                sprintf(why, "place %d, type %u: %s, not %s", place, a.type,
                        answer, want);
                return false;
            }
        }
    }
    return true;
}

static void compare_all(void)
{
    struct answer a;
    char why[256];

    for (int i = 0; i < PEERS; i++)
        compare_events(&run.player[i]);
    if (!same_tree(&run.model, why))
        die("%s", why);
    peer_ask(&run.player[0].peer, XS_CONTROL, 0, "check", 6, &a);
    if (strcmp(a.data, "OK"))
        die("check: %s", a.data);
}

/* A guest's transaction is still known after a crash, but cannot commit. */
static void txn_lost(struct player *p, const struct txn *t)
{
    struct answer a;

    if (!t->id)
        return;
    peer_ask(&p->peer, XS_TRANSACTION_END, t->id, "T", 2, &a);
    if (a.type != XS_ERROR || strcmp(a.data, "EAGAIN"))
        die("domain %u: the end of a transaction after a crash: %s",
            p->peer.domid, a.data);
}

/*
 * Kill the store with requests of one socket under way.  The tree must be as
 * after the first so many of them, and those that were answered count.
 */
static void crash(void)
{
    struct player *p = &run.player[pick(SOCKETS)];
    struct act act[BATCH];
    struct answer a;
    char data[128], want[ANSWER_BYTES], why[256];
    int nr = pick(BATCH + 1), done = 0;

    compare_all();
    for (int i = 0; i < nr; i++) {
        do {
            random_act(p, &act[i]);
        } while (act[i].type == XS_READ || act[i].type == XS_DIRECTORY);
        peer_send(&p->peer, act[i].type, 0, data, act_payload(&act[i], data));
    }
    for (volatile int spin = pick(20000); spin; spin--)
        ;
    kill(run.pid, SIGKILL);
    waitpid(run.pid, NULL, 0);
    while (done < nr && peer_answer(&p->peer, &a))
        done++;
    store_start(true);
    connect_sockets();

    for (int i = 0; i < done; i++)
        model_do(&run.model, &act[i], want);
    while (!same_tree(&run.model, why)) {
        if (done == nr)
            die("after a crash, %d requests sent: %s", nr, why);
        model_do(&run.model, &act[done++], want);
    }
    run.version++;
    run.crashes++;

    /* Who was connected by a socket has lost all, and a guest has to begin its
     * transactions again; what else it hears of the last requests is not
     * known. */
    for (int i = 0; i < PEERS; i++) {
        for (int j = 0; i >= SOCKETS && j < TXNS; j++)
            txn_lost(&run.player[i], &run.player[i].txn[j]);
        memset(run.player[i].txn, 0, sizeof(run.player[i].txn));
        for (int j = 0; i < SOCKETS && j < WATCHES; j++)
            run.player[i].watch[j].place = NOWHERE;
        ask(&run.player[i], 0,
            &(struct act){ .type = XS_READ, .domid = run.player[i].peer.domid },
            want);
        run.player[i].nr_want = run.player[i].peer.nr_events = 0;
    }
}

/*
 * Another program takes over: nobody loses anything, but open transactions
 * cannot commit any more.
 */
static void update(void)
{
    static const char words[] = "live-update\0-s\0-t\0"
                                "0\0-F";
    struct answer a;

    compare_all();
    peer_ask(&run.player[0].peer, XS_CONTROL, 0, words, sizeof(words), &a);
    if (strcmp(a.data, "OK"))
        die("live update: %s", a.data);
    for (int i = 0; i < PEERS; i++) {
        for (int j = 0; j < TXNS; j++) {
            txn_lost(&run.player[i], &run.player[i].txn[j]);
            run.player[i].txn[j].id = 0;
        }
    }
    run.version++;
    compare_all();
}

static void play(unsigned long steps, unsigned long crashes)
{
    unsigned long between = crashes ? steps / crashes : 0;

    for (run.step = 1; run.step <= steps; run.step++) {
        struct player *p = &run.player[pick(PEERS)];
        int what = pick(20);

        if (!what)
            watch_step(p);
        else if (what < 8)
            one_act(p);
        else
            txn_step(p);
        if (run.step % SYNC == 0)
            compare_all();
        if (between && run.step % between == 0)
            crash();
        if (between && run.step % between == between / 2)
            update();
    }
}

int main(int argc, char **argv)
{
    unsigned long steps = 100000, crashes = 0;
    struct answer a;
    int c, status;

    run.first_seed = 1;
    while ((c = getopt(argc, argv, "n:s:k:")) != -1) {
        if (c == 'n')
            steps = strtoul(optarg, NULL, 0);
        else if (c == 's')
            run.first_seed = strtoul(optarg, NULL, 0);
        else
            crashes = strtoul(optarg, NULL, 0);
    }
    if (argc - optind != 3) {
        fprintf(stderr, "usage: store-model [-n OPERATIONS] [-s SEED] "
                        "[-k CRASHES] PELSTORED STANDIN FOLDER\n");
        return 2;
    }
    run.seed = run.first_seed;
    run.store = argv[optind];
    run.standin = argv[optind + 1];
    run.folder = argv[optind + 2];
    snprintf(run.socket, sizeof(run.socket), "%s/socket", run.folder);
    snprintf(run.journal, sizeof(run.journal), "%s/journal", run.folder);
    signal(SIGPIPE, SIG_IGN);

    open_all();
    store_start(crashes != 0);
    connect_sockets();
    introduce_guests();
    model_init(&run.model);
    peer_ask(&run.player[0].peer, XS_MKDIR, 0, "/m", 3, &a);
    play(steps, crashes);
    compare_all();

    kill(run.pid, SIGTERM);
    waitpid(run.pid, &status, 0);
    run.pid = 0;
    if (status)
        die("the store ended with status %#x", status);
    printf("%lu operations: %lu commits, %lu conflicts, %lu events, "
           "%lu crashes\n",
           steps, run.commits, run.conflicts, run.events, run.crashes);
    return 0;
}
