/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on guests that have shut down.  It waits for back ends and builds new
 * domains, so each piece is a process of its own; they end with peld.
 */
#ifndef PELD_REAP_H
#define PELD_REAP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct pel_ctx;

#define REAP_TARGET_SIZE 48
#define REAP_TRIES 3

struct job {
    struct job *next;
    char mode[16];                 /* the option: "--reap" or "--restart" */
    char target[REAP_TARGET_SIZE]; /* a domain's id, or a guest's UUID */
    uint8_t uuid[16];              /* the guest's; all zero: not known */
    pid_t pid;                     /* 0: not at work now */
    unsigned int tries;
    bool done;   /* has succeeded: not started again */
    bool forget; /* is freed when its process ends */
};

struct reaper {
    struct pel_ctx *ctx;
    struct job *jobs;
    bool to_syslog; /* where the processes report to */
};

/**
 * reaper_start - have a piece of work done, once
 * @r:       reaper
 * @mode:    "--reap" or "--restart"
 * @target:  shorter than REAP_TARGET_SIZE
 * @uuid:    the guest's; NULL: not known
 *
 * Does nothing when it is under way or done; tries REAP_TRIES times in all.
 */
void reaper_start(struct reaper *r, const char *mode, const char *target,
                  const uint8_t *uuid);

/**
 * reaper_active - whether a piece of work is under way
 * @r:       reaper
 * @mode:    as in reaper_start(); NULL: any work at all
 * @target:  as in reaper_start()
 */
bool reaper_active(struct reaper *r, const char *mode, const char *target);

/**
 * reaper_works_for - whether something is done that may concern a guest
 * @r:     reaper
 * @uuid:  the guest's
 */
bool reaper_works_for(const struct reaper *r, const uint8_t *uuid);

/**
 * reaper_forget - the target is gone; its name may come again
 * @r:       reaper
 * @mode:    as in reaper_start()
 * @target:  as in reaper_start()
 */
void reaper_forget(struct reaper *r, const char *mode, const char *target);

/**
 * reaper_collect - processes have ended
 * @r:  reaper
 *
 * Returns: whether one failed and may be tried again.
 */
bool reaper_collect(struct reaper *r);

/**
 * reaper_finish - let what is under way end, for a while
 * @r:           reaper
 * @timeout_ms:  limit; what has not ended then ends with this process
 */
void reaper_finish(struct reaper *r, int timeout_ms);

/**
 * reaper_be_worker - a process that the reaper has started begins
 *
 * When dom0 is out of memory it may be ended, though peld may not: it unpacks
 * kernels, and what it does is finished later.
 */
void reaper_be_worker(void);

/**
 * reap_domain - act on a domain that has shut down (a process of its own)
 * @ctx:    context
 * @domid:  domain; when it does not exist, what is left of it is removed
 *
 * Does what its configuration says for its reason.  Domains without our
 * configuration, or that run, are left alone.
 * Returns: 0 or a negative PEL_E*.
 */
int reap_domain(struct pel_ctx *ctx, uint32_t domid);

/**
 * reap_restart - finish a restart that was cut short (a process of its own)
 * @ctx:   context
 * @uuid:  name of the note below /pel/restart
 *
 * Returns: 0 or a negative PEL_E*.
 */
int reap_restart(struct pel_ctx *ctx, const char *uuid);

#endif
