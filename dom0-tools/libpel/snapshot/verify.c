/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proving a chain without starting anything. */
#include <stdlib.h>
#include <string.h>
#include <pel/config.h>
#include <pel/ctx.h>
#include <pel/snapshot.h>
#include "disks.h"
#include "verify.h"

static int nowhere(void *arg, const void *buf, size_t len)
{
    (void)arg;
    (void)buf;
    (void)len;
    return 0;
}

static int verify_config(struct snap_chain *c)
{
    const struct snap_layer *l = &c->layers[0];
    struct pel_config cfg;
    char *text;
    size_t len;
    int rc = snap_file_read(c->ctx, l->dir, l->m.name, "config.json",
                            &l->m.config, &text, &len);

    if (rc)
        return rc;
    rc = pel_config_from_json(c->ctx, text, len, &cfg);
    if (!rc)
        pel_config_free(&cfg);
    free(text);
    return rc;
}

int chain_image_open(struct snap_chain *c, struct chain_image **out)
{
    struct chain_image *i = calloc(1, sizeof(*i));
    int rc;

    *out = i;
    if (!i)
        return pel_fail_oom(c->ctx);
    i->reader.ctx = c->ctx;
    i->reader.read = parts_read;
    i->reader.arg = &i->parts;
    rc = parts_reader_open(c, "memory", &c->layers[0].m.memory, &i->parts);
    return rc ? rc : pel_image_open(&i->reader);
}

void chain_image_close(struct chain_image *i)
{
    if (!i)
        return;
    parts_reader_close(&i->parts);
    pel_image_close(&i->reader);
    free(i);
}

/* Every byte of the image is read, and understood. */
static int verify_image(struct snap_chain *c)
{
    struct pel_image_record rec = { .type = PEL_REC_PAGE_DATA };
    struct chain_image *i;
    int rc = chain_image_open(c, &i);

    while (!rc && rec.type != PEL_REC_END)
        rc = pel_image_next(&i->reader, &rec);
    if (!rc && (!i->reader.has_sum || !parts_at_end(&i->parts)))
        rc = pel_fail(c->ctx, PEL_EFORMAT,
                      "snapshot %s is damaged: its image does not end as it "
                      "should",
                      c->layers[0].m.name);
    chain_image_close(i);
    return rc;
}

/* Those that nothing has read yet: only descendants use them. */
static int verify_pages(struct snap_chain *c)
{
    const struct snap_layer *l = &c->layers[0];
    uint8_t page[SNAP_PAGE];
    int rc = 0;

    for (uint32_t i = 0; !rc && i < l->m.nr_pages; i++)
        if (!l->proven[i])
            rc = snap_layer_page(c->ctx, l, i, page);
    return rc;
}

int chain_verify(struct snap_chain *c)
{
    int rc = verify_config(c);

    if (!rc)
        rc = verify_image(c);
    for (size_t i = 0; !rc && i < c->layers[0].m.nr_disks; i++)
        rc = disk_write_out(c, i, nowhere, NULL, NULL);
    return rc ? rc : verify_pages(c);
}

/* @parent: set to its parent's name, malloc'ed; NULL: it has none */
static int verify_one(struct snap_folder *f, const char *name, char **parent)
{
    struct snap_chain *c = calloc(1, sizeof(*c));
    int rc;

    *parent = NULL;
    if (!c)
        return pel_fail_oom(f->ctx);
    rc = snap_chain_open(f, name, c);
    if (!rc)
        rc = chain_verify(c);
    if (!rc && c->layers[0].m.parent) {
        *parent = strdup(c->layers[0].m.parent);
        rc = *parent ? 0 : pel_fail_oom(f->ctx);
    }
    snap_chain_close(c);
    free(c);
    return rc;
}

/* The newest of a chain alone would not prove the others' images. */
static int verify_chain(struct snap_folder *f, const char *name)
{
    char *parent, *at = NULL;
    int rc;

    do {
        rc = verify_one(f, at ? at : name, &parent);
        free(at);
        at = parent;
    } while (!rc && at);
    return rc;
}

static int verify_all(struct snap_folder *f)
{
    char **names, *parent;
    size_t nr;
    int rc = snap_folder_names(f, &names, &nr);

    for (size_t i = 0; !rc && i < nr; i++) {
        rc = verify_one(f, names[i], &parent);
        free(parent);
    }
    snap_names_free(names, nr);
    return rc;
}

int pel_snapshot_verify(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name)
{
    struct snap_folder f = { .fd = -1 };
    uint8_t uuid[16];
    int rc = snap_folder_find(ctx, place, who, uuid);

    if (!rc)
        rc = snap_folder_open(ctx, place, uuid, false, true, &f);
    if (!rc)
        rc = name ? verify_chain(&f, name) : verify_all(&f);
    snap_folder_close(&f);
    return rc;
}
