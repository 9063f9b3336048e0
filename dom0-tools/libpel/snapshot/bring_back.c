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

int new_disk_write(struct snap_chain *c, size_t i, char *path, const char *like,
                   struct new_disks *d, bool (*stop)(void))
{
    struct image_file *f = &d->files[d->nr];
    struct stat st;
    int rc;

    d->paths[d->nr++] = path;
    rc = image_file_create(c->ctx, path, f);
    if (!rc && like && !stat(like, &st) &&
        (fchown(f->fd, st.st_uid, st.st_gid) || fchmod(f->fd, st.st_mode)))
        rc = pel_fail_sys(c->ctx, PEL_EIO, "cannot set the owner of %s", path);
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

int bring_back(struct snap_chain *c, const struct pel_config *override,
               bool (*stop)(void), uint32_t *domid)
{
    struct parts_reader r = { .text = NULL };
    char *name = NULL;
    int rc = parts_reader_open(c, "memory", &c->layers[0].m.memory, &r);

    if (!rc)
        rc = pel_domain_receive(c->ctx, parts_read, &r, override, stop, domid,
                                &name);
    free(name);
    parts_reader_close(&r);
    if (rc)
        return rc;
    rc = write_generation(c->ctx, *domid);
    if (rc)
        undo(c->ctx, *domid);
    return rc;
}
