/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Moving a running guest to another host.
 *
 * At every instant one host owns the guest: the source until it has written
 * down that it gives it up, then the target once it has written down that it
 * has taken it.  Between the two the guest runs nowhere.  The protocol is in
 * docs/maintainers/migration.md.
 */
#ifndef PEL_MIGRATE_H
#define PEL_MIGRATE_H

#include <stdbool.h>
#include <stdint.h>

struct mirror_policy;
struct pel_config;
struct pel_ctx;

/* What has just been reached. */
enum pel_migrate_step {
    PEL_MIGRATE_BEGUN,     /* both sides know of each other */
    PEL_MIGRATE_DISKS,     /* more of the disks has been sent, the first time */
    PEL_MIGRATE_ROUND,     /* all pages to be sent have been sent once more */
    PEL_MIGRATE_SUSPENDED, /* the guest stands still */
    PEL_MIGRATE_SENT,
    PEL_MIGRATE_READY, /* the target has all of it */
    PEL_MIGRATE_DONE,  /* the target runs it */
};

struct pel_migrate_report {
    enum pel_migrate_step step;
    uint64_t ms; /* since the beginning */
    /* DISKS */
    uint64_t disk_size, disk_done; /* bytes of all disks */
    /* ROUND */
    uint32_t round;        /* from 1 */
    uint64_t rate;         /* bytes of memory in a second */
    uint64_t remaining;    /* bytes that have changed meanwhile */
    uint32_t predicted_ms; /* how long the guest would stand still now */
    /* ROUND and later */
    uint64_t bytes; /* that have left this host */
    /* DONE */
    uint32_t downtime_ms; /* from the guest's last instruction here */
};

struct pel_migrate {
    const char *command; /* for sh: its input and output are the connection */
    const struct pel_config *override; /* NULL: the guest's own */
    bool paused;                       /* the target leaves it paused */
    bool compress;
    bool copy_storage; /* the disks go along */
    bool overwrite;    /* those that are there already are replaced */
    uint32_t downtime_ms, rounds; /* limits of the rounds; 0: the defaults */
    uint64_t bandwidth;           /* bytes in a second; 0: no limit */
    bool (*stop)(void);           /* asked now and then; NULL: never */
    void (*report)(void *arg, const struct pel_migrate_report *r);
    void *arg;
};

/**
 * pel_migrate - move a guest
 *
 * Whatever fails, also this process by being killed, before the guest is given
 * up: it goes on here.
 * Returns: 0 the guest is there, and not here any more; -PEL_EUNDECIDED it
 *          stands still here, and the target cannot be asked whether it has
 *          it: pel_migrate_resolve(); else the guest goes on here
 */
int pel_migrate(struct pel_ctx *ctx, uint32_t domid,
                const struct pel_migrate *how);

/**
 * pel_migrate_receive - the other side of a connection
 * @policy: what of disks is permitted here
 * @name: set to the name of the guest that has come, malloc'ed; NULL: none,
 *        the other side has only asked something
 * Returns: 0; what fails is told to the other side too, and leaves nothing
 */
int pel_migrate_receive(struct pel_ctx *ctx, int in, int out,
                        const struct mirror_policy *policy, bool (*stop)(void),
                        char **name);

/**
 * pel_migrate_resolve - finish what killed processes and lost connections
 * have left: both as the source and as the target
 * @who:  name or id of a guest; NULL: all
 * @keep: what is undecided goes on here, and nobody is asked: the caller knows
 *        that the other host does not have it
 * @told: called with a line for each that was finished
 * Returns: 0; -PEL_EUNDECIDED a target cannot be asked; others
 */
int pel_migrate_resolve(struct pel_ctx *ctx, const char *who, bool keep,
                        void (*told)(void *arg, const char *line), void *arg);

/**
 * pel_migrate_cancel - have a migration that is going on from here end
 * Returns: 0 the guest goes on here; -PEL_ENOENT there is none; -PEL_ESTATE
 *          too late: it has gone, or is about to
 */
int pel_migrate_cancel(struct pel_ctx *ctx, uint32_t domid);

/**
 * pel_migrate_destroy_own - destroy a guest that this host alone may have
 * Returns: 0; -PEL_ESTATE others have it stand still, or it may be on another
 *          host: that is to be resolved first
 */
int pel_migrate_destroy_own(struct pel_ctx *ctx, uint32_t domid);

#endif
