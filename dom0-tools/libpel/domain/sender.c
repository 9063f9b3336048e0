/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sender: memory and state of a guest into the stream. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include "rounds.h"
#include "sender.h"

#define LEAVES_MAX 512
#define MSRS_MAX 64
#define LIVE_READS 5 /* attempts */

static int send_policy(struct sender *s)
{
    xen_cpuid_leaf_t *leaves = calloc(LEAVES_MAX, sizeof(*leaves));
    xen_msr_entry_t *msrs = calloc(MSRS_MAX, sizeof(*msrs));
    uint32_t nr_leaves = LEAVES_MAX, nr_msrs = MSRS_MAX;
    int rc;

    if (!leaves || !msrs)
        rc = pel_fail_oom(s->ctx);
    else
        rc = pel_hc_get_policy(s->ctx, s->domid, leaves, &nr_leaves, msrs,
                               &nr_msrs);
    if (!rc)
        rc = pel_image_put(&s->w, PEL_REC_CPUID_POLICY, leaves,
                           nr_leaves * sizeof(*leaves));
    if (!rc && nr_msrs)
        rc = pel_image_put(&s->w, PEL_REC_MSR_POLICY, msrs,
                           nr_msrs * sizeof(*msrs));
    free(leaves);
    free(msrs);
    return rc;
}

/* A list that changes while it is read may look like none. */
static int read_memory(struct sender *s)
{
    int rc, left = s->live ? LIVE_READS : 1;

    do {
        guest_memory_free(&s->mem);
        pel_error_clear(s->ctx);
        rc = guest_memory_read(s->ctx, s->domid, &s->mem);
    } while (rc == -PEL_EFORMAT && --left);
    return rc;
}

/* The log comes first: what happens from then on is in it. */
static int begin_live(struct sender *s)
{
    int rc = pel_hc_log_on(s->ctx, s->domid);

    if (rc)
        return rc;
    s->log_on = true;
    rc = read_memory(s);
    if (rc)
        return rc;
    s->todo = calloc(1, (s->mem.nr_pfns + 7) / 8);
    s->sent = malloc(s->mem.nr_pfns);
    s->hashes = calloc(s->mem.nr_pfns, sizeof(*s->hashes));
    if (!s->todo || !s->sent || !s->hashes)
        return pel_fail_oom(s->ctx);
    memset(s->sent, SENT_NEVER, s->mem.nr_pfns);
    return 0;
}

int sender_begin(struct sender *s, const char *config)
{
    static const uint8_t pv_info[8] = { 8, 4 }; /* bytes, levels */
    int rc = 0;

    if (s->before) {
        rc = pel_image_begin(&s->w, config);
        if (!rc)
            rc = s->before(s->before_arg);
    }
    if (!rc)
        rc = s->live ? begin_live(s) : read_memory(s);
    if (rc)
        return rc;
    s->copies = malloc(PEL_BATCH_PAGES * PEL_PAGE_SIZE);
    if (!s->copies)
        return pel_fail_oom(s->ctx);

    if (!s->before)
        rc = pel_image_begin(&s->w, config);
    if (!rc)
        rc = pel_image_put(&s->w, PEL_REC_PV_INFO, pv_info, sizeof(pv_info));
    if (!rc)
        rc = send_policy(s);
    if (!rc)
        rc = pel_image_put(&s->w, PEL_REC_STATIC_DATA_END, NULL, 0);
    if (!rc)
        rc = pel_image_put_p2m(&s->w, s->mem.nr_pfns - 1, s->mem.lists);
    return rc;
}

/* Pages of one record. */
struct batch {
    uint64_t pfns[PEL_BATCH_PAGES];
    uint32_t types[PEL_BATCH_PAGES];
    const void *pages[PEL_BATCH_PAGES];
    size_t nr;
    xen_pfn_t mfns[PEL_BATCH_PAGES]; /* of those with data, in order */
    size_t nr_data;
};

static void put_off(struct sender *s, uint64_t pfn)
{
    s->todo[pfn / 8] |= 1u << pfn % 8;
}

static void append(struct batch *b, uint64_t pfn, uint32_t type)
{
    b->pfns[b->nr] = pfn;
    b->types[b->nr++] = type;
}

/*
 * Which of them there are, and what they are used for.  One that was there in
 * an earlier round and has gone is sent as such.
 */
static int choose(struct sender *s, const uint64_t *pfns, size_t nr,
                  struct batch *b)
{
    uint64_t words[PEL_BATCH_PAGES], there[PEL_BATCH_PAGES];
    size_t n = 0;
    int rc;

    for (size_t i = 0; i < nr; i++) {
        if (pfns[i] >= s->mem.nr_pfns)
            continue;
        if (s->mem.p2m[pfns[i]] == NO_FRAME) {
            if (s->sent && !s->live)
                append(b, pfns[i], XEN_DOMCTL_PFINFO_XTAB);
            continue;
        }
        there[n] = pfns[i];
        words[n++] = s->mem.p2m[pfns[i]];
    }
    if (!n)
        return 0;
    rc = pel_hc_page_types(s->ctx, s->domid, words, n);
    for (size_t i = 0; !rc && i < n; i++) {
        uint32_t type = words[i] & XEN_DOMCTL_PFINFO_LTAB_MASK;

        if (type == XEN_DOMCTL_PFINFO_XTAB)
            continue;
        if (pel_page_has_data(type))
            b->mfns[b->nr_data++] = s->mem.p2m[there[i]];
        append(b, there[i], type);
    }
    return rc;
}

/*
 * Has a copy of a table name the guest's own numbers.
 * Returns: 0; 1 not for the moment; -PEL_EFORMAT
 */
static int translate(struct sender *s, uint64_t pfn, uint32_t type,
                     uint64_t *table)
{
    unsigned int level = (type & XEN_DOMCTL_PFINFO_LTABTYPE_MASK) >>
                         XEN_DOMCTL_PFINFO_LTAB_SHIFT;
    uint64_t bad;

    if (!pel_table_normalise(table, level, s->mem.m2p, s->mem.nr_mfns, &bad))
        return 0;
    if (s->live)
        return 1; /* it may be in the midst of changing */
    return pel_fail(s->ctx, PEL_EFORMAT,
                    "page table %llu of domain %u maps a frame that is not "
                    "its own (entry 0x%llx)",
                    (unsigned long long)pfn, s->domid, (unsigned long long)bad);
}

/* Whether this page has been sent with just this content. */
static bool is_same(struct sender *s, uint64_t pfn, uint32_t type,
                    const void *page)
{
    uint64_t hash;
    bool same;

    if (!s->hashes)
        return false;
    hash = pel_page_hash(page);
    same = s->sent[pfn] == SENT_TYPE(type) && s->hashes[pfn] == hash;
    s->hashes[pfn] = hash;
    return same;
}

/*
 * Points to the bytes of each page; what need not, or cannot, be sent is taken
 * out.  Tables are copied, to be translated; while the guest runs every page
 * is, since what is looked at and what is sent have to be the same.  So is what
 * others take: back ends write to a guest that stands still, too.
 */
static int point(struct sender *s, struct batch *b, const uint8_t *data)
{
    uint64_t *copy = s->copies;
    size_t nr = b->nr;

    b->nr = 0;
    for (size_t i = 0; i < nr; i++) {
        uint64_t pfn = b->pfns[i];
        uint32_t type = b->types[i];
        const void *page = data;
        int rc = 0;

        if (!pel_page_has_data(type)) {
            append(b, pfn, type);
            continue;
        }
        data += PEL_PAGE_SIZE;
        if (s->live || s->put_pages || pel_page_is_table(type)) {
            page = memcpy(copy, page, PEL_PAGE_SIZE);
            if (pel_page_is_table(type))
                rc = translate(s, pfn, type, copy);
            copy += PEL_PAGE_SIZE / sizeof(*copy);
        }
        if (rc < 0)
            return rc;
        if (rc) {
            put_off(s, pfn);
            continue;
        }
        if (s->zeros_apart && !pel_page_is_table(type) &&
            pel_page_is_zero(page))
            type = XEN_DOMCTL_PFINFO_XALLOC;
        if (is_same(s, pfn, type, page)) {
            s->nr_same++;
            continue;
        }
        b->pages[b->nr] = page;
        append(b, pfn, type);
    }
    return 0;
}

static int map_and_point(struct sender *s, struct batch *b, void **data)
{
    int rc;

    if (!b->nr_data)
        return 0;
    rc = guest_frames_map(s->ctx, s->domid, PROT_READ, b->mfns, b->nr_data,
                          data);
    if (!rc)
        return point(s, b, *data);
    if (!s->live)
        return rc;
    /* One of them has just gone; so all of them some other time. */
    *data = NULL;
    pel_error_clear(s->ctx);
    for (size_t i = 0; i < b->nr; i++)
        put_off(s, b->pfns[i]);
    b->nr = 0;
    return 0;
}

static int put(struct sender *s, const struct batch *b)
{
    if (s->put_pages)
        return s->put_pages(s->put_arg, b->pfns, b->types, b->pages, b->nr);
    return pel_image_put_pages(&s->w, b->pfns, b->types, b->pages, b->nr);
}

int sender_pages(struct sender *s, const uint64_t *pfns, size_t nr)
{
    struct batch b = { .nr = 0 };
    void *data = NULL;
    int rc = choose(s, pfns, nr, &b);

    if (rc || !b.nr)
        return rc;
    rc = map_and_point(s, &b, &data);
    if (!rc && b.nr)
        rc = put(s, &b);
    for (size_t i = 0; !rc && s->sent && i < b.nr; i++)
        s->sent[b.pfns[i]] = SENT_TYPE(b.types[i]);
    s->nr_pages += b.nr;
    if (data)
        guest_frames_unmap(s->ctx, data, b.nr_data);
    return rc;
}

int sender_stopped(struct sender *s)
{
    if (!s->stop || !s->stop())
        return 0;
    return pel_fail(s->ctx, PEL_ESTATE, "interrupted");
}

int sender_all_pages(struct sender *s)
{
    uint64_t pfns[PEL_BATCH_PAGES];
    uint64_t pfn = 0;
    int rc = 0;

    while (!rc && pfn < s->mem.nr_pfns) {
        size_t nr = 0;

        while (nr < PEL_BATCH_PAGES && pfn < s->mem.nr_pfns)
            pfns[nr++] = pfn++;
        rc = sender_pages(s, pfns, nr);
        if (!rc)
            rc = sender_stopped(s);
    }
    return rc;
}

int sender_todo(struct sender *s, void (*per_batch)(void *arg), void *arg)
{
    uint64_t pfns[PEL_BATCH_PAGES];
    uint64_t pfn = 0;
    int rc = 0;

    while (!rc && pfn < s->mem.nr_pfns) {
        size_t nr = 0;

        for (; nr < PEL_BATCH_PAGES && pfn < s->mem.nr_pfns; pfn++) {
            if (!(s->todo[pfn / 8] >> pfn % 8 & 1))
                continue;
            s->todo[pfn / 8] &= ~(1u << pfn % 8);
            pfns[nr++] = pfn;
        }
        if (nr)
            rc = sender_pages(s, pfns, nr);
        if (!rc && nr && per_batch)
            per_batch(arg);
        if (!rc)
            rc = sender_stopped(s);
    }
    return rc;
}

static int send_tsc(struct sender *s)
{
    struct xen_domctl_tsc_info info;
    struct pel_image_tsc tsc;
    int rc = pel_hc_get_tsc(s->ctx, s->domid, &info);

    if (rc)
        return rc;
    tsc = (struct pel_image_tsc){
        .mode = info.tsc_mode,
        .khz = info.gtsc_khz,
        .nsec = info.elapsed_nsec,
        .incarnation = info.incarnation,
    };
    return pel_image_put(&s->w, PEL_REC_TSC_INFO, &tsc, sizeof(tsc));
}

/* A frame number in a vCPU's state into the guest's own. */
static int to_pfn(struct sender *s, uint64_t mfn, const char *what,
                  uint64_t *pfn)
{
    if (mfn >= s->mem.nr_mfns || !s->mem.m2p[mfn])
        return pel_fail(s->ctx, PEL_EFORMAT,
                        "the %s of domain %u is not in its memory", what,
                        s->domid);
    *pfn = s->mem.m2p[mfn] - 1;
    return 0;
}

static int normalise_vcpu(struct sender *s, uint32_t vcpu,
                          struct vcpu_guest_context *c)
{
    uint64_t pfn = 0;
    int rc = 0;

    /* The one that suspended has named its start_info. */
    if (vcpu == 0) {
        rc = to_pfn(s, c->user_regs.rdx, "start_info", &pfn);
        c->user_regs.rdx = pfn;
    }
    for (size_t i = 0; !rc && i * 512 < c->gdt_ents; i++) {
        rc = to_pfn(s, c->gdt_frames[i], "descriptor table", &pfn);
        c->gdt_frames[i] = pfn;
    }
    if (!rc)
        rc = to_pfn(s, xen_cr3_to_pfn(c->ctrlreg[3]), "page table", &pfn);
    if (rc)
        return rc;
    c->ctrlreg[3] = xen_pfn_to_cr3(pfn);
    if (!c->ctrlreg[1])
        return 0;
    rc = to_pfn(s, c->ctrlreg[1] >> 12, "page table", &pfn);
    c->ctrlreg[1] = pfn << 12 | 1; /* bit 0: there is one */
    return rc;
}

static int send_registers(struct sender *s, uint32_t vcpu)
{
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return pel_fail_oom(s->ctx);
    rc = pel_hc_get_vcpu(s->ctx, s->domid, vcpu, c);
    if (!rc)
        rc = normalise_vcpu(s, vcpu, c);
    if (!rc)
        rc = pel_image_put_vcpu(&s->w, PEL_REC_VCPU_BASIC, vcpu, c, sizeof(*c));
    free(c);
    return rc;
}

static int send_fpu_and_msrs(struct sender *s, uint32_t vcpu)
{
    struct xen_domctl_vcpu_msr *msrs;
    void *state;
    size_t len, nr;
    int rc = pel_hc_get_xsave(s->ctx, s->domid, vcpu, &state, &len);

    if (!rc && len)
        rc = pel_image_put_vcpu(&s->w, PEL_REC_VCPU_XSAVE, vcpu, state, len);
    free(state);
    if (rc)
        return rc;
    rc = pel_hc_get_msrs(s->ctx, s->domid, vcpu, &msrs, &nr);
    if (!rc && nr)
        rc = pel_image_put_vcpu(&s->w, PEL_REC_VCPU_MSRS, vcpu, msrs,
                                nr * sizeof(*msrs));
    free(msrs);
    return rc;
}

static int send_vcpu(struct sender *s, uint32_t vcpu)
{
    struct xen_domctl_ext_vcpucontext ext = { .vcpu = vcpu };
    struct xen_domctl_getvcpuinfo info;
    int rc = pel_hc_vcpu_info(s->ctx, s->domid, vcpu, &info);

    if (rc || !info.online)
        return rc;
    rc = send_registers(s, vcpu);
    if (!rc)
        rc = pel_hc_get_vcpu_more(s->ctx, s->domid, &ext);
    if (!rc)
        rc = pel_image_put_vcpu(&s->w, PEL_REC_VCPU_EXTENDED, vcpu, &ext,
                                sizeof(ext));
    return rc ? rc : send_fpu_and_msrs(s, vcpu);
}

int sender_state(struct sender *s)
{
    struct xen_domctl_getdomaininfo info;
    int rc = pel_hc_info(s->ctx, s->domid, &info);

    if (!rc)
        rc = send_tsc(s);
    if (!rc)
        rc = pel_image_put(&s->w, PEL_REC_SHARED_INFO, s->mem.shared,
                           PEL_PAGE_SIZE);
    for (uint32_t i = 0; !rc && i <= info.max_vcpu_id; i++)
        rc = send_vcpu(s, i);
    return rc ? rc : pel_image_finish(&s->w);
}

void sender_end(struct sender *s)
{
    if (s->log_on)
        log_off(s->ctx, s->domid);
    s->log_on = false;
    guest_memory_free(&s->mem);
    free(s->copies);
    free(s->todo);
    free(s->sent);
    free(s->hashes);
    s->copies = NULL;
    s->todo = s->sent = NULL;
    s->hashes = NULL;
}
