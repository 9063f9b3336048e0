/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading the guest's own list of frames, in both of its forms. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenforeignmemory.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include <pel/stream.h>
#include "guest_memory.h"

#define DOM0_SHARE 4 /* following a guest takes one in so many of its pages */
#define PFN_COST 64  /* bytes for each page, of who takes the most */
#define PFNS_FREE 65536 /* more than it has, of which nobody asks */
#define PER_PAGE 512ull /* words in a page: entries of tables and lists */

int guest_frames_map(struct pel_ctx *ctx, uint32_t domid, int prot,
                     const xen_pfn_t *mfns, size_t nr, void **out)
{
    xenforeignmemory_handle *fmem;
    int rc = pel_ctx_fmem(ctx, &fmem);

    if (rc)
        return rc;
    *out = xenforeignmemory_map(fmem, domid, prot, nr, mfns, NULL);
    if (!*out)
        return pel_fail_sys(ctx, PEL_EHYPER,
                            "cannot map %zu pages of domain %u", nr, domid);
    return 0;
}

void guest_frames_unmap(struct pel_ctx *ctx, void *p, size_t nr)
{
    xenforeignmemory_unmap(ctx->fmem, p, nr);
}

/* A copy of one frame's 512 words. */
static int copy_frame(const struct guest_memory *m, uint64_t mfn, void *to)
{
    xen_pfn_t frame = mfn;
    void *page;
    int rc = guest_frames_map(m->ctx, m->domid, PROT_READ, &frame, 1, &page);

    if (rc)
        return rc;
    memcpy(to, page, PEL_PAGE_SIZE);
    guest_frames_unmap(m->ctx, page, 1);
    return 0;
}

static int no_list(const struct guest_memory *m)
{
    return pel_fail(m->ctx, PEL_EFORMAT,
                    "domain %u has no proper list of its memory", m->domid);
}

/*
 * The frames behind the virtual addresses from @va on, @nr pages, appended to
 * @mfns; @table is of @level.
 */
static int walk(const struct guest_memory *m, uint64_t table,
                unsigned int level, uint64_t va, uint64_t nr, xen_pfn_t *mfns)
{
    unsigned int shift = 12 + 9 * (level - 1);
    uint64_t entries[PER_PAGE], done = 0;
    int rc = copy_frame(m, table, entries);

    while (!rc && done < nr) {
        uint64_t at = va + (done << 12);
        uint64_t frame = pel_table_pfn(entries[at >> shift & 511]);
        uint64_t part = ((1ull << shift) - (at & ((1ull << shift) - 1))) >> 12;

        if (part > nr - done)
            part = nr - done;
        if (frame == UINT64_MAX)
            return no_list(m);
        if (level == 1)
            mfns[done] = frame;
        else
            rc = walk(m, frame, level - 1, at, part, mfns + done);
        done += part;
    }
    return rc;
}

/* A page of frames of pages of frames of the list. */
static int follow_lists(const struct guest_memory *m, xen_pfn_t *mfns)
{
    uint64_t top[PER_PAGE], middle[PER_PAGE];
    int rc = copy_frame(m, m->shared->arch.pfn_to_mfn_frame_list_list, top);

    for (size_t i = 0; !rc && i < m->nr_lists; i++) {
        if (i % PER_PAGE == 0)
            rc = i / PER_PAGE < PER_PAGE
                     ? copy_frame(m, top[i / PER_PAGE], middle)
                     : no_list(m);
        mfns[i] = middle[i % PER_PAGE];
    }
    return rc;
}

static int find_lists(const struct guest_memory *m, xen_pfn_t *mfns)
{
    const struct arch_shared_info *a = &m->shared->arch;

    if (a->p2m_cr3) {
        if (a->p2m_vaddr & (PEL_PAGE_SIZE - 1))
            return no_list(m);
        return walk(m, xen_cr3_to_pfn(a->p2m_cr3), 4, a->p2m_vaddr, m->nr_lists,
                    mfns);
    }
    if (!a->pfn_to_mfn_frame_list_list)
        return pel_fail(m->ctx, PEL_ENOTSUP,
                        "domain %u keeps no list of its memory: its kernel "
                        "cannot be saved",
                        m->domid);
    return follow_lists(m, mfns);
}

/* Entries that name no frame of RAM, or one a second time, name none. */
static void make_reverse(struct guest_memory *m)
{
    for (uint64_t pfn = 0; pfn < m->nr_pfns; pfn++) {
        uint64_t mfn = m->p2m[pfn];

        if (mfn >= m->nr_mfns || m->m2p[mfn])
            m->p2m[pfn] = NO_FRAME;
        else
            m->m2p[mfn] = pfn + 1;
    }
}

static int read_lists(struct guest_memory *m, const xen_pfn_t *mfns)
{
    void *all;
    int rc =
        guest_frames_map(m->ctx, m->domid, PROT_READ, mfns, m->nr_lists, &all);

    if (rc)
        return rc;
    memcpy(m->p2m, all, m->nr_pfns * sizeof(*m->p2m));
    guest_frames_unmap(m->ctx, all, m->nr_lists);
    make_reverse(m);
    for (size_t i = 0; i < m->nr_lists; i++) {
        if (mfns[i] >= m->nr_mfns || !m->m2p[mfns[i]])
            return no_list(m);
        m->lists[i] = m->m2p[mfns[i]] - 1;
    }
    return 0;
}

int guest_pfns_check(struct pel_ctx *ctx, uint64_t nr_pfns, uint64_t nr_pages)
{
    uint64_t dom0_kb = (uint64_t)sysconf(_SC_PHYS_PAGES) * 4;
    uint64_t cost_kb = nr_pfns * PFN_COST >> 10;

    if (nr_pfns <= PFNS_FREE || (nr_pfns - PFNS_FREE) / 2 <= nr_pages ||
        cost_kb <= dom0_kb / DOM0_SHARE)
        return 0;
    return pel_fail(ctx, PEL_EFORMAT,
                    "the guest's memory is said to have %llu pages, and may "
                    "have %llu: to follow them would take %llu of dom0's %llu "
                    "MiB",
                    (unsigned long long)nr_pfns, (unsigned long long)nr_pages,
                    (unsigned long long)cost_kb >> 10,
                    (unsigned long long)dom0_kb >> 10);
}

static int read_shared(struct guest_memory *m)
{
    struct xen_domctl_getdomaininfo info;
    int rc = pel_hc_info(m->ctx, m->domid, &info);

    m->shared = calloc(1, PEL_PAGE_SIZE);
    if (!m->shared)
        return pel_fail_oom(m->ctx);
    if (!rc)
        rc = copy_frame(m, info.shared_info_frame, m->shared);
    if (rc)
        return rc;
    m->nr_pfns = m->shared->arch.max_pfn;
    if (!m->nr_pfns || m->nr_pfns > PEL_IMAGE_PFNS)
        return no_list(m);
    rc = guest_pfns_check(m->ctx, m->nr_pfns, info.max_pages);
    if (rc)
        return rc;
    m->nr_lists = (m->nr_pfns + PER_PAGE - 1) / PER_PAGE;
    return 0;
}

int guest_memory_read(struct pel_ctx *ctx, uint32_t domid,
                      struct guest_memory *m)
{
    xen_pfn_t *mfns;
    int rc;

    *m = (struct guest_memory){ .ctx = ctx, .domid = domid };
    rc = pel_hc_nr_frames(ctx, &m->nr_mfns);
    if (!rc)
        rc = read_shared(m);
    if (rc)
        return rc;
    m->p2m = calloc(m->nr_lists * PER_PAGE, sizeof(*m->p2m));
    m->m2p = calloc(m->nr_mfns, sizeof(*m->m2p));
    m->lists = calloc(m->nr_lists, sizeof(*m->lists));
    mfns = calloc(m->nr_lists, sizeof(*mfns));
    if (!m->p2m || !m->m2p || !m->lists || !mfns)
        rc = pel_fail_oom(ctx);
    if (!rc)
        rc = find_lists(m, mfns);
    if (!rc)
        rc = read_lists(m, mfns);
    free(mfns);
    return rc;
}

void guest_memory_free(struct guest_memory *m)
{
    free(m->shared);
    free(m->p2m);
    free(m->m2p);
    free(m->lists);
    *m = (struct guest_memory){ .ctx = NULL };
}
