/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target of a migration.  Until "COMMIT" is in our journal the guest is
 * not ours, and whatever fails removes what there is of it; from then on it is,
 * and it runs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/migrate.h>
#include <pel/mirror.h>
#include "guard.h"
#include "local.h"
#include "migrate.h"
#include "save.h"

#define BYE_MS 60000   /* it destroys its own before that */
#define QUERY_MS 70000 /* longer than a target waits for "COMMIT" */

struct target {
    struct pel_ctx *ctx;
    struct link link;
    struct journal j;
    struct guard guard;
    const struct mirror_policy *policy;
    struct mirror_target *mirror; /* NULL: the disks are here already */
    bool disk_begun;
    char **name;
};

/* From now on a domain of that UUID is a half of ours, until it is whole. */
static int coming(void *arg, const struct pel_config *cfg)
{
    struct target *t = arg;
    int rc;

    memcpy(t->j.rec.uuid, cfg->uuid, sizeof(t->j.rec.uuid));
    snprintf(t->j.rec.name, sizeof(t->j.rec.name), "%s", cfg->name);
    rc = journal_write(&t->j);
    return rc || !t->mirror ? rc : mirror_take_config(t->mirror, cfg);
}

static int made(void *arg, uint32_t domid)
{
    struct target *t = arg;

    fault("made", &t->link, &t->guard);
    t->j.rec.domid = domid;
    return journal_write(&t->j);
}

static void whole(void *arg)
{
    struct target *t = arg;

    fault("whole", &t->link, &t->guard);
}

/* ---- disks that come along --------------------------------------------------
 */

/* Whoever removes the half has to know of a file before it is there. */
static int note_files(void *arg, const char *list)
{
    struct target *t = arg;

    snprintf(t->j.rec.text, sizeof(t->j.rec.text), "%s", list);
    return journal_write(&t->j);
}

static int take_disk(void *arg, const void *body, size_t len)
{
    struct target *t = arg;
    int rc;

    if (t->link.stop && t->link.stop())
        return pel_fail(t->ctx, PEL_ESTATE, "interrupted");
    rc = mirror_take_record(t->mirror, body, len);
    if (len > LINK_LINE && !t->disk_begun) { /* bytes, not just a name */
        t->disk_begun = true;
        fault("disk", &t->link, &t->guard);
    }
    return rc;
}

static int name_disks(void *arg)
{
    struct target *t = arg;
    int rc = mirror_take_finish(t->mirror);

    fault("named", &t->link, &t->guard);
    return rc;
}

static int expect_disks(struct target *t, const char *flags)
{
    const struct mirror_setup how = {
        .id = t->j.rec.id,
        .policy = *t->policy,
        .overwrite = strchr(flags, FLAG_OVERWRITE),
        .note = note_files,
        .arg = t,
    };

    if (!strchr(flags, FLAG_STORAGE))
        return 0;
    return mirror_take_begin(t->ctx, &how, &t->mirror);
}

/* ---- the stream -------------------------------------------------------------
 */

static int say_round(void *arg)
{
    struct target *t = arg;
    int rc = t->mirror ? mirror_take_sync(t->mirror) : 0;

    return rc ? rc : link_say(&t->link, "ROUND");
}

static int build(struct target *t, bool compressed)
{
    const struct restore_watch watch = {
        .coming = coming,
        .made = made,
        .whole = whole,
        .disks = t->mirror ? name_disks : NULL,
        .disks_late = t->mirror,
        .arg = t,
    };
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    uint32_t domid;
    int rc;

    if (!r)
        return pel_fail_oom(t->ctx);
    r->ctx = t->ctx;
    r->read = link_read;
    r->arg = &t->link;
    r->round = say_round;
    r->disk = t->mirror ? take_disk : NULL;
    r->own_arg = t;
    rc = compressed ? link_decompress(&t->link, true) : 0;
    if (!rc)
        rc = restore_stream(t->ctx, r, NULL, t->link.stop, &watch, &domid,
                            t->name);
    pel_image_close(r);
    free(r);
    return rc;
}

static int hear_commit(struct target *t)
{
    int rc = link_decompress(&t->link, false);

    fault("built", &t->link, &t->guard);
    if (!rc)
        rc = link_say(&t->link, "READY");
    fault("ready-sent", &t->link, &t->guard);
    if (!rc)
        rc = link_expect(&t->link, "COMMIT", COMMIT_MS, "nobody says COMMIT");
    fault("commit-heard", &t->link, &t->guard);
    return rc;
}

/* The source may ask (again), unless it has said that it will not. */
static void say_last(struct target *t, const char *word)
{
    int rc = link_say(&t->link, "%s", word);

    if (!rc)
        rc = link_expect(&t->link, "BYE", BYE_MS, "nobody says BYE");
    if (!rc)
        journal_remove(&t->j);
    pel_error_clear(t->ctx);
}

/* From here on it is ours. */
static int take(struct target *t)
{
    char told[LINK_LINE];
    int rc;

    t->link.stop = NULL;
    t->j.rec.state = JOURNAL_COMMIT;
    rc = journal_write(&t->j);
    if (rc) {
        journal_remove(&t->j); /* whatever stands in it */
        return rc;
    }
    fault("taken", &t->link, &t->guard);
    rc = target_settle(&t->j, told);
    if (rc) {
        pel_log(t->ctx, PEL_LOG_WARN, "%s stays paused: %s", t->j.rec.name,
                pel_error_message(t->ctx));
        pel_error_clear(t->ctx);
    }
    fault("running", &t->link, &t->guard);
    say_last(t, "DONE");
    return 0;
}

static int receive(struct target *t, const char *id, const char *flags)
{
    struct journal_record rec = {
        .role = JOURNAL_TARGET,
        .state = JOURNAL_MOVING,
        .domid = PEL_DOMID_NONE,
        .paused = strchr(flags, FLAG_PAUSED) != NULL,
    };
    char host[JOURNAL_ID];
    bool built = false;
    int rc;

    snprintf(rec.id, JOURNAL_ID, "%s", id);
    rc = journal_create(t->ctx, &rec, &t->j);
    if (!rc)
        rc = guard_start(t->ctx, &t->guard, -1, target_recover, t->j.rec.id);
    if (!rc)
        rc = expect_disks(t, flags);
    if (!rc)
        rc = journal_host(t->ctx, host);
    if (!rc)
        rc = link_say(&t->link, "%s %s", MIGRATE_HELLO, host);
    if (!rc)
        rc = build(t, strchr(flags, FLAG_COMPRESS));
    built = !rc;
    if (!rc)
        rc = hear_commit(t);
    if (!rc)
        rc = take(t);
    if (rc && built) {
        domain_undo(t->ctx, t->j.rec.domid);
        free(*t->name);
        *t->name = NULL;
    }
    mirror_take_end(t->mirror);
    if (rc) {
        mirror_undo(t->ctx, t->j.rec.id, t->j.rec.text);
        journal_remove(&t->j);
    }
    return rc;
}

/* ---- questions
 * --------------------------------------------------------------- */

/*
 * Whether a migration's guest is ours.  Having said that it is not, we do not
 * take it any more: whoever is about to loses what he has of it before that.
 */
static int answer(struct target *t, const char *id)
{
    char line[LINK_LINE], host[JOURNAL_ID];
    bool taken = false;
    int rc = journal_host(t->ctx, host);

    if (rc)
        return rc;
    rc = journal_open(t->ctx, JOURNAL_TARGET, id, QUERY_MS, &t->j);

    if (!rc) {
        taken = t->j.rec.state == JOURNAL_COMMIT;
        rc = target_settle(&t->j, line);
    } else if (rc == -PEL_ENOENT) {
        rc = 0;
    }
    if (rc)
        return rc;
    fault("answer", &t->link, &t->guard);
    snprintf(line, sizeof(line), "NOT TAKEN %s", host);
    say_last(t, taken ? "TAKEN" : line);
    return 0;
}

static int serve(struct target *t)
{
    char line[LINK_LINE], word[8], id[JOURNAL_ID], flags[8];
    int version, rc = link_hear(&t->link, line, HELLO_MS);

    if (rc == -PEL_ETIMEDOUT)
        return pel_fail(t->ctx, PEL_ETIMEDOUT, "the source says nothing");
    if (rc)
        return rc;
    strcpy(flags, "-");
    if (sscanf(line, "%7s %d %36s %7s", word, &version, id, flags) < 3)
        return pel_fail(t->ctx, PEL_EFORMAT, "the source says \"%.80s\"", line);
    if (version != MIGRATE_VERSION)
        return pel_fail(t->ctx, PEL_ENOTSUP,
                        "the source speaks version %d of the protocol, and "
                        "we %d",
                        version, MIGRATE_VERSION);
    if (flags[strspn(flags, FLAGS_ALL)])
        return pel_fail(t->ctx, PEL_ENOTSUP,
                        "the source wants what is not known here (\"%s\")",
                        flags);
    if (!strcmp(word, "HELLO"))
        return receive(t, id, flags);
    if (!strcmp(word, "QUERY"))
        return answer(t, id);
    return pel_fail(t->ctx, PEL_EFORMAT, "the source says \"%.80s\"", line);
}

int pel_migrate_receive(struct pel_ctx *ctx, int in, int out,
                        const struct mirror_policy *policy, bool (*stop)(void),
                        char **name)
{
    struct target t = { .ctx = ctx, .name = name, .policy = policy };
    char why[PEL_MESSAGE_MAX];
    int rc;

    *name = NULL;
    t.guard.pipe = t.j.fd = -1;
    rc = link_attach(ctx, in, out, &t.link);
    t.link.stop = stop;
    if (!rc)
        rc = serve(&t);
    if (rc) {
        message_keep(ctx, why);
        t.link.stop = NULL;
        t.link.out_used = 0;
        link_say(&t.link, "FAIL %s", why);
        message_back(ctx, why);
    }
    journal_close(&t.j);
    guard_end(&t.guard);
    link_close(&t.link);
    return rc;
}
