/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pel prints: text with the columns that admins know, and JSON. */
#ifndef PEL_OUT_H
#define PEL_OUT_H

#include <stdio.h>
#include <pel/domain.h>
#include <pel/host.h>

struct pel_ctx;
struct pel_json_writer;

/** out_list_head, out_list_row - the table of "list" */
void out_list_head(FILE *f);
void out_list_row(FILE *f, const struct pel_dominfo *d, const char *name);

/**
 * out_domain_json - one domain as a JSON object
 * @config: its configuration, or NULL to leave that out
 */
void out_domain_json(struct pel_json_writer *w, const struct pel_dominfo *d,
                     const char *name, const struct pel_config *config);

/**
 * out_json - finish a JSON text and print it
 * Returns: 0; -PEL_ENOMEM
 */
int out_json(struct pel_ctx *ctx, FILE *f, struct pel_json_writer *w);

/** out_info_text, out_info_json - the host */
void out_info_text(FILE *f, const struct pel_hostinfo *h);
void out_info_json(struct pel_json_writer *w, const struct pel_hostinfo *h);

#endif
