/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The source of a migration.  Until "COMMIT" is in the journal the guest is
 * ours, and whatever fails lets it go on; from then on it is not, unless the
 * target says that it has not taken it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/migrate.h>
#include <pel/mirror.h>
#include <pel/standstill.h>
#include <pel/store.h>
#include "claim.h"
#include "guard.h"
#include "local.h"
#include "migrate.h"
#include "pace.h"
#include "rounds.h"
#include "save.h"
#include "sender.h"
#include "suspend.h"

#define DRAIN_MS 5000
#define LOOK_MS 200
#define DISKS_REPORT_NS 2000000000ull

struct source {
    struct pel_ctx *ctx;
    uint32_t domid;
    const struct pel_migrate *how;
    struct journal j;
    struct guard guard;
    int claim; /* on the guest */
    struct link link;
    struct sender sender;
    char *config;                 /* for the header */
    struct pel_config disks;      /* the guest's own configuration */
    struct mirror_source *mirror; /* NULL: the other host has the disks */
    struct pace pace;             /* of the disks' first round */
    uint64_t began_ns, still_ns, reported_ns;
    uint32_t standstill_ms; /* expected, beside the last pages */
    struct pel_migrate_report report;
};

static void report(struct source *m, enum pel_migrate_step step)
{
    m->report.step = step;
    m->report.ms = (pel_store_now_ns() - m->began_ns) / 1000000;
    m->report.bytes = m->link.sent;
    if (m->how->report)
        m->how->report(m->how->arg, &m->report);
}

static void report_round(void *arg, const struct round_info *info)
{
    struct source *m = arg;

    m->report.round = info->round;
    m->report.rate = info->rate;
    m->report.remaining = info->remaining * 4096 + info->disk_left;
    m->report.predicted_ms = info->predicted_ms;
    report(m, PEL_MIGRATE_ROUND);
    fault("round", &m->link, &m->guard);
}

/* ---- before anything happens --------------------------------------------- */

static int begin_journal(struct source *m)
{
    struct journal_record rec = {
        .role = JOURNAL_SOURCE,
        .state = JOURNAL_MOVING,
        .domid = m->domid,
    };
    struct pel_dominfo info;
    uuid_t id;
    int rc = pel_domain_get(m->ctx, m->domid, &info);

    if (rc)
        return rc;
    if (strlen(m->how->command) >= sizeof(rec.text))
        return pel_fail(m->ctx, PEL_EINVAL, "the command is too long");
    memcpy(rec.uuid, info.uuid, sizeof(rec.uuid));
    uuid_generate(id);
    uuid_unparse_lower(id, rec.id);
    snprintf(rec.name, sizeof(rec.name), "%s", m->disks.name);
    snprintf(rec.text, sizeof(rec.text), "%s", m->how->command);
    rec.copies = m->how->copy_storage;
    return journal_create(m->ctx, &rec, &m->j);
}

static int prepare(struct source *m)
{
    uint32_t domid = m->domid;
    int rc;

    if (domid == 0)
        return pel_fail(m->ctx, PEL_EINVAL, "dom0 cannot be migrated");
    m->claim = domain_claim(m->ctx, domid);
    rc = m->claim < 0 ? m->claim : journal_none_open(m->ctx, domid);
    if (!rc)
        rc = pel_domain_config(m->ctx, domid, &m->disks);
    if (!rc)
        rc = pel_domain_image_text(m->ctx, domid, m->how->override, &m->config);
    if (!rc)
        rc = begin_journal(m);
    return rc ? rc
              : guard_start(m->ctx, &m->guard, m->claim, source_recover,
                            m->j.rec.id);
}

static int say_hello(struct source *m)
{
    const struct pel_migrate *how = m->how;

    return link_say(&m->link, "%s %s %s%s%s%s", MIGRATE_HELLO, m->j.rec.id,
                    how->paused ? "p" : "-", how->compress ? "z" : "-",
                    how->copy_storage ? "s" : "",
                    how->copy_storage && how->overwrite ? "o" : "");
}

static int greet(struct source *m)
{
    char line[LINK_LINE];
    int rc = link_open(m->ctx, m->how->command, &m->link);

    m->link.stop = m->how->stop;
    if (!rc)
        rc = say_hello(m);
    fault("hello", &m->link, &m->guard);
    if (!rc)
        rc = link_hear(&m->link, line, HELLO_MS);
    if (rc == -PEL_ETIMEDOUT)
        return pel_fail(m->ctx, PEL_ETIMEDOUT,
                        "the other host does not answer");
    if (!rc && sscanf(line, MIGRATE_HELLO " %36s", m->j.rec.peer) != 1)
        rc = pel_fail(m->ctx, PEL_EFORMAT,
                      "the other side is no pel migrate-receive: it says "
                      "\"%.80s\"",
                      line);
    if (!rc)
        report(m, PEL_MIGRATE_BEGUN);
    return rc;
}

/* ---- the disks, which are the other host's from now on ----------------------
 */

static int drain_disks(struct source *m)
{
    int rc = pel_disks_wait_quiet(m->ctx, m->domid, DRAIN_MS);

    return rc ? rc : pel_disks_sync(m->ctx, &m->disks);
}

/* While the other host writes to its disks, the guest writes to ours. */
static int look_meanwhile(struct source *m)
{
    uint64_t end = pel_store_now_ns() + ROUND_MS * 1000000ull;
    struct mirror_figures now;
    int rc, waiting = -PEL_ETIMEDOUT;

    do {
        rc = mirror_look(m->mirror, &now);
        if (!rc)
            waiting = link_wait(&m->link, LOOK_MS);
    } while (!rc && waiting == -PEL_ETIMEDOUT && pel_store_now_ns() < end);
    return rc || waiting == -PEL_ETIMEDOUT ? rc : waiting;
}

static int arrived(void *arg)
{
    struct source *m = arg;
    int rc = link_flush(&m->link);

    if (!rc && m->mirror)
        rc = look_meanwhile(m);
    return rc ? rc
              : link_expect(&m->link, "ROUND", ROUND_MS,
                            "the other host does not get on");
}

/* ---- disks that go along ----------------------------------------------------
 */

static int send_disks(void *arg, int (*per_piece)(void *arg), void *piece_arg)
{
    struct source *m = arg;
    const struct mirror_sink to = { mirror_put_record, &m->sender.w, per_piece,
                                    piece_arg };

    return mirror_send(m->mirror, &to);
}

static int look_at_disks(void *arg, uint64_t *left, uint64_t *sent)
{
    struct source *m = arg;
    struct mirror_figures now;
    int rc = mirror_look(m->mirror, &now);

    *left = now.left;
    *sent = now.sent;
    return rc;
}

static int tell_of_disks(struct source *m)
{
    struct mirror_figures now;
    int rc = mirror_look(m->mirror, &now);

    m->report.disk_size = now.size;
    m->report.disk_done = now.left < now.size ? now.size - now.left : 0;
    m->reported_ns = pel_store_now_ns();
    report(m, PEL_MIGRATE_DISKS);
    fault("disk", &m->link, &m->guard);
    return rc;
}

static int per_piece(void *arg)
{
    struct source *m = arg;
    int rc = 0;

    pace_keep(&m->pace, m->sender.w.len);
    if (pel_store_now_ns() - m->reported_ns > DISKS_REPORT_NS)
        rc = tell_of_disks(m);
    return rc ? rc : sender_stopped(&m->sender);
}

/* All of them once, before it costs the guest anything to be followed. */
static int send_whole_disks(void *arg)
{
    struct source *m = arg;
    int rc;

    pace_begin(&m->pace, m->how->bandwidth, m->sender.w.len);
    rc = mirror_announce(m->mirror, &m->sender.w);
    if (!rc)
        rc = send_disks(m, per_piece, m);
    if (!rc)
        rc = pel_image_end_round(&m->sender.w);
    if (!rc)
        rc = arrived(m);
    return rc ? rc : tell_of_disks(m);
}

/* ---- sending --------------------------------------------------------------
 */

static int send_running(struct source *m)
{
    const struct pel_disk_rounds disks = { send_disks, look_at_disks, m };
    const struct round_limits limits = {
        .downtime_ms = m->how->downtime_ms,
        .rounds = m->how->rounds,
        .bandwidth = m->how->bandwidth,
        .standstill_ms = m->standstill_ms,
        .arrived = arrived,
        .disks = m->how->copy_storage ? &disks : NULL,
    };
    struct sender *s = &m->sender;
    int rc = link_compress(&m->link, m->how->compress);

    s->ctx = m->ctx;
    s->domid = m->domid;
    s->stop = m->how->stop;
    s->live = s->zeros_apart = true;
    s->w.write = link_write;
    s->w.arg = &m->link;
    s->before = m->how->copy_storage ? send_whole_disks : NULL;
    s->before_arg = m;
    if (!rc && m->how->copy_storage)
        rc = mirror_begin(m->ctx, m->domid, &m->disks, NULL, &m->mirror);
    if (!rc)
        rc = sender_begin(s, m->config);
    return rc ? rc : sender_rounds(s, &limits, report_round, m);
}

/* What has been written since the last round, and nothing more comes. */
static int finish_disks(struct source *m)
{
    const struct mirror_sink to = { mirror_put_record, &m->sender.w, NULL,
                                    NULL };
    int rc;

    if (!m->mirror)
        return drain_disks(m);
    rc = pel_disks_wait_quiet(m->ctx, m->domid, DRAIN_MS);
    return rc ? rc : mirror_send_last(m->mirror, &to, false);
}

static int send_still(struct source *m)
{
    /* The target opens files when it has the end of the stream. */
    bool early = m->mirror || has_files(&m->disks);
    /* Most of it while the guest still runs. */
    int rc = m->mirror ? 0 : pel_disks_sync(m->ctx, &m->disks);

    if (!rc)
        rc = domain_suspend(m->ctx, m->domid);
    if (rc)
        return rc;
    m->still_ns = pel_store_now_ns();
    report(m, PEL_MIGRATE_SUSPENDED);
    fault("suspended", &m->link, &m->guard);
    rc = sender_last_pages(&m->sender);
    if (!rc && early)
        rc = finish_disks(m);
    if (!rc)
        rc = sender_state(&m->sender);
    if (!rc)
        rc = link_compress(&m->link, false);
    if (rc)
        return rc;
    report(m, PEL_MIGRATE_SENT);
    fault("sent", &m->link, &m->guard);
    /*
     * The rest waits while the target puts the guest together: what is no
     * file, and the end of a trace, for which the kernel takes its time.
     */
    mirror_end(m->mirror);
    m->mirror = NULL;
    return early ? 0 : finish_disks(m);
}

static int hear_ready(struct source *m)
{
    int rc = link_expect(&m->link, "READY", READY_MS,
                         "the other host does not get ready");

    if (rc == -PEL_ETIMEDOUT)
        return rc;
    if (!rc)
        report(m, PEL_MIGRATE_READY);
    fault("ready", &m->link, &m->guard);
    return rc;
}

/* ---- the hand-over ---------------------------------------------------------
 */

/* Once it is in the journal it is not for us to decide any more. */
static int commit(struct source *m)
{
    m->link.stop = NULL;
    m->sender.stop = NULL;
    m->j.rec.state = JOURNAL_COMMIT;
    if (!journal_write(&m->j))
        return 0;
    /* It has not left this host, so it does not count. */
    m->j.rec.state = JOURNAL_MOVING;
    return -PEL_EIO;
}

/* 0: it is there; -PEL_ESTATE it says that it is not; else nobody knows. */
static int hand_over(struct source *m)
{
    char line[LINK_LINE];
    int rc;

    fault("committed", &m->link, &m->guard);
    rc = link_say(&m->link, "COMMIT");
    fault("commit-sent", &m->link, &m->guard);
    if (!rc)
        rc = link_hear(&m->link, line, DONE_MS);
    if (!rc && strcmp(line, "DONE"))
        rc = -PEL_EFORMAT;
    return rc;
}

/* As long as the target has not heard BYE it keeps its answer for us. */
static void part(struct source *m)
{
    char told[LINK_LINE];

    if (!link_say(&m->link, "BYE")) {
        journal_remove(&m->j);
        return;
    }
    link_close(&m->link);
    pel_error_clear(m->ctx);
    if (source_settle(&m->j, false, told))
        pel_log(m->ctx, PEL_LOG_WARN,
                "the guest has gone, but the other host does not know that we "
                "know: pel migrate --resolve when it can be reached");
}

static int finish(struct source *m)
{
    int rc;

    m->report.downtime_ms = (pel_store_now_ns() - m->still_ns) / 1000000;
    /* The pages will have taken what they were expected to. */
    standstill_learn((int64_t)m->report.downtime_ms - m->report.predicted_ms +
                     m->standstill_ms);
    fault("done", &m->link, &m->guard);
    rc = pel_domain_destroy(m->ctx, m->domid);
    if (rc == -PEL_ENOENT)
        rc = 0;
    if (rc) {
        pel_log(m->ctx, PEL_LOG_WARN,
                "the guest has gone, but what it has left is not removed: %s",
                pel_error_message(m->ctx));
        pel_error_clear(m->ctx);
    }
    fault("destroyed", &m->link, &m->guard);
    part(m);
    pel_error_clear(m->ctx);
    report(m, PEL_MIGRATE_DONE);
    return 0;
}

/* The guest is ours: as if nothing had happened. */
static void take_back(struct source *m)
{
    sender_end(&m->sender);
    mirror_end(m->mirror);
    m->mirror = NULL;
    save_go_on(m->ctx, m->domid);
    link_close(&m->link);
    journal_remove(&m->j);
}

/* We have lost sight of the target after "COMMIT": it is asked anew. */
static int ask_again(struct source *m)
{
    char told[LINK_LINE];
    int rc;

    pel_log(m->ctx, PEL_LOG_WARN, "asking the other host again: %s",
            pel_error_message(m->ctx));
    pel_error_clear(m->ctx);
    link_close(&m->link);
    sender_end(&m->sender);
    rc = source_settle(&m->j, false, told);
    if (rc)
        return rc;
    if (!strncmp(told, "taken", 5)) {
        m->report.downtime_ms = (pel_store_now_ns() - m->still_ns) / 1000000;
        report(m, PEL_MIGRATE_DONE);
        return 0;
    }
    return pel_fail(m->ctx, PEL_EIO,
                    "the connection was lost at the last moment: the guest "
                    "goes on here");
}

static int migrate(struct source *m)
{
    int rc = greet(m);

    if (!rc)
        rc = send_running(m);
    if (!rc)
        rc = send_still(m);
    if (!rc)
        rc = hear_ready(m);
    if (!rc)
        rc = commit(m);
    if (rc) {
        take_back(m);
        return rc;
    }
    rc = hand_over(m);
    if (!rc)
        return finish(m);
    if (rc == -PEL_ESTATE) {
        take_back(m);
        return rc;
    }
    return ask_again(m);
}

int pel_migrate(struct pel_ctx *ctx, uint32_t domid,
                const struct pel_migrate *how)
{
    struct source *m = calloc(1, sizeof(*m));
    int rc;

    if (!m)
        return pel_fail_oom(ctx);
    m->ctx = ctx;
    m->domid = domid;
    m->how = how;
    m->began_ns = pel_store_now_ns();
    m->standstill_ms = standstill_ms();
    m->claim = m->guard.pipe = m->j.fd = m->link.in = m->link.out = -1;
    pel_config_init(&m->disks);
    rc = prepare(m);
    if (!rc)
        rc = migrate(m);
    else
        journal_remove(&m->j);
    mirror_end(m->mirror);
    sender_end(&m->sender);
    link_close(&m->link);
    journal_close(&m->j);
    guard_end(&m->guard);
    domain_claim_end(m->claim);
    pel_config_free(&m->disks);
    free(m->config);
    free(m);
    return rc;
}
