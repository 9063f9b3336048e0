/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots as files of the public format, and back. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/image_file.h>
#include <pel/pack.h>
#include <pel/snapshot.h>
#include "bring_back.h"
#include "copy_image.h"
#include "make.h"
#include "verify.h"

/* ---- out ---------------------------------------------------------------- */

static int copy_memory(struct snap_chain *c, struct image_file *f)
{
    struct parts_reader r = { .text = NULL };
    const void *buf;
    size_t len;
    int rc = parts_reader_open(c, "memory", &c->layers[0].m.memory, &r);

    do {
        if (!rc)
            rc = parts_next(&r, &buf, &len);
        if (!rc && len)
            rc = image_file_write(f, buf, len);
    } while (!rc && len);
    parts_reader_close(&r);
    return rc;
}

/* @disk: its number; -1: the memory's image */
static int export_one(struct snap_chain *c, int disk, const char *path)
{
    struct image_file f;
    int rc = image_file_create(c->ctx, path, &f);

    if (rc)
        return rc;
    rc = disk < 0 ? copy_memory(c, &f)
                  : disk_write_out(c, disk, image_file_write, &f, NULL);
    if (!rc)
        rc = image_file_commit(&f);
    image_file_abort(&f);
    return rc;
}

static int export_all(struct snap_chain *c, const char *path)
{
    const struct snap_manifest *m = &c->layers[0].m;
    int rc = chain_verify(c);

    for (size_t i = 0; !rc && i < m->nr_disks; i++) {
        char *name;

        if (asprintf(&name, "%s.%s", path, m->disks[i].vdev) < 0)
            return pel_fail_oom(c->ctx);
        rc = export_one(c, i, name);
        free(name);
    }
    return rc ? rc : export_one(c, -1, path);
}

int pel_snapshot_export(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, const char *path)
{
    struct bringing *b;
    int rc = bringing_begin(ctx, place, who, name, NULL, &b);

    if (!rc)
        rc = export_all(&b->chain, path);
    bringing_end(b);
    return rc;
}

/* ---- in ----------------------------------------------------------------- */

static int copy_image(struct pel_image_reader *r, const char *header,
                      struct making *m)
{
    struct pel_image_writer w = { .write = parts_write, .arg = m->memory };
    struct pel_image_record rec;
    int rc = pel_image_begin(&w, header);

    if (rc)
        return rc;
    do {
        rc = pel_image_next(r, &rec);
        if (!rc)
            rc = copy_record(&w, r, &rec);
    } while (!rc && rec.type != PEL_REC_END);
    return rc;
}

/* The disk's file beside the image; absent: it is left out. */
static int import_disk(struct making *m, const struct pel_disk *disk,
                       const char *path)
{
    struct snap_disk *out = &m->m.disks[m->m.nr_disks];
    struct stat st;
    char *name;
    int fd, rc;

    if (asprintf(&name, "%s.%s", path, disk->vdev) < 0)
        return pel_fail_oom(m->ctx);
    fd = open(name, O_RDONLY | O_CLOEXEC);
    free(name);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return pel_fail_sys(m->ctx, PEL_EIO, "cannot open %s.%s", path,
                            disk->vdev);
    m->m.nr_disks++;
    out->vdev = strdup(disk->vdev);
    out->target = strdup(disk->target);
    rc = out->vdev && out->target ? 0 : pel_fail_oom(m->ctx);
    if (!rc && fstat(fd, &st))
        rc = pel_fail_sys(m->ctx, PEL_EIO, "cannot look at %s.%s", path,
                          disk->vdev);
    if (!rc)
        rc = disk_store_file(m->ctx, fd, st.st_size, m->dir, out - m->m.disks,
                             &m->pages, out, NULL);
    close(fd);
    return rc;
}

static int import_into(struct snap_folder *f, const char *name,
                       const char *path, const struct pel_config *cfg,
                       struct pel_image_reader *r)
{
    char *header = NULL;
    struct making m;
    int rc = making_begin(f, name, NULL, &m);

    if (!rc)
        rc = making_describe(&m, cfg, cfg->nr_disks);
    m.m.nr_disks = 0;
    if (!rc)
        rc = pel_xl_config_write(f->ctx, cfg, cfg->memory_kb, &header);
    if (!rc)
        rc = copy_image(r, header, &m);
    for (size_t i = 0; !rc && i < cfg->nr_disks; i++)
        if (cfg->disks[i].writable)
            rc = import_disk(&m, &cfg->disks[i], path);
    if (!rc)
        rc = making_commit(&m);
    making_end(&m);
    free(header);
    return rc;
}

static int import_image(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, const char *path,
                        struct pel_image_reader *r)
{
    struct snap_folder f = { .fd = -1 };
    struct pel_config cfg;
    int rc = pel_image_open(r);

    pel_config_init(&cfg);
    if (!rc)
        rc = pel_domain_image_config(ctx, r, &cfg);
    if (!rc && strcmp(cfg.name, who))
        rc = pel_fail(ctx, PEL_EINVAL, "the image is of a guest \"%s\"",
                      cfg.name);
    if (!rc)
        rc = snap_folder_open(ctx, place, cfg.uuid, true, true, &f);
    if (!rc)
        rc = import_into(&f, name, path, &cfg, r);
    snap_folder_close(&f);
    pel_config_free(&cfg);
    return rc;
}

int pel_snapshot_import(struct pel_ctx *ctx, const char *place, const char *who,
                        const char *name, const char *path)
{
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct image_source source = { .ctx = ctx, .path = path };
    struct pel_unpacker *unpacker;
    int rc;

    if (!r)
        return pel_fail_oom(ctx);
    source.fd = open(path, O_RDONLY | O_CLOEXEC);
    if (source.fd < 0) {
        rc = pel_fail_sys(ctx, errno == ENOENT ? PEL_ENOENT : PEL_EIO,
                          "cannot open %s", path);
    } else {
        rc = pel_unpack_begin(ctx, image_source_read, &source, &unpacker);
        r->ctx = ctx;
        r->read = pel_unpack_read;
        r->arg = unpacker;
        if (!rc)
            rc = import_image(ctx, place, who, name, path, r);
        pel_unpack_end(unpacker);
        close(source.fd);
    }
    pel_image_close(r);
    free(r);
    return rc;
}
