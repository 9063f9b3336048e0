/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Restoring a guest from a file. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/image_file.h>
#include <pel/domain.h>
#include <pel/pack.h>
#include "guard.h"
#include "receiver.h"
#include "save.h"

int pel_domain_image_config(struct pel_ctx *ctx,
                            const struct pel_image_reader *r,
                            struct pel_config *cfg)
{
    int rc;

    if (!r->config)
        return pel_fail(ctx, PEL_EINVAL,
                        "the image has no configuration: give one on the "
                        "command line");
    if (r->config_is_json)
        return pel_xl_config_read(ctx, r->config, strlen(r->config), cfg);
    pel_config_init(cfg);
    rc = pel_config_parse(ctx, "image", r->config, strlen(r->config), cfg);
    if (!rc)
        rc = pel_config_finish(ctx, cfg);
    if (rc)
        pel_config_free(cfg);
    return rc;
}

static void destroy_half(struct pel_ctx *ctx, const void *domid)
{
    pel_domain_destroy(ctx, *(const uint32_t *)domid);
}

/* From the headers on; @v has all but its domain. */
static int build(struct receiver *v, const struct restore_watch *watch)
{
    bool late = watch->disks_late || has_files(v->cfg);
    int rc = domain_check_new(v->ctx, v->cfg);

    if (!rc && watch->coming)
        rc = watch->coming(watch->arg, v->cfg);
    if (!rc)
        rc = domain_make_empty(v->ctx, v->cfg, &v->domid);
    if (rc)
        return rc;
    rc = watch->made(watch->arg, v->domid);
    if (!rc)
        rc = domain_set_limits(v->ctx, v->cfg, v->domid);
    if (!rc)
        rc = publish_early(v->ctx, v->domid, v->cfg, late);
    if (!rc)
        rc = receiver_records(v);
    if (!rc && watch->whole)
        watch->whole(watch->arg);
    if (!rc && !v->r->has_sum)
        pel_log(v->ctx, PEL_LOG_INFO,
                "the image has no sum: damaged pages would not be noticed");
    if (!rc)
        rc = receiver_finish(v);
    if (!rc && watch->disks)
        rc = watch->disks(watch->arg);
    if (!rc)
        rc = publish_late(v->ctx, v->domid, v->cfg, late, &v->pages);
    if (!rc && v->stop && v->stop())
        rc = pel_fail(v->ctx, PEL_ESTATE, "interrupted");
    if (rc)
        domain_undo(v->ctx, v->domid);
    return rc;
}

int restore_stream(struct pel_ctx *ctx, struct pel_image_reader *r,
                   const struct pel_config *override, bool (*stop)(void),
                   const struct restore_watch *watch, uint32_t *domid,
                   char **name)
{
    struct receiver *v = calloc(1, sizeof(*v));
    struct pel_config own;
    int rc = v ? pel_image_open(r) : pel_fail_oom(ctx);

    pel_config_init(&own);
    if (!rc && !override)
        rc = pel_domain_image_config(ctx, r, &own);
    if (rc)
        goto out;
    v->ctx = ctx;
    v->r = r;
    v->stop = stop;
    v->last = NO_FRAME;
    v->cfg = override ? override : &own;
    *name = strdup(v->cfg->name);
    rc = *name ? build(v, watch) : pel_fail_oom(ctx);
    *domid = v->domid;
    if (rc) {
        free(*name);
        *name = NULL;
    }
    receiver_free(v);
out:
    pel_config_free(&own);
    free(v);
    return rc;
}

struct half {
    struct pel_ctx *ctx;
    struct guard guard;
};

static int guard_half(void *arg, uint32_t domid)
{
    struct half *h = arg;

    return guard_start(h->ctx, &h->guard, -1, destroy_half, &domid);
}

int pel_domain_receive(struct pel_ctx *ctx, pel_read_fn *read, void *arg,
                       const struct pel_config *override, bool (*stop)(void),
                       uint32_t *domid, char **name)
{
    struct pel_image_reader *r = calloc(1, sizeof(*r));
    struct half half = { .ctx = ctx, .guard.pipe = -1 };
    const struct restore_watch watch = { .made = guard_half, .arg = &half };
    int rc;

    *name = NULL;
    if (!r)
        return pel_fail_oom(ctx);
    r->ctx = ctx;
    r->read = read;
    r->arg = arg;
    rc = restore_stream(ctx, r, override, stop, &watch, domid, name);
    guard_end(&half.guard);
    pel_image_close(r);
    free(r);
    return rc;
}

int pel_domain_restore(struct pel_ctx *ctx, const char *path,
                       const struct pel_config *override, bool (*stop)(void),
                       uint32_t *domid, char **name)
{
    struct image_source source = { .ctx = ctx, .path = path };
    bool standard = !strcmp(path, "-");
    struct pel_unpacker *unpacker;
    int rc;

    *name = NULL;
    source.fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (source.fd < 0)
        return pel_fail_sys(ctx, errno == ENOENT ? PEL_ENOENT : PEL_EIO,
                            "cannot open %s", path);
    rc = pel_unpack_begin(ctx, image_source_read, &source, &unpacker);
    if (!rc)
        rc = pel_domain_receive(ctx, pel_unpack_read, unpacker, override, stop,
                                domid, name);
    pel_unpack_end(unpacker);
    if (!standard)
        close(source.fd);
    return rc;
}
