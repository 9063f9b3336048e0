/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Images of guests in memory, written by the code that is tested. */
#ifndef IMAGE_MAKER_H
#define IMAGE_MAKER_H

#include "common.h"
#include <xen/xen.h>
#include <xen/domctl.h>
#include <pel/stream.h>

#define IMAGE_PAGES 600 /* two parts of the list of pages */
#define IMAGE_CONFIG "{\"c_info\": {}}"

/* Bytes that grow by writing and shrink by reading. */
struct bytes {
    struct pel_ctx *ctx;
    uint8_t *data;
    size_t len, at;
};

static inline int bytes_write(void *arg, const void *buf, size_t len)
{
    struct bytes *b = arg;

    b->data = realloc(b->data, b->len + len);
    if (buf)
        memcpy(b->data + b->len, buf, len);
    else
        memset(b->data + b->len, 0, len);
    b->len += len;
    return 0;
}

static inline int bytes_read(void *arg, void *buf, size_t len)
{
    struct bytes *b = arg;

    if (len > b->len - b->at)
        return pel_fail(b->ctx, PEL_EIO, "cut");
    memcpy(buf, b->data + b->at, len);
    b->at += len;
    return 0;
}

/* What every PV guest's image begins with, up to the list of pages. */
static inline void image_head(struct pel_image_writer *w, const char *config)
{
    static const uint8_t pv_info[8] = { 8, 4 };
    static const uint64_t lists[2] = { 7, 8 };

    assert_int_equal(pel_image_begin(w, config), 0);
    assert_int_equal(pel_image_put(w, PEL_REC_PV_INFO, pv_info, 8), 0);
    assert_int_equal(pel_image_put(w, PEL_REC_STATIC_DATA_END, NULL, 0), 0);
    assert_int_equal(pel_image_put_p2m(w, IMAGE_PAGES - 1, lists), 0);
}

static inline void image_begin(struct pel_image_writer *w, struct bytes *b)
{
    *w = (struct pel_image_writer){ .write = bytes_write, .arg = b };
    image_head(w, IMAGE_CONFIG);
}

static inline void image_put_pages(struct pel_image_writer *w)
{
    static const uint64_t pfns[] = { 0, 1, 5, 9 };
    static const uint32_t types[] = { XEN_DOMCTL_PFINFO_NOTAB,
                                      XEN_DOMCTL_PFINFO_L4TAB |
                                          XEN_DOMCTL_PFINFO_LPINTAB,
                                      XEN_DOMCTL_PFINFO_XALLOC,
                                      XEN_DOMCTL_PFINFO_NOTAB };
    static uint64_t full[512], empty[512];
    const void *pages[] = { full, full, NULL, empty };

    for (size_t i = 0; i < 512; i++)
        full[i] = i * 0x0123456789abcdefull;
    assert_int_equal(pel_image_put_pages(w, pfns, types, pages, 4), 0);
}

static inline void image_put_state(struct pel_image_writer *w)
{
    static struct vcpu_guest_context basic = { .flags = 1 };
    static uint8_t shared[4096] = { 1 };
    static const uint8_t ext[100] = { 3 };
    static const struct pel_image_tsc tsc = { .khz = 1000 };

    assert_int_equal(pel_image_put(w, PEL_REC_TSC_INFO, &tsc, sizeof(tsc)), 0);
    assert_int_equal(pel_image_put(w, PEL_REC_SHARED_INFO, shared, 4096), 0);
    assert_int_equal(
        pel_image_put_vcpu(w, PEL_REC_VCPU_BASIC, 0, &basic, sizeof(basic)), 0);
    assert_int_equal(
        pel_image_put_vcpu(w, PEL_REC_VCPU_EXTENDED, 0, ext, sizeof(ext)), 0);
}

#endif
