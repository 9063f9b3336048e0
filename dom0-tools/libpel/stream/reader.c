/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading an image: headers, and the frame of each record. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/stream.h>
#include "local.h"

static int get(struct pel_image_reader *r, void *buf, size_t len)
{
    return len ? r->read(r->arg, buf, len) : 0;
}

static int get_config(struct pel_image_reader *r, uint32_t data_len)
{
    uint32_t len = 0;
    int rc;

    if (data_len > PEL_IMAGE_CONFIG_MAX)
        return damaged(r, "its configuration has %u bytes", data_len);
    r->config = calloc(1, data_len + 1ul);
    if (!r->config)
        return pel_fail_oom(r->ctx);
    rc = get(r, r->config, data_len);
    if (rc)
        return rc;

    if (data_len >= sizeof(len))
        memcpy(&len, r->config, sizeof(len));
    if (!len) {
        free(r->config);
        r->config = NULL;
        return 0;
    }
    if (len > data_len - sizeof(len))
        return damaged(r, "its configuration is cut");
    memmove(r->config, r->config + sizeof(len), len);
    r->config[len] = '\0';
    r->sum = sum_bytes(0, r->config, strlen(r->config));
    return 0;
}

static int get_xl_header(struct pel_image_reader *r)
{
    struct xl_header h;
    int rc = get(r, &h, sizeof(h));

    if (rc)
        return rc;
    if (memcmp(h.magic, XL_MAGIC, sizeof(h.magic)))
        return pel_fail(r->ctx, PEL_EFORMAT,
                        "the file is not the image of a guest");
    if (h.byte_order != XL_BYTE_ORDER)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image is of a machine with another byte order");
    if (h.mandatory & ~(XL_CONFIG_JSON | XL_STREAM_V2))
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image asks for what is not known here (flags "
                        "0x%x)",
                        h.mandatory);
    if (!(h.mandatory & XL_STREAM_V2))
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image has the format of Xen before 4.6");
    r->config_is_json = h.mandatory & XL_CONFIG_JSON;
    return get_config(r, h.data_len);
}

static int get_outer_headers(struct pel_image_reader *r)
{
    struct record_header context;
    struct libxl_header h;
    int rc = get(r, &h, sizeof(h));

    if (rc)
        return rc;
    if (be64toh(h.ident) != LIBXL_IDENT)
        return damaged(r, "no libxl stream begins behind its header");
    if (be32toh(h.version) != LIBXL_VERSION)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image is a libxl stream of version %u; version "
                        "%u is known here",
                        be32toh(h.version), LIBXL_VERSION);
    if (be32toh(h.options))
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image is a libxl stream with options 0x%x",
                        be32toh(h.options));
    rc = get(r, &context, sizeof(context));
    if (!rc && (context.type != LIBXL_LIBXC_CONTEXT || context.len))
        rc = damaged(r,
                     "a record of type %u of %u bytes is where the guest's "
                     "memory should begin",
                     context.type, context.len);
    return rc;
}

static int get_inner_headers(struct pel_image_reader *r)
{
    struct libxc_header h;
    struct domain_header d;
    int rc = get(r, &h, sizeof(h));

    if (rc)
        return rc;
    if (be64toh(h.marker) != LIBXC_MARKER || be32toh(h.ident) != LIBXC_IDENT)
        return damaged(r, "no libxc stream begins where it should");
    if (be32toh(h.version) != LIBXC_VERSION)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image is a libxc stream of version %u; version "
                        "%u is known here",
                        be32toh(h.version), LIBXC_VERSION);
    if (be16toh(h.options) & BIG_ENDIAN_STREAM)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image is of a big-endian machine");
    rc = get(r, &d, sizeof(d));
    if (rc)
        return rc;
    if (d.type == DOMAIN_HVM)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image is of an HVM guest; only PV guests run "
                        "here");
    if (d.type != DOMAIN_PV || d.page_shift != 12)
        return damaged(r, "its guest is of type %u with pages of 2^%u bytes",
                       d.type, d.page_shift);
    return 0;
}

int pel_image_open(struct pel_image_reader *r)
{
    int rc = get_xl_header(r);

    if (!rc)
        rc = get_outer_headers(r);
    return rc ? rc : get_inner_headers(r);
}

static int make_room(struct pel_image_reader *r, size_t len)
{
    uint8_t *p;

    if (len <= r->room)
        return 0;
    /* Pages are read as words. */
    p = aligned_alloc(64, (len + 63) & ~63ul);
    if (!p)
        return pel_fail_oom(r->ctx);
    free(r->body);
    r->body = p;
    r->room = len;
    return 0;
}

static int check_sum(struct pel_image_reader *r, size_t len)
{
    if (len != sizeof(r->sum))
        return damaged(r, "its sum has %zu bytes", len);
    if (memcmp(r->body, &r->sum, sizeof(r->sum)))
        return damaged(r, "its sum is wrong");
    r->has_sum = true;
    return 0;
}

/* Records that are ours: they stand between those of the format. */
static int take_own(struct pel_image_reader *r, const struct record_header *h)
{
    if (h->type == PEL_REC_SUM)
        return check_sum(r, h->len);
    if (h->type == PEL_REC_ROUND)
        return r->round ? r->round(r->own_arg) : 0;
    if (h->type != PEL_REC_DISK)
        return 0;
    if (!r->disk)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image has bytes of disks, which nobody expects");
    r->sum = sum_bytes(r->sum, h, sizeof(*h));
    r->sum = sum_bytes(r->sum, r->body, h->len);
    return r->disk(r->own_arg, r->body, h->len);
}

/* What is behind the guest's part: the other stream's end. */
static int get_end(struct pel_image_reader *r)
{
    struct record_header h;
    int rc = get(r, &h, sizeof(h));

    if (!rc && (h.type != LIBXL_END || h.len))
        rc = damaged(r,
                     "a record of type %u of %u bytes is where its end "
                     "should be",
                     h.type, h.len);
    return rc;
}

int pel_image_next(struct pel_image_reader *r, struct pel_image_record *out)
{
    struct record_header h;
    int rc;

    do {
        rc = get(r, &h, sizeof(h));
        if (rc)
            return rc;
        if (h.len > RECORD_MAX)
            return damaged(r, "a record of type 0x%x has %u bytes", h.type,
                           h.len);
        rc = make_room(r, h.len + 8ul);
        if (!rc)
            rc = get(r, r->body, (h.len + 7ul) & ~7ul);
        if (!rc)
            rc = take_own(r, &h);
        if (rc)
            return rc;
    } while (h.type & RECORD_OPTIONAL);

    *out = (struct pel_image_record){ .type = h.type, .body = r->body };
    rc = record_check(r, h.len, out);
    if (rc)
        return rc;
    if (h.type == PEL_REC_END)
        return get_end(r);
    if (h.type != PEL_REC_PAGE_DATA) {
        r->sum = sum_bytes(r->sum, &h, sizeof(h));
        r->sum = sum_bytes(r->sum, r->body, h.len);
    }
    return 0;
}

void pel_image_close(struct pel_image_reader *r)
{
    free(r->config);
    free(r->body);
    r->config = NULL;
    r->body = NULL;
    r->room = 0;
}
