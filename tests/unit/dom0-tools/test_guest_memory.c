/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's own list of its memory, honest and not. */
#include "common.h"
#include <unistd.h>
#include <pel/hcall.h>
#include <pel/stream.h>
#include <xenforeignmemory.h>
#include <libpel/domain/guest_memory.h>

#define NR_MFNS 0x8000ull   /* a host with 128 MiB */
#define DOM0_PAGES 0x4000ul /* of it, dom0's */
#define MAX_PAGES 0x60000ul /* the guest may have more than dom0 */
#define SHARED 0x100ul      /* frames of the guest */
#define TOP 0x101ul
#define MIDDLE 0x102ul
#define LIST 0x103ul

static uint64_t shared[512], top[512], middle[512], list[512];

long __wrap_sysconf(int name);

long __wrap_sysconf(int name)
{
    assert_int_equal(name, _SC_PHYS_PAGES);
    return DOM0_PAGES;
}

int pel_hc_nr_frames(struct pel_ctx *ctx, uint64_t *nr)
{
    (void)ctx;
    *nr = NR_MFNS;
    return 0;
}

int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out)
{
    (void)ctx;
    *out = (struct xen_domctl_getdomaininfo){ .domain = (domid_t)domid,
                                              .shared_info_frame = SHARED,
                                              .max_pages = MAX_PAGES };
    return 0;
}

int pel_ctx_fmem(struct pel_ctx *ctx, struct xenforeignmemory_handle **out)
{
    (void)ctx;
    *out = NULL;
    return 0;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t nr, const xen_pfn_t *frames,
                           int *err)
{
    static uint64_t *const pages[] = { shared, top, middle, list };
    char *all = malloc(nr * 4096);

    (void)fmem;
    (void)dom;
    (void)prot;
    (void)err;
    for (size_t i = 0; i < nr; i++) {
        assert_in_range(frames[i], SHARED, LIST);
        memcpy(all + i * 4096, pages[frames[i] - SHARED], 4096);
    }
    return all;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *p, size_t nr)
{
    (void)fmem;
    (void)nr;
    free(p);
    return 0;
}

/* A guest of 8 pages whose list stands in its own page 3. */
static void make(uint64_t max_pfn)
{
    struct arch_shared_info *a = &((struct shared_info *)shared)->arch;

    memset(shared, 0, sizeof(shared));
    a->max_pfn = max_pfn;
    a->pfn_to_mfn_frame_list_list = TOP;
    for (size_t i = 0; i < ARRAY_SIZE(list); i++) {
        top[i] = MIDDLE;
        middle[i] = LIST;
        list[i] = i < 8 ? SHARED + i : UINT64_MAX;
    }
}

static void an_honest_list_is_believed(void **state)
{
    struct pel_ctx ctx = { .message = "" };
    struct guest_memory m;

    (void)state;
    make(8);
    assert_int_equal(guest_memory_read(&ctx, 7, &m), 0);
    assert_int_equal(m.nr_pfns, 8);
    assert_int_equal(m.p2m[3], LIST);
    assert_int_equal(m.m2p[LIST], 4);
    assert_int_equal(m.lists[0], 3);
    guest_memory_free(&m);
}

// clang-format off
static const struct {
    const char *why;
    uint64_t max_pfn;
    const char *told; /* NULL: it is believed */
} sizes[] = {
    { "no page",                        0,                  "no proper list" },
    { "so few that it does not matter", 65536,              NULL },
    { "twice what it may have",         2 * MAX_PAGES,      NULL },
    { "one page stands for all",        2 * MAX_PAGES + 65552, "would take 52 of dom0's 64" },
    { "as many as an image may have",   PEL_IMAGE_PFNS,     "would take 16384 of dom0's 64" },
    { "more than that",                 PEL_IMAGE_PFNS + 1, "no proper list" },
};
// clang-format on

static void a_list_takes_no_more_than_dom0_has(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct guest_memory m;
        int rc;

        print_message("%s\n", sizes[i].why);
        make(sizes[i].max_pfn);
        rc = guest_memory_read(&ctx, 7, &m);
        assert_int_equal(rc, sizes[i].told ? -PEL_EFORMAT : 0);
        if (rc) {
            assert_told(&ctx, rc, sizes[i].told);
            assert_null(m.p2m);
        }
        guest_memory_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_list_is_believed),
        cmocka_unit_test(a_list_takes_no_more_than_dom0_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
