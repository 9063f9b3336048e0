/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames: bytes with a checksum. */
#include <string.h>
#include <zlib.h>

#include <store/frame.h>

#define MAGIC 0x464a5350u /* "PSJF" */

static uint32_t sum(const void *data, size_t len)
{
    return crc32_z(crc32_z(0, NULL, 0), data, len);
}

void frame_seal(struct frame_head *head, enum frame_kind kind, uint64_t seq,
                const void *body, uint32_t len)
{
    memset(head, 0, sizeof(*head));
    head->magic = MAGIC;
    head->kind = kind;
    head->seq = seq;
    head->len = len;
    head->body_sum = sum(body, len);
    head->head_sum = sum(head, offsetof(struct frame_head, head_sum));
}

/* Is there a whole frame at @at? */
static size_t frame_at(const char *data, size_t len, size_t at,
                       struct frame *out)
{
    struct frame_head head;

    if (len - at < sizeof(head))
        return 0;
    memcpy(&head, data + at, sizeof(head));
    if (head.magic != MAGIC ||
        head.head_sum != sum(&head, offsetof(struct frame_head, head_sum)) ||
        !head.kind || head.kind >= NR_FRAME_KINDS ||
        head.len > len - at - sizeof(head) ||
        head.body_sum != sum(data + at + sizeof(head), head.len))
        return 0;
    *out = (struct frame){ head.kind, head.seq, data + at + sizeof(head),
                           head.len, at };
    return at + sizeof(head) + head.len;
}

size_t frame_find(const char *data, size_t len, size_t from, struct frame *out)
{
    static const uint32_t magic = MAGIC;
    const char *p;
    size_t end;

    for (; from < len; from++) {
        p = memmem(data + from, len - from, &magic, sizeof(magic));
        if (!p)
            return 0;
        from = p - data;
        end = frame_at(data, len, from, out);
        if (end)
            return end;
    }
    return 0;
}
