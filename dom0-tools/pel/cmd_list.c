/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel list, domid and domname: who is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/json.h>
#include "cmd.h"
#include "out.h"

char *name_or_null(struct pel_ctx *ctx, uint32_t domid)
{
    char *name;

    if (pel_domain_name(ctx, domid, &name)) {
        pel_error_clear(ctx);
        return strdup("(null)");
    }
    return name;
}

static void put_json(struct pel_ctx *ctx, struct pel_json_writer *w,
                     const struct pel_dominfo *d, const char *name,
                     bool with_config)
{
    struct pel_config cfg;
    bool has_config;

    pel_config_init(&cfg);
    has_config = with_config && !pel_domain_config(ctx, d->domid, &cfg);
    pel_error_clear(ctx);
    out_domain_json(w, d, name, has_config ? &cfg : NULL);
    pel_config_free(&cfg);
}

static int print_json(struct pel_ctx *ctx, const struct pel_dominfo *list,
                      size_t nr, bool with_config)
{
    struct pel_json_writer *w = pel_json_writer_new(true);

    pel_json_open_list(w);
    for (size_t i = 0; i < nr; i++) {
        char *name = name_or_null(ctx, list[i].domid);

        put_json(ctx, w, &list[i], name, with_config);
        free(name);
    }
    pel_json_close_list(w);
    return out_json(ctx, stdout, w);
}

static void print_table(struct pel_ctx *ctx, const struct pel_dominfo *list,
                        size_t nr, bool verbose)
{
    out_list_head(stdout, verbose);
    for (size_t i = 0; i < nr; i++) {
        char *name = name_or_null(ctx, list[i].domid);

        out_list_row(stdout, &list[i], name ? name : "(null)", verbose);
        free(name);
    }
}

static int get_one(struct pel_ctx *ctx, const char *who,
                   struct pel_dominfo **list, size_t *nr)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, who, &domid);

    if (rc)
        return rc;
    *list = calloc(1, sizeof(**list));
    if (!*list)
        return pel_fail_oom(ctx);
    *nr = 1;
    return pel_domain_get(ctx, domid, *list);
}

int cmd_list(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_dominfo *list = NULL;
    size_t nr;
    int rc;

    rc = a->nr_words ? get_one(ctx, a->words[0], &list, &nr)
                     : pel_domain_list(ctx, &list, &nr);
    if (!rc && (arg_has(a, 'j') || arg_has(a, 'l')))
        rc = print_json(ctx, list, nr, arg_has(a, 'l'));
    else if (!rc)
        print_table(ctx, list, nr, arg_has(a, 'v'));
    free(list);
    return rc;
}

int cmd_domid(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        printf("%u\n", domid);
    return rc;
}

int cmd_domname(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    char *name;
    int rc = pel_domain_find(ctx, a->words[0], &domid);

    if (!rc)
        rc = pel_domain_name(ctx, domid, &name);
    if (rc)
        return rc;
    printf("%s\n", name);
    free(name);
    return 0;
}
