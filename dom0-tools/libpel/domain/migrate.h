/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both sides of a migration share. */
#ifndef PEL_DOMAIN_MIGRATE_H
#define PEL_DOMAIN_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>
#include <pel/journal.h>
#include <pel/link.h>

/*
 * The words of the protocol, a line each:
 *
 *   source: HELLO 3 ID FLAGS      target: HELLO 3 HOST
 *   source: the stream            target: ROUND, for each; READY
 *   source: COMMIT                target: DONE
 *   source: BYE
 *
 *   asked later: QUERY 3 ID       target: TAKEN, NOT TAKEN
 *                BYE
 *
 * Instead of each of its own the target may say FAIL and why.
 */
#define MIGRATE_VERSION 3
#define MIGRATE_HELLO "HELLO 3"
#define FLAG_PAUSED 'p'
#define FLAG_COMPRESS 'z'
#define FLAG_STORAGE 's' /* records of disks are in the stream */
#define FLAG_OVERWRITE 'o'
#define FLAGS_ALL "-pzso"

#define HELLO_MS 120000 /* somebody may have to type a password */
#define ROUND_MS 300000
#define READY_MS 120000
#define COMMIT_MS 60000 /* the target gives up, and says so to who asks */
#define DONE_MS 30000

struct guard;

/**
 * fault - fail here if the environment's PEL_FAULT says so; "tell" only has the
 * time of each step told (ms of the monotonic clock, to standard error)
 * @step: compared with PEL_FAULT=STEP:ACTION; kill: this process dies; lone:
 *        its guard before it; cut: the connection ends
 */
void fault(const char *step, struct link *l, const struct guard *g);

/** message_keep, message_back - keep the message while something is undone */
void message_keep(struct pel_ctx *ctx, char *why);
void message_back(struct pel_ctx *ctx, const char *why);

/**
 * journal_fits - whether the domain that it names is still that one
 * Returns: 1, 0; a negative PEL_E* when that cannot be told
 */
int journal_fits(struct pel_ctx *ctx, const struct journal_record *r);

/**
 * journal_find - the same, and sets the id of a domain that was made after the
 * journal was written: it alone has that UUID, and has never run
 */
int journal_find(struct pel_ctx *ctx, struct journal_record *r);

/**
 * journal_none_open - refuse a domain that migrates, or may have migrated
 * Returns: 0; -PEL_ESTATE
 */
int journal_none_open(struct pel_ctx *ctx, uint32_t domid);

/**
 * source_settle - decide a migration whose journal we hold, and remove that
 *
 * The guest goes on here, or is destroyed because the target has taken it.
 * @keep: the target is not asked
 * @told: LINK_LINE bytes: what became of it
 * Returns: 0; -PEL_EUNDECIDED, the journal stays; others
 */
int source_settle(struct journal *j, bool keep, char *told);

/** target_settle - the same there: it runs the guest, or has none of it */
int target_settle(struct journal *j, char *told);

/**
 * source_recover, target_recover - what a guard does: settle a migration if it
 * is still open
 * @id: its name
 */
void source_recover(struct pel_ctx *ctx, const void *id);
void target_recover(struct pel_ctx *ctx, const void *id);

#endif
