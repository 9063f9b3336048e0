/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing an image. */
#include <endian.h>
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <pel/stream.h>
#include "format.h"

/* The version whose ABI we speak, for those who read the header. */
#define ABI_MAJOR 4
#define ABI_MINOR 17

static int put(struct pel_image_writer *w, const void *buf, size_t len)
{
    w->len += len;
    return len ? w->write(w->arg, buf, len) : 0;
}

static int put_summed(struct pel_image_writer *w, const void *buf, size_t len)
{
    w->sum = sum_bytes(w->sum, buf, len);
    return put(w, buf, len);
}

static int put_padding(struct pel_image_writer *w, size_t len)
{
    static const char zeros[8];

    return put(w, zeros, -len & 7);
}

static int put_xl_header(struct pel_image_writer *w, const char *config)
{
    uint32_t len = strlen(config) + 1;
    struct xl_header h = {
        .magic = XL_MAGIC,
        .byte_order = XL_BYTE_ORDER,
        .mandatory = XL_CONFIG_JSON | XL_STREAM_V2,
        .data_len = sizeof(len) + len,
    };
    int rc = put(w, &h, sizeof(h));

    if (!rc)
        rc = put(w, &len, sizeof(len));
    return rc ? rc : put(w, config, len);
}

int pel_image_begin(struct pel_image_writer *w, const char *config)
{
    const struct libxl_header outer = {
        .ident = htobe64(LIBXL_IDENT),
        .version = htobe32(LIBXL_VERSION),
    };
    const struct record_header context = { .type = LIBXL_LIBXC_CONTEXT };
    const struct libxc_header inner = {
        .marker = htobe64(LIBXC_MARKER),
        .ident = htobe32(LIBXC_IDENT),
        .version = htobe32(LIBXC_VERSION),
    };
    const struct domain_header domain = {
        .type = DOMAIN_PV,
        .page_shift = 12,
        .major = ABI_MAJOR,
        .minor = ABI_MINOR,
    };
    int rc = put_xl_header(w, config);

    w->sum = sum_bytes(0, config, strlen(config));
    if (!rc)
        rc = put(w, &outer, sizeof(outer));
    if (!rc)
        rc = put(w, &context, sizeof(context));
    if (!rc)
        rc = put(w, &inner, sizeof(inner));
    return rc ? rc : put(w, &domain, sizeof(domain));
}

/* A record in two parts: what comes first in the body, and the rest. */
static int put_record(struct pel_image_writer *w, uint32_t type,
                      const void *first, size_t first_len, const void *rest,
                      size_t len)
{
    const struct record_header h = { .type = type, .len = first_len + len };
    int rc = put_summed(w, &h, sizeof(h));

    if (!rc)
        rc = put_summed(w, first, first_len);
    if (!rc)
        rc = put_summed(w, rest, len);
    return rc ? rc : put_padding(w, first_len + len);
}

int pel_image_put(struct pel_image_writer *w, uint32_t type, const void *body,
                  size_t len)
{
    return put_record(w, type, NULL, 0, body, len);
}

int pel_image_end_round(struct pel_image_writer *w)
{
    const struct record_header h = { .type = PEL_REC_ROUND };

    return put(w, &h, sizeof(h));
}

int pel_image_put_disk(struct pel_image_writer *w, const void *head,
                       size_t head_len, const void *data, size_t len)
{
    return put_record(w, PEL_REC_DISK, head, head_len, data, len);
}

int pel_image_put_vcpu(struct pel_image_writer *w, uint32_t type, uint32_t vcpu,
                       const void *body, size_t len)
{
    const uint32_t head[2] = { vcpu, 0 };

    return put_record(w, type, head, sizeof(head), body, len);
}

int pel_image_put_p2m(struct pel_image_writer *w, uint32_t last,
                      const uint64_t *pfns)
{
    const uint32_t head[2] = { 0, last };

    return put_record(w, PEL_REC_P2M_FRAMES, head, sizeof(head), pfns,
                      (last / 512 + 1) * sizeof(*pfns));
}

/*
 * A back end may still write into a page of a guest that is suspended: packets,
 * what was read from a disk.  What is summed has to be what is written.
 */
static int put_page(struct pel_image_writer *w, const void *page)
{
    uint64_t own[PAGE_BYTES / sizeof(uint64_t)];
    void *copy = own;
    bool zero = pel_page_is_zero(page);
    int rc = !zero && w->room ? w->room(w->arg, PAGE_BYTES, &copy) : 0;

    if (rc)
        return rc;
    if (!zero) {
        memcpy(copy, page, PAGE_BYTES);
        zero = pel_page_is_zero(copy);
    }
    w->sum = sum_page(w->sum, zero ? PEL_ZERO_HASH : pel_page_hash(copy));
    return put(w, zero ? NULL : copy, PAGE_BYTES);
}

int pel_image_begin_pages(struct pel_image_writer *w, const uint64_t *pfns,
                          const uint32_t *types, size_t nr)
{
    struct record_header h = { .type = PEL_REC_PAGE_DATA };
    uint64_t list[1 + PEL_BATCH_PAGES] = { nr };
    size_t nr_data = 0;
    int rc;

    for (size_t i = 0; i < nr; i++) {
        list[1 + i] = pfns[i] | (uint64_t)types[i] << 32;
        nr_data += pel_page_has_data(types[i]);
    }
    h.len = (1 + nr) * sizeof(list[0]) + nr_data * PAGE_BYTES;
    rc = put_summed(w, &h, sizeof(h));
    return rc ? rc : put_summed(w, list, (1 + nr) * sizeof(list[0]));
}

void pel_image_count_page(struct pel_image_writer *w, uint64_t hash)
{
    w->sum = sum_page(w->sum, hash);
    w->len += PAGE_BYTES;
}

int pel_image_put_pages(struct pel_image_writer *w, const uint64_t *pfns,
                        const uint32_t *types, const void *const *pages,
                        size_t nr)
{
    int rc = pel_image_begin_pages(w, pfns, types, nr);

    for (size_t i = 0; !rc && i < nr; i++)
        if (pel_page_has_data(types[i]))
            rc = put_page(w, pages[i]);
    return rc;
}

int pel_image_finish(struct pel_image_writer *w)
{
    const struct record_header sum = { PEL_REC_SUM, sizeof(w->sum) };
    const struct record_header ends[2] = { { PEL_REC_END, 0 },
                                           { LIBXL_END, 0 } };
    int rc = put(w, &sum, sizeof(sum));

    if (!rc)
        rc = put(w, &w->sum, sizeof(w->sum));
    return rc ? rc : put(w, ends, sizeof(ends));
}
