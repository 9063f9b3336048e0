/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random requests, in and out of transactions, against a simple model.
 *
 * The model knows nothing of snapshots or generations: when a transaction
 * commits, all that it did is done again to the model's current state, and
 * each answer must be the same as then.  So what committed could have run
 * alone, at that moment.
 */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

#define FAN 3 /* names: a, b, c */
#define PLACES (1 + FAN + FAN * FAN + FAN * FAN * FAN)
#define TXNS 4
#define STEPS 30000

struct model {
    bool there[PLACES];
    int value[PLACES]; /* 0: empty */
};

struct act {
    uint32_t type;
    int place, value;
    char answer[64];
};

struct run {
    uint32_t id; /* 0: not begun */
    int nr;
    int version; /* of the model when it began */
    struct act acts[16];
};

static uint32_t seed = 12345;

static int pick(int nr)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % nr;
}

/* Place 0 is /m; the children of i are i * FAN + 1 and the next. */
static void place_path(int place, char *path)
{
    char up[32];

    if (!place) {
        strcpy(path, "/m");
        return;
    }
    place_path((place - 1) / FAN, up);
    sprintf(path, "%s/%c", up, 'a' + (place - 1) % FAN);
}

static void model_remove(struct model *m, int place)
{
    m->there[place] = false;
    for (int i = place * FAN + 1; i <= place * FAN + FAN && i < PLACES; i++)
        model_remove(m, i);
}

static void model_create(struct model *m, int place)
{
    for (;; place = (place - 1) / FAN) {
        if (m->there[place])
            return;
        m->there[place] = true;
        m->value[place] = 0;
        if (!place)
            return;
    }
}

/* Do @a to @m; the answer that the store should give. */
static void model_do(struct model *m, const struct act *a, char *answer)
{
    int p = a->place;

    strcpy(answer, "OK");
    if (a->type == XS_WRITE) {
        model_create(m, p);
        m->value[p] = a->value;
    } else if (a->type == XS_MKDIR) {
        model_create(m, p);
    } else if (a->type == XS_RM) {
        if (!m->there[p] && p && !m->there[(p - 1) / FAN])
            strcpy(answer, "ENOENT");
        else
            model_remove(m, p);
    } else if (!m->there[p]) {
        strcpy(answer, "ENOENT");
    } else if (a->type == XS_READ) {
        answer[0] = '\0';
        if (m->value[p])
            sprintf(answer, "%d", m->value[p]);
    } else {
        answer[0] = '\0';
        for (int i = 0; i < FAN; i++) {
            int kid = p * FAN + 1 + i;

            if (kid < PLACES && m->there[kid])
                sprintf(answer + strlen(answer), "%c.", 'a' + i);
        }
    }
}

/* Do @a to the store. */
static void store_do(struct peer *p, uint32_t tx, struct act *a)
{
    char data[64], path[32];
    struct reply r;
    int len;

    place_path(a->place, path);
    len = sprintf(data, "%s", path) + 1;
    if (a->type == XS_WRITE)
        len += sprintf(data + len, "%d", a->value);
    ask(p, a->type, tx, data, len, &r);
    for (unsigned int i = 0; i < r.len && a->type == XS_DIRECTORY; i++) {
        if (!r.data[i] && r.type == a->type)
            r.data[i] = '.';
    }
    assert_true(r.len < sizeof(a->answer));
    memcpy(a->answer, r.data, r.len + 1);
}

static void random_act(struct act *a)
{
    static const uint32_t types[] = { XS_READ, XS_WRITE,     XS_WRITE,
                                      XS_RM,   XS_DIRECTORY, XS_MKDIR };

    a->type = types[pick(ARRAY_SIZE(types))];
    a->place = pick(PLACES);
    a->value = 1 + pick(100000);
}

static void finish(struct peer *p, struct run *t, struct model *m, int version,
                   int *commits, int *conflicts)
{
    struct model after = *m;
    char answer[64];
    struct reply r;

    ask(p, XS_TRANSACTION_END, t->id, TEXT0("T"), &r);
    t->id = 0;
    if (r.type == XS_ERROR) {
        assert_string_equal(r.data, "EAGAIN");
        assert_true(version != t->version); /* somebody did change something */
        ++*conflicts;
        return;
    }
    for (int i = 0; i < t->nr; i++) {
        model_do(&after, &t->acts[i], answer);
        assert_string_equal(answer, t->acts[i].answer);
    }
    *m = after;
    ++*commits;
}

static void compare(struct peer *p, const struct model *m)
{
    for (int place = 0; place < PLACES; place++) {
        struct act a = { .type = XS_READ, .place = place };
        struct model copy = *m;
        char answer[64];

        for (int list = 0; list < 2; list++) {
            a.type = list ? XS_DIRECTORY : XS_READ;
            store_do(p, 0, &a);
            model_do(&copy, &a, answer);
            assert_string_equal(answer, a.answer);
        }
    }
}

static void committed_transactions_could_have_run_alone(void **state)
{
    struct world *w = world_new();
    struct peer *p = &w->dom0;
    struct run txn[TXNS] = { 0 };
    struct model m = { 0 };
    int version = 0, commits = 0, conflicts = 0;
    char answer[64];

    (void)state;
    for (int step = 0; step < STEPS; step++) {
        struct run *t = &txn[pick(TXNS)];
        struct act a;

        random_act(&a);
        if (pick(8) == 0) { /* outside of transactions */
            store_do(p, 0, &a);
            model_do(&m, &a, answer);
            assert_string_equal(answer, a.answer);
            version++;
        } else if (!t->id) {
            t->id = begin(p);
            t->nr = 0;
            t->version = version;
        } else if (t->nr == 6 || pick(6) == 0) {
            finish(p, t, &m, version, &commits, &conflicts);
            version++;
        } else {
            t->acts[t->nr] = a;
            store_do(p, t->id, &t->acts[t->nr++]);
        }
        if (step % 500 == 0) {
            compare(p, &m);
            assert_int_equal(server_check(w->srv), 0);
        }
    }
    compare(p, &m);
    print_message("%d commits, %d conflicts\n", commits, conflicts);
    assert_true(commits > 1000 && conflicts > 1000);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(committed_transactions_could_have_run_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
