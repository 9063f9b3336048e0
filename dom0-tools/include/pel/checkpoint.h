/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Images of guests for those who keep them elsewhere than in one file: the
 * parts of which pel_domain_save() and pel_domain_restore() are made.
 */
#ifndef PEL_CHECKPOINT_H
#define PEL_CHECKPOINT_H

#include <stdbool.h>
#include <stdint.h>
#include <pel/stream.h>

/**
 * pel_domain_image_text - the configuration for an image's header
 * @override: in place of the guest's own; NULL: its own
 * @json:     malloc'ed
 */
int pel_domain_image_text(struct pel_ctx *ctx, uint32_t domid,
                          const struct pel_config *override, char **json);

/* Disks that are taken along while their guest runs, a part each round. */
struct pel_disk_rounds {
    /* All that waits; @per_piece is called now and then, and may end it. */
    int (*send)(void *arg, int (*per_piece)(void *arg), void *piece_arg);
    /* Bytes that have been written meanwhile, and bytes sent so far. */
    int (*look)(void *arg, uint64_t *left, uint64_t *sent);
    void *arg;
};

/* The image of a guest that runs, its pages apart from all the rest. */
struct pel_capture {
    const char *config;      /* from pel_domain_image_text() */
    pel_write_fn *write;     /* takes the image without any page */
    pel_pages_fn *pages;     /* takes pages; the last time of each counts;
                              * NULL: they go into the image */
    int (*begin)(void *arg); /* the first of all, under a guard that ends what
                              * mirror_begin() may have begun; NULL: nothing */
    int (*still)(void *arg); /* the guest stands still, its memory is taken */
    void *arg;               /* of these four */
    const struct pel_disk_rounds *disks; /* NULL: none */
    bool (*stop)(void);                  /* asked now and then; NULL: never */
    bool hurry; /* set when the guest is suspended next: do not wait */
    /* Set in the end. */
    uint32_t rounds;   /* while it ran; 0: nothing tells what it changes */
    uint32_t still_ms; /* for how long it stood still */
};

/**
 * pel_domain_capture - take a guest's memory while it runs, then stop it for
 * what it has changed meanwhile
 *
 * Pages of the type XTAB have gone.  Where changes cannot be logged (a
 * hypervisor without it) the guest stands still for all of its memory.  It
 * goes on whatever fails, also if this process is killed.
 * Returns: 0; what a callback returned; errors of pel_domain_save()
 */
int pel_domain_capture(struct pel_ctx *ctx, uint32_t domid,
                       struct pel_capture *c);

/**
 * pel_domain_image_config - the configuration of an image that was opened
 * @cfg: empty; for pel_config_free() on success
 */
int pel_domain_image_config(struct pel_ctx *ctx,
                            const struct pel_image_reader *r,
                            struct pel_config *cfg);

/** pel_domain_receive - pel_domain_restore() from any source of bytes */
int pel_domain_receive(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                       const struct pel_config *override, bool (*stop)(void),
                       uint32_t *domid, char **name);

#endif
