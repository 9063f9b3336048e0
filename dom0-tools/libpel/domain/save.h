/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of saving and restoring that a migration is made of too. */
#ifndef PEL_DOMAIN_SAVE_H
#define PEL_DOMAIN_SAVE_H

#include <stdbool.h>
#include <stdint.h>
#include <pel/stream.h>

struct pel_config;
struct pel_ctx;

/** save_go_on - have a suspended guest go on; keeps the message */
void save_go_on(struct pel_ctx *ctx, uint32_t domid);

/* Who watches over a guest that is being restored. */
struct restore_watch {
    /*
     * Called before the domain is made, and with it before anything is in it.
     * No domain of the same UUID is there before the first call.
     */
    int (*coming)(void *arg, const struct pel_config *cfg);
    int (*made)(void *arg, uint32_t domid);
    void (*whole)(void *arg); /* all of it has come; NULL: of no interest */
    /* Called before the disks are opened; NULL: they are there. */
    int (*disks)(void *arg);
    bool disks_late; /* no disk is opened before that */
    void *arg;
};

/**
 * restore_stream - pel_domain_restore() from a stream
 * @r: with its callback set
 */
int restore_stream(struct pel_ctx *ctx, struct pel_image_reader *r,
                   const struct pel_config *override, bool (*stop)(void),
                   const struct restore_watch *watch, uint32_t *domid,
                   char **name);

#endif
