/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a snapshot to a guest. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/store.h>
#include "bring_back.h"

int new_disk_begin(struct pel_ctx *ctx, char *path, const char *like,
                   struct new_disks *d, struct image_file **out)
{
    struct image_file *f = *out = &d->files[d->nr];
    struct stat st;
    int rc;

    d->paths[d->nr++] = path;
    rc = image_file_create(ctx, path, f);
    if (!rc && !stat(like, &st) &&
        (fchown(f->fd, st.st_uid, st.st_gid) || fchmod(f->fd, st.st_mode)))
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot set the owner of %s", path);
    return rc;
}

int new_disk_write(struct snap_chain *c, size_t i, char *path, const char *like,
                   struct new_disks *d, bool (*stop)(void))
{
    struct image_file *f;
    int rc = new_disk_begin(c->ctx, path, like, d, &f);

    return rc ? rc : disk_write_out(c, i, image_file_write, f, stop);
}

int new_disks_commit(struct new_disks *d)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < d->nr; i++)
        rc = image_file_commit(&d->files[i]);
    return rc;
}

void new_disks_end(struct new_disks *d)
{
    for (size_t i = 0; i < d->nr; i++) {
        if (d->files[i].ctx)
            image_file_abort(&d->files[i]);
        free(d->paths[i]);
    }
    d->nr = 0;
}

void new_disks_remove(const struct new_disks *d)
{
    for (size_t i = 0; i < d->nr; i++)
        unlink(d->paths[i]);
}

int bringing_begin(struct pel_ctx *ctx, const char *place, const char *who,
                   const char *name, bool (*stop)(void), struct bringing **b)
{
    uint8_t uuid[16];
    int rc;

    *b = calloc(1, sizeof(**b));
    if (!*b)
        return pel_fail_oom(ctx);
    (*b)->ctx = ctx;
    (*b)->folder.fd = -1;
    (*b)->stop = stop;
    rc = snap_folder_find(ctx, place, who, uuid);
    if (!rc)
        rc = snap_folder_open(ctx, place, uuid, false, true, &(*b)->folder);
    return rc ? rc : snap_chain_open(&(*b)->folder, name, &(*b)->chain);
}

void bringing_end(struct bringing *b)
{
    if (!b)
        return;
    new_disks_end(&b->disks);
    snap_chain_close(&b->chain);
    snap_folder_close(&b->folder);
    free(b);
}

/* Two numbers that are new each time the guest's time is not its own. */
static int write_generation(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_store s;
    uint64_t id[2];
    char dir[32];
    int rc = pel_store_use(ctx, &s);

    if (rc)
        return rc;
    uuid_generate_random((unsigned char *)id);
    snprintf(dir, sizeof(dir), "/local/domain/%u", domid);
    rc = pel_store_put(&s, dir, "platform/generation-id",
                       "%" PRIu64 ":%" PRIu64, id[0], id[1]);
    return rc ? pel_store_fail(ctx, rc, "cannot write the generation id") : 0;
}

/* The message of what failed stays the one that is told. */
static void undo(struct pel_ctx *ctx, uint32_t domid)
{
    char why[PEL_MESSAGE_MAX];

    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    pel_domain_destroy(ctx, domid);
    snprintf(ctx->message, sizeof(ctx->message), "%s", why);
}

int bring_image(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                const struct pel_config *override, bool (*stop)(void),
                uint32_t *domid)
{
    char *name = NULL;
    int rc = pel_domain_receive(ctx, read, arg, override, stop, domid, &name);

    free(name);
    if (rc)
        return rc;
    rc = write_generation(ctx, *domid);
    if (rc)
        undo(ctx, *domid);
    return rc;
}

int bring_back(struct bringing *b, const struct pel_config *override,
               uint32_t *domid)
{
    struct snap_chain *c = &b->chain;
    struct parts_reader r = { .text = NULL };
    int rc = parts_reader_open(c, "memory", &c->layers[0].m.memory, &r);

    c->trusted = true;
    if (!rc)
        rc = bring_image(b->ctx, parts_read, &r, override, b->stop, domid);
    parts_reader_close(&r);
    return rc;
}
