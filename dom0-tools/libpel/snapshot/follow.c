/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Disks that are read while their guest runs. */
#include <stdlib.h>
#include <pel/ctx.h>
#include <pel/device.h>
#include "follow.h"

#define QUIET_MS 5000

static int put(void *arg, size_t disk, uint64_t from, const void *data,
               uint64_t len)
{
    struct follower *f = arg;

    return f->put(f->arg, f->source[disk], from, data, len);
}

static int send(void *arg, int (*per_piece)(void *arg), void *piece_arg)
{
    struct follower *f = arg;
    const struct mirror_sink to = { put, f, per_piece, piece_arg };

    return f->mirror ? mirror_send(f->mirror, &to) : 0;
}

static int look(void *arg, uint64_t *left, uint64_t *sent)
{
    struct follower *f = arg;
    struct mirror_figures now = { .size = 0 };
    int rc = f->mirror ? mirror_look(f->mirror, &now) : 0;

    *left = now.left;
    *sent = now.sent;
    return rc;
}

static int ask_to_stop(void *arg)
{
    struct follower *f = arg;

    if (!f->stop || !f->stop())
        return 0;
    return pel_fail(f->ctx, PEL_ESTATE, "interrupted");
}

/* Those of whole pages, where reading the device is reading the file. */
static bool wants(const struct disk_source *s)
{
    return s->size && s->size % SNAP_PAGE == 0 && !disk_can_freeze(s);
}

static bool choose(struct follower *f, const struct pel_config *cfg,
                   bool *which)
{
    for (size_t i = 0; i < f->sources->nr; i++) {
        const struct disk_source *s = &f->sources->list[i];

        if (!wants(s))
            continue;
        which[s->disk - cfg->disks] = true;
        f->source[f->nr++] = i;
    }
    return f->nr;
}

/* A file that was made larger under the guest is not what the guest has. */
static bool has_sizes_of_files(const struct follower *f)
{
    for (size_t i = 0; i < f->nr; i++)
        if (f->sources->list[f->source[i]].size != mirror_size(f->mirror, i))
            return false;
    return true;
}

static void give_up(struct follower *f, const char *why)
{
    pel_log(f->ctx, PEL_LOG_INFO,
            "disks are read while the guest stands still: %s", why);
    pel_error_clear(f->ctx);
    follow_end(f);
}

int follow_begin(struct follower *f, uint32_t domid,
                 const struct pel_config *cfg)
{
    bool *which = calloc(cfg->nr_disks + 1, sizeof(*which));
    bool any;
    int rc;

    if (!which)
        return pel_fail_oom(f->ctx);
    any = choose(f, cfg, which);
    rc = any ? mirror_begin(f->ctx, domid, cfg, which, &f->mirror) : 0;
    free(which);
    if (rc)
        give_up(f, pel_error_message(f->ctx));
    if (!f->mirror)
        return 0;
    if (!has_sizes_of_files(f)) {
        give_up(f, "a file has not the size that the guest sees");
        return 0;
    }
    for (size_t i = 0; i < f->nr; i++)
        f->sources->list[f->source[i]].followed = true;
    return send(f, ask_to_stop, f);
}

const struct pel_disk_rounds *follow_rounds(struct follower *f)
{
    f->rounds = (struct pel_disk_rounds){ send, look, f };
    return &f->rounds;
}

int follow_last(struct follower *f, uint32_t domid)
{
    const struct mirror_sink to = { put, f, ask_to_stop, f };
    int rc;

    if (!f->mirror)
        return 0;
    rc = pel_disks_wait_quiet(f->ctx, domid, QUIET_MS);
    return rc ? rc : mirror_send_last(f->mirror, &to, true);
}

void follow_end(struct follower *f)
{
    mirror_end(f->mirror);
    f->mirror = NULL;
}
