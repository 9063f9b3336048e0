/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of the stream into frames that the domain is given for them. */
#include <string.h>
#include <sys/mman.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include "receiver.h"

#define WANTED (NO_FRAME - 1) /* in the p2m: a frame is being asked for */

/* Pages that want frames; asked for together. */
struct wanted {
    struct receiver *v;
    xen_pfn_t pfns[PEL_BATCH_PAGES];
    size_t nr;
};

static int ask(struct wanted *w)
{
    struct receiver *v = w->v;
    xen_pfn_t mfns[PEL_BATCH_PAGES];
    size_t done;
    int rc;

    if (!w->nr)
        return 0;
    memcpy(mfns, w->pfns, sizeof(mfns));
    rc = pel_hc_populate(v->ctx, v->domid, 0, mfns, w->nr, &done);
    if (rc)
        return rc;
    for (size_t i = 0; i < done; i++)
        v->p2m[w->pfns[i]] = mfns[i];
    if (done < w->nr)
        return pel_fail(v->ctx, PEL_ENOSPC,
                        "the host has run out of memory for the guest");
    w->nr = 0;
    return 0;
}

static int want(struct wanted *w, uint64_t pfn)
{
    if (w->v->p2m[pfn] != NO_FRAME)
        return 0;
    w->v->p2m[pfn] = WANTED;
    w->pfns[w->nr++] = pfn;
    return w->nr == PEL_BATCH_PAGES ? ask(w) : 0;
}

/* A table may name pages that are still to come. */
static int want_of_table(struct wanted *w, const uint64_t *table)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < PEL_PAGE_SIZE / sizeof(*table); i++) {
        uint64_t pfn = pel_table_pfn(table[i]);

        if (pfn == UINT64_MAX)
            continue;
        if (pfn > w->v->last)
            return pel_fail(w->v->ctx, PEL_EFORMAT,
                            "the image is damaged: a page table names page "
                            "%llu of %llu",
                            (unsigned long long)pfn,
                            (unsigned long long)w->v->last + 1);
        rc = want(w, pfn);
    }
    return rc;
}

/* Pages that were there in an earlier round and have gone. */
static int give_back(struct receiver *v, const struct pel_image_record *rec)
{
    xen_pfn_t mfns[PEL_BATCH_PAGES];
    size_t nr = 0;

    for (size_t i = 0; i < rec->nr; i++) {
        uint64_t pfn = rec->pfns[i];

        if (rec->types[i] != XEN_DOMCTL_PFINFO_XTAB || v->p2m[pfn] == NO_FRAME)
            continue;
        mfns[nr++] = v->p2m[pfn];
        v->p2m[pfn] = NO_FRAME;
        v->types[pfn] = 0;
    }
    return nr ? pel_hc_depopulate(v->ctx, v->domid, mfns, nr) : 0;
}

static int find_frames(struct receiver *v, const struct pel_image_record *rec)
{
    struct wanted w = { .v = v };
    int rc = 0;

    for (size_t i = 0; !rc && i < rec->nr; i++) {
        uint32_t type = rec->types[i];

        if (type == XEN_DOMCTL_PFINFO_XTAB || type == XEN_DOMCTL_PFINFO_BROKEN)
            continue;
        rc = want(&w, rec->pfns[i]);
        if (!rc && rec->pages[i] && pel_page_is_table(type))
            rc = want_of_table(&w, rec->pages[i]);
    }
    return rc ? rc : ask(&w);
}

/*
 * Pages to write: those with bytes, and those of zeros that had others in an
 * earlier round.  A frame that has just been given is zero, and so is a page
 * whose bytes are not sent at all.
 */
static size_t choose(struct receiver *v, const struct pel_image_record *rec,
                     size_t *which, xen_pfn_t *mfns)
{
    size_t nr = 0;

    for (size_t i = 0; i < rec->nr; i++) {
        uint64_t pfn = rec->pfns[i];
        uint32_t written = v->types[pfn] & TYPE_WRITTEN;
        uint32_t type = rec->types[i];

        if (type == XEN_DOMCTL_PFINFO_XALLOC)
            type = XEN_DOMCTL_PFINFO_NOTAB;
        if (pel_page_has_data(type) && (rec->pages[i] || written)) {
            which[nr] = i;
            mfns[nr++] = v->p2m[pfn];
            written = TYPE_WRITTEN;
        }
        v->types[pfn] = type | written;
    }
    return nr;
}

static int write_page(struct receiver *v, const struct pel_image_record *rec,
                      size_t i, void *to)
{
    uint64_t bad;

    if (!rec->pages[i]) {
        memset(to, 0, PEL_PAGE_SIZE);
        return 0;
    }
    memcpy(to, rec->pages[i], PEL_PAGE_SIZE);
    if (pel_page_is_table(rec->types[i]) &&
        pel_table_localise(to, v->p2m, v->last, &bad))
        return pel_fail(v->ctx, PEL_EFORMAT,
                        "the image is damaged: page table %llu has an entry "
                        "0x%llx",
                        (unsigned long long)rec->pfns[i],
                        (unsigned long long)bad);
    return 0;
}

int receiver_memory(struct receiver *v, const struct pel_image_record *rec)
{
    xen_pfn_t mfns[PEL_BATCH_PAGES];
    size_t which[PEL_BATCH_PAGES];
    uint8_t *to;
    void *base;
    size_t nr;
    int rc = give_back(v, rec);

    if (!rc)
        rc = find_frames(v, rec);
    if (rc)
        return rc;
    nr = choose(v, rec, which, mfns);
    if (!nr)
        return 0;
    rc = guest_frames_map(v->ctx, v->domid, PROT_READ | PROT_WRITE, mfns, nr,
                          &base);
    if (rc)
        return rc;
    to = base;
    for (size_t n = 0; !rc && n < nr; n++, to += PEL_PAGE_SIZE)
        rc = write_page(v, rec, which[n], to);
    guest_frames_unmap(v->ctx, base, nr);
    return rc;
}
