/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the reader of images.  An input that begins with R is an image
 * itself; any other is a list of changes, of five bytes each (where, what), to
 * a good image, whose last one may cut it.  Whatever comes out of the reader
 * keeps the promises of its header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <pel/ctx.h>
#include <pel/stream.h>

#define PAGES 600

struct bytes {
    struct pel_ctx *ctx;
    const uint8_t *data;
    size_t len, at;
};

static uint8_t good[64 << 10], changed[64 << 10];
static size_t good_len;

static void must(bool ok)
{
    if (!ok)
        abort();
}

static int put(void *arg, const void *buf, size_t len)
{
    (void)arg;
    must(len <= sizeof(good) - good_len);
    if (buf)
        memcpy(good + good_len, buf, len);
    good_len += len;
    return 0;
}

static int get(void *arg, void *buf, size_t len)
{
    struct bytes *b = arg;

    if (len > b->len - b->at)
        return pel_fail(b->ctx, PEL_EIO, "cut");
    memcpy(buf, b->data + b->at, len);
    b->at += len;
    return 0;
}

static void make_good(void)
{
    static const uint64_t pfns[3] = { 0, 1, 9 }, lists[2] = { 7, 8 };
    static const uint32_t types[3] = { 0, XEN_DOMCTL_PFINFO_L1TAB,
                                       XEN_DOMCTL_PFINFO_XTAB };
    static const uint8_t info[8] = { 8, 4 };
    static uint64_t page[512] = { 1 }, empty[512];
    const void *pages[3] = { page, empty, NULL };
    static struct vcpu_guest_context basic;
    struct pel_image_writer w = { .write = put };

    pel_image_begin(&w, "{}");
    pel_image_put(&w, PEL_REC_PV_INFO, info, sizeof(info));
    pel_image_put(&w, PEL_REC_STATIC_DATA_END, NULL, 0);
    pel_image_put_p2m(&w, PAGES - 1, lists);
    pel_image_put_pages(&w, pfns, types, pages, 3);
    pel_image_put(&w, PEL_REC_SHARED_INFO, page, sizeof(page));
    pel_image_put_vcpu(&w, PEL_REC_VCPU_BASIC, 0, &basic, sizeof(basic));
    pel_image_put_vcpu(&w, PEL_REC_VCPU_XSAVE, 0, page, 100);
    pel_image_finish(&w);
}

static void check_record(const struct pel_image_reader *r,
                         const struct pel_image_record *rec)
{
    uint64_t table[512], bad, p2m[PAGES];

    must(rec->vcpu < PEL_IMAGE_VCPUS);
    if (rec->type != PEL_REC_PAGE_DATA)
        return;
    must(rec->nr && rec->nr <= PEL_BATCH_PAGES);
    for (size_t i = 0; i < PAGES; i++)
        p2m[i] = i;
    for (size_t i = 0; i < rec->nr; i++) {
        must(rec->pfns[i] <= r->last_pfn);
        must(!rec->pages[i] || pel_page_has_data(rec->types[i]));
        if (!rec->pages[i] || !pel_page_is_table(rec->types[i]))
            continue;
        memcpy(table, rec->pages[i], sizeof(table));
        pel_table_localise(table, p2m, PAGES - 1, &bad);
    }
}

static void read_all(struct pel_ctx *ctx, struct bytes *b)
{
    static struct pel_image_reader r;
    struct pel_image_record rec = { .type = 1 };
    int rc;

    memset(&r, 0, sizeof(r));
    r.ctx = ctx;
    r.read = get;
    r.arg = b;
    rc = pel_image_open(&r);
    while (!rc && rec.type != PEL_REC_END) {
        rc = pel_image_next(&r, &rec);
        if (!rc)
            check_record(&r, &rec);
    }
    must(!rc == !*ctx->message);
    pel_image_close(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct pel_ctx ctx = { .message = "" };
    struct bytes b = { .ctx = &ctx, .data = changed };
    uint32_t at;

    if (!good_len)
        make_good();
    if (len && *data == 'R') {
        b.data = data + 1;
        b.len = len - 1;
        read_all(&ctx, &b);
        return 0;
    }
    memcpy(changed, good, good_len);
    b.len = good_len;
    for (; len >= 5; data += 5, len -= 5) {
        memcpy(&at, data, sizeof(at));
        changed[at % good_len] = data[4];
    }
    if (len >= 2)
        b.len = (data[0] | data[1] << 8) % good_len;
    read_all(&ctx, &b);
    return 0;
}
