/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the journals are for: whoever holds the lock of one knows that nobody
 * else works on that migration, and brings it to its end.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/migrate.h>
#include <pel/mirror.h>
#include <pel/store.h>
#include "claim.h"
#include "guard.h"
#include "local.h"
#include "migrate.h"
#include "rounds.h"
#include "suspend.h"

#define ATTEMPTS 3 /* to reach a target */
#define OWNER_MS 5000
#define CANCEL_MS 120000

void message_keep(struct pel_ctx *ctx, char *why)
{
    snprintf(why, PEL_MESSAGE_MAX, "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
}

void message_back(struct pel_ctx *ctx, const char *why)
{
    snprintf(ctx->message, sizeof(ctx->message), "%s", why);
}

void fault(const char *step, struct link *l, const struct guard *g)
{
    const char *want = getenv("PEL_FAULT");
    size_t len = strlen(step);

    if (want && !strcmp(want, "tell"))
        fprintf(stderr, "step %s at %.3f ms\n", step, pel_store_now_ns() / 1e6);
    if (!want || strncmp(want, step, len) || want[len] != ':')
        return;
    if (!strcmp(want + len, ":cut")) {
        link_cut(l);
        return;
    }
    if (!strcmp(want + len, ":lone") && g->pipe >= 0)
        kill(g->pid, SIGKILL);
    kill(getpid(), SIGKILL);
}

int journal_fits(struct pel_ctx *ctx, const struct journal_record *r)
{
    struct pel_dominfo info;
    int rc = r->domid == PEL_DOMID_NONE || !journal_is_of_now(r)
                 ? -PEL_ENOENT
                 : pel_domain_get(ctx, r->domid, &info);

    if (rc && rc != -PEL_ENOENT)
        return rc;
    pel_error_clear(ctx);
    return !rc && !info.dying && !memcmp(info.uuid, r->uuid, sizeof(r->uuid));
}

static int is_moving(struct pel_ctx *ctx, const char *id, void *arg)
{
    uint32_t domid = *(uint32_t *)arg;
    struct journal j;
    int rc = journal_open(ctx, JOURNAL_SOURCE, id, 0, &j);

    if (rc == -PEL_ENOENT)
        return 0;
    pel_error_clear(ctx);
    journal_close(&j);
    rc = j.rec.domid == domid ? journal_fits(ctx, &j.rec) : 0;
    if (rc <= 0)
        return rc;
    return pel_fail(ctx, PEL_ESTATE,
                    "domain %u is being migrated already: see pel migrate "
                    "--cancel and --resolve",
                    domid);
}

int journal_none_open(struct pel_ctx *ctx, uint32_t domid)
{
    return journal_each(ctx, JOURNAL_SOURCE, is_moving, &domid);
}

int pel_migrate_destroy_own(struct pel_ctx *ctx, uint32_t domid)
{
    int claim = domain_claim(ctx, domid);
    int rc = claim < 0 ? claim : journal_none_open(ctx, domid);

    if (!rc)
        rc = pel_domain_destroy(ctx, domid);
    domain_claim_end(claim);
    return rc;
}

int journal_find(struct pel_ctx *ctx, struct journal_record *r)
{
    static const uint8_t none[sizeof(r->uuid)];
    struct pel_dominfo *list = NULL;
    size_t nr = 0;
    int rc;

    if (r->domid != PEL_DOMID_NONE || !memcmp(r->uuid, none, sizeof(none)))
        return journal_fits(ctx, r);
    rc = pel_domain_list(ctx, &list, &nr);
    if (rc)
        return rc;
    for (size_t i = 0; i < nr; i++)
        if (!list[i].dying && list[i].paused &&
            !memcmp(list[i].uuid, r->uuid, sizeof(r->uuid)))
            r->domid = list[i].domid;
    free(list);
    return journal_fits(ctx, r);
}

/* ---- the source -------------------------------------------------------------
 */

/*
 * 1: the target has taken it; 0: it has not, and will not; else an error.  Who
 * knows nothing of it may be another host, or have lost its journals.
 */
static int ask(struct link *l, const struct journal_record *r)
{
    char line[LINK_LINE], host[JOURNAL_ID];
    int rc = link_say(l, "QUERY %d %s", MIGRATE_VERSION, r->id);

    if (!rc)
        rc = link_hear(l, line, HELLO_MS);
    if (rc)
        return rc;
    if (!strcmp(line, "TAKEN"))
        return 1;
    if (sscanf(line, "NOT TAKEN %36s", host) == 1) {
        if (!strcmp(host, r->peer))
            return 0;
        return pel_fail(
            l->ctx, PEL_ESTATE,
            "another host answers, or one that has lost " JOURNAL_DIR);
    }
    return pel_fail(l->ctx, PEL_EFORMAT, "the other host says \"%.80s\"", line);
}

/* With the link still open: the answer is given up only when we have acted. */
static int ask_target(struct journal *j, struct link *l)
{
    int rc = -PEL_EIO;

    for (int i = 0; rc < 0 && i < ATTEMPTS; i++) {
        if (i)
            sleep(1);
        pel_error_clear(j->ctx);
        rc = link_open(j->ctx, j->rec.text, l);
        if (!rc)
            rc = ask(l, &j->rec);
        if (rc < 0)
            link_close(l);
    }
    return rc;
}

static int undecided(struct journal *j)
{
    char why[PEL_MESSAGE_MAX];

    message_keep(j->ctx, why);
    return pel_fail(j->ctx, PEL_EUNDECIDED,
                    "%s stands still, since the other host may have it and "
                    "does not say (%.200s): pel migrate --resolve %s",
                    j->rec.name, why, j->rec.name);
}

static int settle_committed(struct journal *j, bool here, bool keep, char *told)
{
    struct link l = { .in = -1, .out = -1 };
    int taken = keep ? 0 : ask_target(j, &l), rc = 0;

    if (taken < 0)
        return undecided(j);
    if (!here)
        snprintf(told, LINK_LINE, "%s: %s is not here any more",
                 taken ? "taken" : "lost", j->rec.name);
    else if (taken)
        rc = pel_domain_destroy(j->ctx, j->rec.domid);
    else
        rc = domain_resume(j->ctx, j->rec.domid);
    if (!rc && here)
        snprintf(told, LINK_LINE,
                 taken ? "taken: %s is on the other host"
                       : "back: %s goes on here",
                 j->rec.name);
    if (!rc) {
        journal_remove(j);
        if (!keep)
            link_say(&l, "BYE");
        pel_error_clear(j->ctx);
    }
    if (!keep)
        link_close(&l);
    return rc;
}

int source_settle(struct journal *j, bool keep, char *told)
{
    int here = journal_fits(j->ctx, &j->rec);

    if (here < 0)
        return here;
    if (here)
        log_off(j->ctx, j->rec.domid);
    if (here && j->rec.copies)
        mirror_forget(j->ctx, j->rec.domid);
    if (j->rec.state == JOURNAL_COMMIT)
        return settle_committed(j, here, keep, told);
    if (here)
        domain_resume_later(j->ctx, j->rec.domid);
    pel_error_clear(j->ctx);
    snprintf(told, LINK_LINE,
             here ? "back: %s goes on here" : "lost: %s is not here any more",
             j->rec.name);
    journal_remove(j);
    return 0;
}

/* ---- the target
 * -------------------------------------------------------------- */

int target_settle(struct journal *j, char *told)
{
    int here = journal_find(j->ctx, &j->rec), rc = 0;
    struct pel_dominfo info;

    if (here < 0)
        return here;
    if (j->rec.state == JOURNAL_COMMIT) {
        if (here && !j->rec.paused) {
            rc = pel_domain_get(j->ctx, j->rec.domid, &info);
            if (!rc && info.paused)
                rc = pel_domain_unpause(j->ctx, j->rec.domid);
        }
        mirror_keep(j->ctx, j->rec.id, j->rec.text);
        snprintf(told, LINK_LINE, "taken: %s %s", j->rec.name,
                 here ? "is here" : "was here, and has ended");
        return rc;
    }
    if (here)
        rc = pel_domain_destroy(j->ctx, j->rec.domid);
    snprintf(told, LINK_LINE, "not taken: %s",
             j->rec.name[0] ? j->rec.name : "a guest");
    if (!rc)
        mirror_undo(j->ctx, j->rec.id, j->rec.text);
    if (!rc)
        journal_remove(j);
    return rc;
}

/* ---- who calls
 * ---------------------------------------------------------------- */

struct search {
    enum journal_role role;
    uint32_t domid;   /* or PEL_DOMID_NONE, and by name */
    const char *name; /* of the guest */
    const char *id;   /* of the migration */
    int wait_ms;
    bool claimed; /* the guest is: we are its guard */
    bool keep;    /* no target is asked */
    void (*told)(void *arg, const char *line);
    void *arg;
    size_t nr;
    int rc; /* the first that went wrong, with its message */
    char why[PEL_MESSAGE_MAX];
};

static bool is_meant(const struct search *s, const struct journal_record *r)
{
    if (s->domid != PEL_DOMID_NONE)
        return r->domid == s->domid;
    return !s->name || !strcmp(s->name, r->name);
}

static int settle(const struct search *s, struct journal *j, char *told)
{
    int claim, rc;

    if (s->role == JOURNAL_TARGET)
        return target_settle(j, told);
    if (s->claimed)
        return source_settle(j, s->keep, told);
    claim = domain_claim(j->ctx, j->rec.domid);
    rc = claim < 0 ? claim : source_settle(j, s->keep, told);
    domain_claim_end(claim);
    return rc;
}

static int settle_one(struct pel_ctx *ctx, const char *id, void *arg)
{
    struct search *s = arg;
    char told[LINK_LINE];
    struct journal j;
    int rc;

    if (s->id && strcmp(s->id, id))
        return 0;
    rc = journal_open(ctx, s->role, id, s->wait_ms, &j);
    if (rc == -PEL_ENOENT || !is_meant(s, &j.rec)) {
        pel_error_clear(ctx);
        journal_close(&j);
        return 0;
    }
    s->nr++;
    if (!rc)
        rc = settle(s, &j, told);
    if (rc && !s->rc) {
        s->rc = rc;
        message_keep(ctx, s->why);
    }
    if (!rc && s->told)
        s->told(s->arg, told);
    pel_error_clear(ctx);
    journal_close(&j);
    return 0;
}

static void recover(struct pel_ctx *ctx, enum journal_role role, const char *id)
{
    struct search s = {
        .role = role,
        .domid = PEL_DOMID_NONE,
        .id = id,
        .wait_ms = OWNER_MS,
        .claimed = true,
    };

    journal_each(ctx, role, settle_one, &s);
    message_back(ctx, s.why);
}

void source_recover(struct pel_ctx *ctx, const void *id)
{
    recover(ctx, JOURNAL_SOURCE, id);
}

void target_recover(struct pel_ctx *ctx, const void *id)
{
    recover(ctx, JOURNAL_TARGET, id);
}

int pel_migrate_resolve(struct pel_ctx *ctx, const char *who, bool keep,
                        void (*told)(void *arg, const char *line), void *arg)
{
    struct search s = {
        .domid = PEL_DOMID_NONE,
        .name = who,
        .keep = keep,
        .told = told,
        .arg = arg,
    };

    if (who && who[strspn(who, "0123456789")] == '\0')
        s.domid = strtoul(who, NULL, 10);
    s.role = JOURNAL_SOURCE;
    journal_each(ctx, s.role, settle_one, &s);
    s.role = JOURNAL_TARGET;
    journal_each(ctx, s.role, settle_one, &s);
    if (!s.nr && who)
        return pel_fail(ctx, PEL_ENOENT, "no migration of \"%s\" is open", who);
    message_back(ctx, s.why);
    return s.rc;
}

/* 1: it was asked to end; 0: not this one. */
static int cancel_one(struct pel_ctx *ctx, const char *id, void *arg)
{
    struct search *s = arg;
    struct journal j;
    int rc = journal_open(ctx, JOURNAL_SOURCE, id, 0, &j);

    journal_close(&j);
    pel_error_clear(ctx);
    if (rc != -PEL_ESTATE || j.rec.domid != s->domid)
        return 0;
    s->nr++;
    /* Then it cannot be ended; and who works on it may be another process. */
    if (j.rec.state == JOURNAL_MOVING)
        kill(j.rec.pid, SIGTERM);
    rc = journal_open(ctx, JOURNAL_SOURCE, id, CANCEL_MS, &j);
    journal_close(&j);
    if (rc != -PEL_ENOENT)
        return rc ? rc
                  : pel_fail(ctx, PEL_EUNDECIDED,
                             "it is undecided: pel migrate --resolve");
    return journal_fits(ctx, &j.rec) > 0 ? 1 : 2;
}

int pel_migrate_cancel(struct pel_ctx *ctx, uint32_t domid)
{
    struct search s = { .domid = domid };
    struct pel_dominfo info;
    int rc = journal_each(ctx, JOURNAL_SOURCE, cancel_one, &s);

    if (rc < 0)
        return rc;
    if (!s.nr)
        return pel_fail(ctx, PEL_ENOENT, "domain %u is not being migrated",
                        domid);
    if (pel_domain_get(ctx, domid, &info))
        return pel_fail(ctx, PEL_ESTATE, "too late: the guest has gone");
    return 0;
}
