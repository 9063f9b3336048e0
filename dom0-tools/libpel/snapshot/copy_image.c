/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writing an image anew, so that pages come to the callback as pages. */
#include "chain.h"
#include "copy_image.h"

typedef int put_fn(struct pel_image_writer *w, const struct pel_image_reader *r,
                   const struct pel_image_record *rec);

static int put_end(struct pel_image_writer *w, const struct pel_image_reader *r,
                   const struct pel_image_record *rec)
{
    (void)r;
    (void)rec;
    return pel_image_finish(w);
}

/* Zeros of the reader are no pages; the writer wants their bytes. */
static int put_pages(struct pel_image_writer *w,
                     const struct pel_image_reader *r,
                     const struct pel_image_record *rec)
{
    static const uint64_t zeros[SNAP_PAGE / sizeof(uint64_t)];
    const void *pages[PEL_BATCH_PAGES];

    (void)r;
    for (size_t i = 0; i < rec->nr; i++)
        pages[i] = rec->pages[i] ? rec->pages[i] : zeros;
    return pel_image_put_pages(w, rec->pfns, rec->types, pages, rec->nr);
}

static int put_lists(struct pel_image_writer *w,
                     const struct pel_image_reader *r,
                     const struct pel_image_record *rec)
{
    return pel_image_put_p2m(w, r->last_pfn, rec->pfns);
}

static int put_vcpu(struct pel_image_writer *w,
                    const struct pel_image_reader *r,
                    const struct pel_image_record *rec)
{
    (void)r;
    return pel_image_put_vcpu(w, rec->type, rec->vcpu, rec->body, rec->len);
}

static int put_plain(struct pel_image_writer *w,
                     const struct pel_image_reader *r,
                     const struct pel_image_record *rec)
{
    (void)r;
    return pel_image_put(w, rec->type, rec->body, rec->len);
}

static put_fn *const putters[] = {
    [PEL_REC_END] = put_end,
    [PEL_REC_PAGE_DATA] = put_pages,
    [PEL_REC_PV_INFO] = put_plain,
    [PEL_REC_P2M_FRAMES] = put_lists,
    [PEL_REC_VCPU_BASIC] = put_vcpu,
    [PEL_REC_VCPU_EXTENDED] = put_vcpu,
    [PEL_REC_VCPU_XSAVE] = put_vcpu,
    [PEL_REC_SHARED_INFO] = put_plain,
    [PEL_REC_TSC_INFO] = put_plain,
    [PEL_REC_VCPU_MSRS] = put_vcpu,
    [PEL_REC_STATIC_DATA_END] = put_plain,
    [PEL_REC_CPUID_POLICY] = put_plain,
    [PEL_REC_MSR_POLICY] = put_plain,
};

int copy_record(struct pel_image_writer *w, const struct pel_image_reader *r,
                const struct pel_image_record *rec)
{
    return putters[rec->type](w, r, rec);
}
