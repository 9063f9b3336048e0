/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of all domains, read at once. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/store.h>
#include "local.h"

/* The paths of the names, for free_texts(); NULL: no memory. */
static char **name_paths(char **ids, size_t nr)
{
    char **paths = calloc(nr + 1, sizeof(*paths));

    for (size_t i = 0; paths && i < nr; i++)
        if (asprintf(&paths[i], "/local/domain/%s/name", ids[i]) < 0)
            paths[i] = NULL;
    return paths;
}

static void free_texts(char **texts, size_t nr)
{
    for (size_t i = 0; texts && i < nr; i++)
        free(texts[i]);
    free(texts);
}

static bool all_there(char **texts, size_t nr)
{
    size_t i = 0;

    while (i < nr && texts[i])
        i++;
    return i == nr;
}

int domain_names_read(struct pel_store *s, struct domain_names *to)
{
    unsigned int nr = 0;
    char **ids, **paths;
    int rc = -ENOMEM;

    *to = (struct domain_names){ .nr = 0 };
    ids = pel_store_list(s, &nr, "/local/domain");
    if (!ids)
        return errno == ENOENT ? 0 : -errno;

    paths = name_paths(ids, nr);
    to->domid = calloc(nr + 1, sizeof(*to->domid));
    to->name = calloc(nr + 1, sizeof(*to->name));
    if (paths && all_there(paths, nr) && to->domid && to->name)
        rc = pel_store_read_many(s, paths, nr, to->name);
    free_texts(paths, nr);
    if (!rc) {
        to->nr = nr;
        for (unsigned int i = 0; i < nr; i++)
            to->domid[i] = (uint32_t)strtoul(ids[i], NULL, 10);
    }
    free(ids);
    if (rc)
        domain_names_free(to);
    return rc;
}

void domain_names_free(struct domain_names *names)
{
    free_texts(names->name, names->nr);
    free(names->domid);
    *names = (struct domain_names){ .nr = 0 };
}

static int read_txn(struct pel_store *s, void *arg)
{
    domain_names_free(arg);
    return domain_names_read(s, arg);
}

int domain_names_get(struct pel_ctx *ctx, struct domain_names *to)
{
    struct pel_store s;
    int rc = pel_store_use(ctx, &s);

    *to = (struct domain_names){ .nr = 0 };
    if (rc)
        return rc;
    rc = pel_store_txn(&s, read_txn, to);
    if (!rc)
        return 0;
    domain_names_free(to);
    return pel_store_fail(ctx, rc, "cannot read the names of the domains");
}

const char *domain_names_of(const struct domain_names *names, uint32_t domid)
{
    for (size_t i = 0; i < names->nr; i++)
        if (names->domid[i] == domid)
            return names->name[i];
    return NULL;
}
