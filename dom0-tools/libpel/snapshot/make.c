/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A snapshot that is being made. */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "make.h"

#define MEMORY "memory"
#define CONFIG "config.json"

static int open_files(struct making *m, const char *parent)
{
    int rc = snap_chain_open(m->folder, parent, m->chain);

    if (!rc)
        rc = snap_folder_begin(m->folder, m->name, &m->dir);
    if (!rc)
        rc = snap_pages_open(m->ctx, m->dir, &m->m, &m->chain->set, &m->pages);
    if (!rc)
        rc = parts_writer_open(m->ctx, m->dir, MEMORY, &m->pages, m->memory);
    return rc;
}

int making_begin(struct snap_folder *folder, const char *name,
                 const char *parent, struct making *m)
{
    *m = (struct making){
        .ctx = folder->ctx,
        .folder = folder,
        .name = name,
        .dir = -1,
        .chain = calloc(1, sizeof(*m->chain)),
        .memory = calloc(1, sizeof(*m->memory)),
        .m = { .generation = 1, .time = time(NULL) },
    };
    if (!m->chain || !m->memory)
        return pel_fail_oom(m->ctx);
    m->m.name = strdup(name);
    m->m.parent = parent ? strdup(parent) : NULL;
    if (!m->m.name || (parent && !m->m.parent))
        return pel_fail_oom(m->ctx);
    return open_files(m, parent);
}

static int write_config(struct making *m, const struct pel_config *cfg)
{
    struct snap_out o;
    char *text;
    int rc = pel_config_to_json(m->ctx, cfg, &text);

    if (rc)
        return rc;
    rc = snap_out_open(m->ctx, m->dir, CONFIG, &o);
    if (!rc)
        rc = snap_out_write(&o, text, strlen(text));
    if (!rc)
        rc = snap_out_close(&o, &m->m.config);
    snap_out_abort(&o);
    free(text);
    return rc;
}

int making_describe(struct making *m, const struct pel_config *cfg,
                    size_t nr_disks)
{
    memcpy(m->m.uuid, cfg->uuid, sizeof(m->m.uuid));
    m->m.memory_kb = cfg->memory_kb;
    m->m.domain = strdup(cfg->name);
    m->m.disks = calloc(nr_disks + 1, sizeof(*m->m.disks));
    m->m.nr_disks = nr_disks;
    if (!m->m.domain || !m->m.disks)
        return pel_fail_oom(m->ctx);
    return write_config(m, cfg);
}

int making_commit(struct making *m)
{
    int rc = parts_writer_close(m->memory, &m->m.memory);

    if (!rc)
        rc = snap_pages_close(&m->pages, &m->m);
    if (!rc)
        rc = snap_manifest_write(m->ctx, m->dir, &m->m);
    return rc ? rc : snap_folder_commit(m->folder, m->name);
}

void making_end(struct making *m)
{
    if (m->memory)
        parts_writer_abort(m->memory);
    free(m->memory);
    snap_pages_abort(&m->pages);
    if (m->dir >= 0) {
        close(m->dir);
        snap_folder_drop(m->folder, m->name);
    }
    if (m->chain)
        snap_chain_close(m->chain);
    free(m->chain);
    snap_manifest_free(&m->m);
}
