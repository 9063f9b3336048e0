/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Saving a guest to a file.  Until the file is complete and on the disk the
 * guest is ours to let go on, and whatever fails does that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/checkpoint.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include <pel/image_file.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/pack.h>
#include "claim.h"
#include "guard.h"
#include "save.h"
#include "sender.h"
#include "suspend.h"

#define DRAIN_MS 5000

/* Nothing of it may fail once the guest stands. */
int pel_domain_image_text(struct pel_ctx *ctx, uint32_t domid,
                          const struct pel_config *override, char **json)
{
    struct pel_dominfo info;
    struct pel_config own;
    int rc = pel_domain_get(ctx, domid, &info);

    pel_config_init(&own);
    if (!rc && !override)
        rc = pel_domain_config(ctx, domid, &own);
    if (!rc)
        rc = pel_xl_config_write(ctx, override ? override : &own,
                                 info.memory_kb, json);
    pel_config_free(&own);
    return rc;
}

/* The image of a guest that stands still. */
static int send_all(struct pel_ctx *ctx, uint32_t domid, const char *config,
                    struct pel_image_writer to, bool (*stop)(void))
{
    struct sender *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return pel_fail_oom(ctx);
    s->ctx = ctx;
    s->domid = domid;
    s->stop = stop;
    s->w = to;
    rc = sender_begin(s, config);
    if (!rc)
        rc = sender_all_pages(s);
    if (!rc)
        rc = sender_state(s);
    sender_end(s);
    free(s);
    return rc;
}

void save_go_on(struct pel_ctx *ctx, uint32_t domid)
{
    char why[PEL_MESSAGE_MAX];

    snprintf(why, sizeof(why), "%s", pel_error_message(ctx));
    pel_error_clear(ctx);
    if (domain_resume(ctx, domid))
        pel_log(ctx, PEL_LOG_WARN, "domain %u stays suspended: %s", domid,
                pel_error_message(ctx));
    snprintf(ctx->message, sizeof(ctx->message), "%s", why);
}

static void let_go_on(struct pel_ctx *ctx, const void *domid)
{
    domain_resume_later(ctx, *(const uint32_t *)domid);
}

/*
 * The guest takes for written what its back ends have accepted: an image of it
 * must not be there before that is.  Disks of guests of other tools are not
 * known.
 */
static int sync_disks(struct pel_ctx *ctx, uint32_t domid)
{
    struct pel_config own;
    int rc;

    pel_config_init(&own);
    rc = pel_domain_config(ctx, domid, &own);
    if (rc == -PEL_ENOENT) {
        pel_error_clear(ctx);
        return 0;
    }
    if (!rc)
        rc = pel_disks_sync(ctx, &own);
    pel_config_free(&own);
    return rc;
}

/* What becomes of the original once its image is safe. */
static int finish(struct pel_ctx *ctx, uint32_t domid, enum pel_after after)
{
    int rc = 0;

    if (after == PEL_AFTER_DESTROY)
        return pel_domain_destroy(ctx, domid);
    if (after == PEL_AFTER_PAUSE)
        rc = pel_domain_pause(ctx, domid);
    return rc ? rc : domain_resume(ctx, domid);
}

int pel_domain_save(struct pel_ctx *ctx, uint32_t domid, const char *path,
                    const struct pel_config *override, enum pel_after after,
                    bool compress, bool (*stop)(void))
{
    struct guard guard = { .pipe = -1 };
    struct image_file file = { .fd = -1 };
    struct pel_packer *packer = NULL;
    struct pel_image_writer to = {
        .write = image_file_write,
        .room = image_file_room,
        .arg = &file,
    };
    char *config = NULL;
    int claim = domain_claim(ctx, domid);
    int rc = claim < 0 ? claim
                       : pel_domain_image_text(ctx, domid, override, &config);

    if (!rc)
        rc = image_file_create(ctx, path, &file);
    if (!rc && compress)
        rc = pel_pack_begin(ctx, image_file_write, &file, &packer);
    if (!rc)
        rc = sync_disks(ctx, domid); /* most of it while the guest runs */
    if (!rc)
        rc = guard_start(ctx, &guard, claim, let_go_on, &domid);
    if (!rc)
        rc = domain_suspend(ctx, domid);
    if (rc)
        goto out;

    if (packer)
        to =
            (struct pel_image_writer){ .write = pel_pack_write, .arg = packer };
    rc = send_all(ctx, domid, config, to, stop);
    if (!rc && packer)
        rc = pel_pack_finish(packer);
    if (!rc)
        rc = pel_disks_wait_quiet(ctx, domid, DRAIN_MS);
    if (!rc)
        rc = sync_disks(ctx, domid);
    if (!rc) {
        pel_log(ctx, PEL_LOG_INFO,
                "domain %u: %llu KiB in %s, %llu KiB of them zeros that take "
                "no room",
                domid, (unsigned long long)file.len >> 10, path,
                (unsigned long long)file.holes >> 10);
        rc = image_file_commit(&file);
    }
    if (rc)
        save_go_on(ctx, domid);
    else
        rc = finish(ctx, domid, after);
out:
    pel_pack_end(packer);
    image_file_abort(&file);
    guard_end(&guard);
    domain_claim_end(claim);
    free(config);
    return rc;
}
