/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of a guest that changes while it is sent: contents, what pages are
 * used for, which frames they are.  In the end the other side has what is
 * there.
 */
#include "common.h"
#include <stdbool.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <pel/image.h>
#include "libpel/domain/rounds.h"
#include "libpel/domain/sender.h"

#define PAGES 96u
#define FRAMES 160u
#define WORDS 512u
#define ENTRIES 24u /* of a table that are used */
#define PRESENT 1u
#define STORIES 200u
#define TABLE(level) ((level) << XEN_DOMCTL_PFINFO_LTAB_SHIFT)

static struct pel_ctx ctx;

/* ---- the guest ------------------------------------------------------------
 */

static uint64_t frames[FRAMES][WORDS];
static uint32_t types[FRAMES]; /* XTAB: not the guest's */
static uint64_t p2m[PAGES];
static bool dirty[PAGES];
static bool suspended;
static uint64_t seed, story;
static uint64_t (*mapped)[WORDS]; /* what was last */
static size_t nr_mapped;
static bool scribble; /* a back end writes to it meanwhile */

static uint32_t any(uint32_t nr)
{
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    return (seed >> 33) % nr;
}

static uint64_t any_page(void)
{
    uint64_t pfn;

    do
        pfn = any(PAGES);
    while (p2m[pfn] == NO_FRAME);
    return pfn;
}

static uint64_t free_frame(void)
{
    uint64_t mfn;

    do
        mfn = any(FRAMES);
    while (types[mfn] != XEN_DOMCTL_PFINFO_XTAB);
    return mfn;
}

static void touch(uint64_t pfn)
{
    frames[p2m[pfn]][any(WORDS)] = any(3);
    dirty[pfn] = true;
}

static void clear(uint64_t pfn)
{
    memset(frames[p2m[pfn]], 0, sizeof(frames[0]));
    dirty[pfn] = true;
}

static void set_entry(uint64_t pfn, uint32_t i)
{
    frames[p2m[pfn]][i] = any(3) ? p2m[any_page()] << 12 | PRESENT : 0;
    dirty[pfn] = true;
}

/* The log knows of a page that becomes a table, not of one that was. */
static void change_use(uint64_t pfn)
{
    uint32_t *type = &types[p2m[pfn]];

    if (pel_page_is_table(*type)) {
        *type = any(2) ? XEN_DOMCTL_PFINFO_NOTAB
                       : *type ^ XEN_DOMCTL_PFINFO_LPINTAB;
        return;
    }
    clear(pfn);
    *type = TABLE(1 + any(4));
    for (uint32_t i = 0; i < ENTRIES; i++)
        set_entry(pfn, i);
}

/* All tables name another frame, or none, in place of one. */
static void rename_frame(uint64_t from, uint64_t entry)
{
    for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
        if (p2m[pfn] == NO_FRAME || !pel_page_is_table(types[p2m[pfn]]))
            continue;
        for (uint32_t i = 0; i < ENTRIES; i++) {
            if (frames[p2m[pfn]][i] != (from << 12 | PRESENT))
                continue;
            frames[p2m[pfn]][i] = entry;
            dirty[pfn] = true;
        }
    }
}

/* The log knows of each frame that gets a number. */
static void exchange(uint64_t pfn)
{
    uint64_t to = free_frame(), from = p2m[pfn];

    memcpy(frames[to], frames[from], sizeof(frames[0]));
    types[to] = types[from];
    types[from] = XEN_DOMCTL_PFINFO_XTAB;
    p2m[pfn] = to;
    dirty[pfn] = true;
    rename_frame(from, to << 12 | PRESENT);
}

static void balloon(void)
{
    uint64_t pfn = any(PAGES);

    if (p2m[pfn] == NO_FRAME) {
        p2m[pfn] = free_frame();
        types[p2m[pfn]] = XEN_DOMCTL_PFINFO_NOTAB;
        clear(pfn);
    } else if (types[p2m[pfn]] == XEN_DOMCTL_PFINFO_NOTAB) {
        rename_frame(p2m[pfn], 0);
        types[p2m[pfn]] = XEN_DOMCTL_PFINFO_XTAB;
        p2m[pfn] = NO_FRAME;
    }
}

static void live_on(void)
{
    for (uint32_t n = suspended ? 0 : any(12); n; n--) {
        uint64_t pfn = any_page();
        bool table = pel_page_is_table(types[p2m[pfn]]);

        switch (any(8)) {
        case 0:
            change_use(pfn);
            break;
        case 1:
            exchange(pfn);
            break;
        case 2:
            balloon();
            break;
        case 3:
            if (!table)
                clear(pfn);
            break;
        default:
            if (table)
                set_entry(pfn, any(ENTRIES));
            else
                touch(pfn);
        }
    }
}

static void begin_guest(void)
{
    seed = story;
    suspended = false;
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++)
        types[mfn] = XEN_DOMCTL_PFINFO_XTAB;
    memset(frames, 0, sizeof(frames));
    for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
        p2m[pfn] = free_frame();
        types[p2m[pfn]] = XEN_DOMCTL_PFINFO_NOTAB;
    }
    for (uint64_t pfn = 0; pfn < PAGES; pfn += 1 + any(3))
        if (any(3))
            touch(pfn);
        else
            change_use(pfn);
}

/* ---- in place of the hypervisor -------------------------------------------
 */

int pel_hc_page_types(struct pel_ctx *c, uint32_t domid, uint64_t *words,
                      size_t nr)
{
    (void)c;
    (void)domid;
    for (size_t i = 0; i < nr; i++)
        words[i] = types[words[i]];
    return 0;
}

int guest_frames_map(struct pel_ctx *c, uint32_t domid, int prot,
                     const xen_pfn_t *mfns, size_t nr, void **out)
{
    uint64_t(*to)[WORDS] = *out = malloc(nr * sizeof(*to));

    (void)domid;
    (void)prot;
    for (size_t i = 0; i < nr; i++) {
        if (types[mfns[i]] == XEN_DOMCTL_PFINFO_XTAB) {
            free(to);
            return pel_fail(c, PEL_EHYPER, "no such frame");
        }
        memcpy(to[i], frames[mfns[i]], sizeof(*to));
    }
    mapped = to;
    nr_mapped = nr;
    live_on();
    return 0;
}

void guest_frames_unmap(struct pel_ctx *c, void *p, size_t nr)
{
    (void)c;
    (void)nr;
    free(p);
}

int guest_memory_read(struct pel_ctx *c, uint32_t domid, struct guest_memory *m)
{
    *m = (struct guest_memory){
        .ctx = c,
        .domid = domid,
        .nr_pfns = PAGES,
        .nr_mfns = FRAMES,
        .nr_lists = 1,
        .shared = calloc(1, PEL_PAGE_SIZE),
        .p2m = malloc(sizeof(p2m)),
        .m2p = calloc(FRAMES, sizeof(*m->m2p)),
        .lists = calloc(1, sizeof(*m->lists)),
    };
    memcpy(m->p2m, p2m, sizeof(p2m));
    for (uint64_t pfn = 0; pfn < PAGES; pfn++)
        if (p2m[pfn] != NO_FRAME)
            m->m2p[p2m[pfn]] = pfn + 1;
    live_on();
    return 0;
}

void guest_memory_free(struct guest_memory *m)
{
    free(m->shared);
    free(m->p2m);
    free(m->m2p);
    free(m->lists);
    *m = (struct guest_memory){ .ctx = NULL };
}

int pel_hc_log(struct pel_ctx *c, uint32_t domid, bool clean, uint8_t *bits,
               uint64_t nr_pfns)
{
    (void)c;
    (void)domid;
    for (uint64_t pfn = 0; pfn < nr_pfns; pfn++) {
        bits[pfn / 8] |= dirty[pfn] << pfn % 8;
        dirty[pfn] = dirty[pfn] && !clean;
    }
    live_on();
    return 0;
}

int pel_hc_log_on(struct pel_ctx *c, uint32_t domid)
{
    (void)c;
    (void)domid;
    memset(dirty, 0, sizeof(dirty));
    return 0;
}

int pel_hc_log_off(struct pel_ctx *c, uint32_t domid)
{
    (void)c;
    (void)domid;
    return 0;
}

int pel_hc_get_policy(struct pel_ctx *c, uint32_t domid,
                      xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves,
                      xen_msr_entry_t *msrs, uint32_t *nr_msrs)
{
    (void)c;
    (void)domid;
    (void)leaves;
    (void)msrs;
    *nr_leaves = *nr_msrs = 0;
    return 0;
}

uint64_t pel_store_now_ns(void)
{
    static uint64_t now;

    return now += 1000000;
}

/* The state of vCPUs is not asked for. */
int pel_hc_get_msrs(void) { abort(); }
int pel_hc_get_tsc(void) { abort(); }
int pel_hc_get_vcpu(void) { abort(); }
int pel_hc_get_vcpu_more(void) { abort(); }
int pel_hc_get_xsave(void) { abort(); }
int pel_hc_info(void) { abort(); }
int pel_hc_vcpu_info(void) { abort(); }

/* ---- the other side -------------------------------------------------------
 */

static struct {
    bool there;
    uint32_t type;
    uint64_t words[WORDS];
} copy[PAGES];

static int take(void *arg, const uint64_t *pfns, const uint32_t *sent,
                const void *const *pages, size_t nr)
{
    (void)arg;
    if (scribble)
        memset(mapped, 0x55, nr_mapped * sizeof(*mapped));
    for (size_t i = 0; i < nr; i++) {
        uint64_t pfn = pfns[i];

        copy[pfn].there = sent[i] != XEN_DOMCTL_PFINFO_XTAB;
        copy[pfn].type = sent[i] == XEN_DOMCTL_PFINFO_XALLOC
                             ? XEN_DOMCTL_PFINFO_NOTAB
                             : sent[i];
        memset(copy[pfn].words, 0, sizeof(copy[pfn].words));
        if (pel_page_has_data(sent[i]))
            memcpy(copy[pfn].words, pages[i], sizeof(copy[pfn].words));
    }
    return 0;
}

/* A table of the guest as it goes over: frames by their pages. */
static void translate(uint64_t *words)
{
    for (uint32_t i = 0; i < WORDS; i++) {
        uint64_t pfn = 0;

        if (!(words[i] & PRESENT))
            continue;
        while (p2m[pfn] != words[i] >> 12)
            assert_true(++pfn < PAGES);
        words[i] = pfn << 12 | PRESENT;
    }
}

static bool is_there(uint64_t pfn)
{
    uint64_t want[WORDS];

    if (p2m[pfn] == NO_FRAME)
        return !copy[pfn].there;
    memcpy(want, frames[p2m[pfn]], sizeof(want));
    if (pel_page_is_table(types[p2m[pfn]]))
        translate(want);
    return copy[pfn].there && copy[pfn].type == types[p2m[pfn]] &&
           !memcmp(copy[pfn].words, want, sizeof(want));
}

static void assert_all_there(void)
{
    for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
        if (is_there(pfn))
            continue;
        print_error("story %u: page %u\n", (unsigned int)story,
                    (unsigned int)pfn);
        fail();
    }
}

static int drop(void *arg, const void *buf, size_t len)
{
    (void)arg;
    (void)buf;
    (void)len;
    return 0;
}

/* ---- the tests ------------------------------------------------------------
 */

static struct sender *begin(bool live)
{
    struct sender *s = calloc(1, sizeof(*s));

    *s = (struct sender){
        .ctx = &ctx,
        .w.write = drop,
        .live = live,
        .zeros_apart = any(2),
        .put_pages = take,
    };
    memset(copy, 0, sizeof(copy));
    assert_int_equal(sender_begin(s, "{}"), 0);
    return s;
}

static void all_that_changes_arrives(void **state)
{
    const struct round_limits limits = { .downtime_ms = 1, .rounds = 6 };

    (void)state;
    for (story = 0; story < STORIES; story++) {
        struct sender *s;

        begin_guest();
        s = begin(true);
        assert_int_equal(sender_rounds(s, &limits, NULL, NULL), 0);
        live_on();
        suspended = true;
        assert_int_equal(sender_last_pages(s), 0);
        assert_all_there();
        sender_end(s);
        free(s);
    }
}

/* Who takes pages sums them, and writes them, at different times. */
static void a_page_that_is_taken_does_not_change(void **state)
{
    struct sender *s;

    (void)state;
    begin_guest();
    suspended = true;
    s = begin(false);
    scribble = true;
    assert_int_equal(sender_all_pages(s), 0);
    scribble = false;
    assert_all_there();
    sender_end(s);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_changes_arrives),
        cmocka_unit_test(a_page_that_is_taken_does_not_change),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
