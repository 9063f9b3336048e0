/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of disks: what comes from another host is not believed unseen. */
#include <assert.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/stream.h>
#include "local.h"

#define SECTOR 512u
#define SIZE_MAX_BYTES (1ull << 60)

static_assert(sizeof(struct mirror_head) == 32, "part of the stream");

static int damaged(struct pel_ctx *ctx)
{
    return pel_fail(ctx, PEL_EFORMAT,
                    "the stream is damaged: a record of a disk makes no sense");
}

/* A name of letters and digits alone. */
static bool is_name(const char *p, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!((p[i] >= 'a' && p[i] <= 'z') || (p[i] >= '0' && p[i] <= '9')))
            return false;
    return len > 0 && len < MIRROR_VDEV;
}

int mirror_put_record(void *writer, size_t disk, uint64_t from,
                      const void *data, uint64_t len)
{
    const struct mirror_head head = {
        .op = data ? MIRROR_DATA : MIRROR_ZERO,
        .disk = disk,
        .offset = from,
        .length = len,
    };

    return pel_image_put_disk(writer, &head, sizeof(head), data,
                              data ? len : 0);
}

int mirror_check(struct pel_ctx *ctx, const void *body, size_t len,
                 const uint64_t *sizes, size_t nr, struct mirror_head *head)
{
    size_t more;
    bool right;

    if (len < sizeof(*head))
        return damaged(ctx);
    memcpy(head, body, sizeof(*head));
    more = len - sizeof(*head);
    if (head->reserved || !head->length || head->length % SECTOR ||
        head->offset % SECTOR)
        return damaged(ctx);
    if (head->op == MIRROR_DISK) {
        right = head->disk == nr && nr < MIRROR_DISKS && !head->offset &&
                head->length <= SIZE_MAX_BYTES &&
                is_name((const char *)body + sizeof(*head), more);
        return right ? 0 : damaged(ctx);
    }
    right = head->disk < nr && head->offset <= sizes[head->disk] &&
            head->length <= sizes[head->disk] - head->offset;
    if (head->op == MIRROR_DATA)
        right = right && head->length == more && more <= MIRROR_PIECE;
    else
        right = right && head->op == MIRROR_ZERO && !more;
    return right ? 0 : damaged(ctx);
}
