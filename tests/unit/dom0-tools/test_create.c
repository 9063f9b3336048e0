/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Creating and destroying a guest against a hypervisor, a store and back ends
 * of cardboard.  Each of their calls is made to fail in turn; after each
 * nothing may be left.
 */
#include "common.h"
#include "elf_maker.h"
#include <errno.h>
#include <unistd.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <xen/elfnote.h>
#include <xen/grant_table.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include <pel/store.h>
#include "libpel/domain/local.h"

#define ID 7u
#define SHARED 0x5555ul /* frame of shared_info */
#define FIRST_MFN 0x10000ul

/* The world outside of libpel. */
static struct {
    unsigned int calls, fail_at; /* fail_at 0: never */
    bool domain, nodes, introduced, devices, pinned, unpaused;
    bool neighbour; /* another guest is there */
    const char *neighbour_name;
    int maps; /* mappings that are open */
    uint64_t free_pages, given_pages;
    bool no_big_extents;
    uint64_t hypercall_mfn;
    struct vcpu_guest_context vcpu;
    grant_entry_v1_t grants[512];
    struct shared_info shared;
    char *memory; /* what was mapped last, in order of pfn */
    size_t memory_pages;
} w;

static struct maker elf;
static char kernel_path[] = "/tmp/test-create-XXXXXX";

/* One call to the outside; true when it is this one's turn to fail. */
static bool fails(void)
{
    w.calls++;
    return w.calls == w.fail_at;
}

static int outside(struct pel_ctx *ctx)
{
    return fails() ? pel_fail(ctx, PEL_EHYPER, "told to fail") : 0;
}

static int about(struct pel_ctx *ctx, uint32_t domid)
{
    if (domid != ID || !w.domain)
        return pel_fail(ctx, PEL_ENOENT, "there is no domain %u", domid);
    return outside(ctx);
}

/* ---- hypercalls --------------------------------------------------------- */

int pel_hc_create(struct pel_ctx *ctx,
                  const struct xen_domctl_createdomain *how, uint32_t *domid)
{
    int rc = outside(ctx);

    if (rc)
        return rc;
    assert_int_equal(how->max_vcpus, 2);
    assert_int_equal(how->flags, 0);
    w.domain = true;
    *domid = ID;
    return 0;
}

int pel_hc_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    int rc = about(ctx, domid);

    if (!rc) {
        assert_int_equal(w.maps, 0);
        w.domain = false;
        w.free_pages += w.given_pages;
        w.given_pages = 0;
    }
    return rc;
}

int pel_hc_pause(struct pel_ctx *ctx, uint32_t domid)
{
    return about(ctx, domid);
}

int pel_hc_unpause(struct pel_ctx *ctx, uint32_t domid)
{
    return about(ctx, domid);
}

int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out)
{
    int rc = about(ctx, domid);

    if (rc)
        return rc;
    memset(out, 0, sizeof(*out));
    out->domain = domid;
    out->shared_info_frame = SHARED;
    return 0;
}

int pel_hc_max_vcpus(struct pel_ctx *ctx, uint32_t domid, uint32_t nr)
{
    assert_int_equal(nr, 2);
    return about(ctx, domid);
}

int pel_hc_max_mem(struct pel_ctx *ctx, uint32_t domid, uint64_t limit_kb)
{
    assert_true(limit_kb >= 16 << 10);
    return about(ctx, domid);
}

int pel_hc_address_size(struct pel_ctx *ctx, uint32_t domid, uint32_t bits)
{
    assert_int_equal(bits, 64);
    assert_int_equal(w.given_pages, 0); /* has to come before memory */
    return about(ctx, domid);
}

int pel_hc_tsc_default(struct pel_ctx *ctx, uint32_t domid)
{
    return about(ctx, domid);
}

int pel_hc_hypercall_page(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn)
{
    w.hypercall_mfn = mfn;
    return about(ctx, domid);
}

int pel_hc_set_vcpu(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    const struct vcpu_guest_context *state)
{
    assert_int_equal(vcpu, 0);
    assert_true(w.pinned);
    w.vcpu = *state;
    return about(ctx, domid);
}

int pel_hc_populate(struct pel_ctx *ctx, uint32_t domid, unsigned int order,
                    xen_pfn_t *pfns, size_t nr, size_t *done)
{
    int rc = about(ctx, domid);

    *done = 0;
    if (rc || (order && w.no_big_extents))
        return rc;
    while (*done < nr && w.free_pages >= 1ul << order) {
        pfns[*done] += FIRST_MFN;
        w.free_pages -= 1ul << order;
        w.given_pages += 1ul << order;
        (*done)++;
    }
    return 0;
}

int pel_hc_memory_map(struct pel_ctx *ctx, uint32_t domid, uint64_t size)
{
    assert_int_equal(size, 32 << 20);
    return about(ctx, domid);
}

int pel_hc_pin_l4(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn)
{
    int rc = about(ctx, domid);

    (void)mfn;
    assert_int_equal(w.maps, 0); /* a mapped frame is no page table */
    w.pinned = !rc;
    return rc;
}

int pel_hc_evtchn_unbound(struct pel_ctx *ctx, uint32_t domid, uint32_t remote,
                          uint32_t *port)
{
    static uint32_t next = 1;

    assert_int_equal(remote, 0);
    *port = next++;
    return about(ctx, domid);
}

int pel_hc_physinfo(struct pel_ctx *ctx, struct xen_sysctl_physinfo *out)
{
    memset(out, 0, sizeof(*out));
    out->free_pages = w.free_pages;
    return outside(ctx);
}

/* ---- foreign memory ------------------------------------------------------ */

int pel_ctx_fmem(struct pel_ctx *ctx, struct xenforeignmemory_handle **out)
{
    *out = ctx->fmem = (struct xenforeignmemory_handle *)&w;
    return outside(ctx);
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
                           int prot, size_t pages, const xen_pfn_t arr[],
                           int err[])
{
    (void)fmem;
    (void)prot;
    (void)err;
    assert_int_equal(dom, ID);
    if (fails()) {
        errno = EFAULT;
        return NULL;
    }
    w.maps++;
    if (pages == 1 && arr[0] == SHARED)
        return &w.shared;
    for (size_t i = 0; i < pages; i++)
        assert_int_equal(arr[i], FIRST_MFN + i);
    free(w.memory);
    w.memory = malloc(pages * PEL_PAGE_SIZE);
    memset(w.memory, 0x5a, pages * PEL_PAGE_SIZE);
    w.memory_pages = pages;
    return w.memory;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
                           size_t pages)
{
    (void)fmem;
    (void)addr;
    (void)pages;
    w.maps--;
    return 0;
}

xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid,
                              unsigned int type, unsigned int id,
                              unsigned long frame, unsigned long nr_frames,
                              void **paddr, int prot, int flags)
{
    (void)fmem;
    (void)prot;
    (void)flags;
    (void)id;
    assert_int_equal(domid, ID);
    assert_int_equal(type, 1);
    assert_int_equal(frame, 0);
    assert_int_equal(nr_frames, 1);
    if (fails()) {
        errno = EFAULT;
        return NULL;
    }
    w.maps++;
    *paddr = w.grants;
    return (xenforeignmemory_resource_handle *)w.grants;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                    xenforeignmemory_resource_handle *fres)
{
    (void)fmem;
    (void)fres;
    w.maps--;
    return 0;
}

/* ---- store and devices ----------------------------------------------------
 */

int pel_store_use(struct pel_ctx *ctx, struct pel_store *s)
{
    memset(s, 0, sizeof(*s));
    return outside(ctx);
}

uint64_t pel_store_now_ns(void) { return 0; }

bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
    (void)h;
    assert_int_equal(domid, ID);
    return w.introduced;
}

int domain_nodes_add(struct pel_ctx *ctx, uint32_t domid,
                     const struct pel_config *cfg,
                     const struct shared_pages *shared)
{
    (void)cfg;
    assert_int_equal(domid, ID);
    assert_true(shared->store_mfn > FIRST_MFN);
    assert_int_not_equal(shared->store_port, shared->console_port);
    w.nodes = true; /* half of them, when it fails */
    return outside(ctx);
}

int domain_nodes_introduce(struct pel_ctx *ctx, uint32_t domid,
                           const struct shared_pages *shared)
{
    int rc = outside(ctx);

    (void)domid;
    (void)shared;
    w.introduced = !rc;
    return rc;
}

int domain_nodes_remove(struct pel_ctx *ctx, uint32_t domid,
                        const uint8_t *uuid)
{
    int rc = outside(ctx);

    (void)domid;
    (void)uuid;
    if (!rc)
        w.nodes = w.introduced = false;
    return rc;
}

bool domain_nodes_exist(struct pel_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    return domid == ID && w.nodes;
}

int pel_devices_attach(struct pel_ctx *ctx, uint32_t domid,
                       const struct pel_config *cfg)
{
    int rc = outside(ctx);

    (void)domid;
    (void)cfg;
    w.devices = !rc;
    return rc;
}

int pel_devices_remove_all(struct pel_ctx *ctx, uint32_t domid, bool force)
{
    int rc = outside(ctx);

    (void)domid;
    assert_true(force);
    if (!rc)
        w.devices = false;
    return rc;
}

int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr)
{
    int rc = outside(ctx);

    *out = NULL;
    *nr = 0;
    if (rc || !w.neighbour)
        return rc;
    *out = calloc(1, sizeof(**out));
    (*out)->domid = 3;
    memset((*out)->uuid, 0x33, sizeof((*out)->uuid));
    *nr = 1;
    return 0;
}

int pel_domain_name(struct pel_ctx *ctx, uint32_t domid, char **name)
{
    (void)domid;
    *name = NULL;
    if (!w.neighbour_name)
        return pel_fail(ctx, PEL_ENOENT, "no name");
    *name = strdup(w.neighbour_name);
    return 0;
}

/* ---- tests ------------------------------------------------------------------
 */

static struct pel_config config(void)
{
    struct pel_config c;
    struct pel_ctx ctx = { .message = "" };

    pel_config_init(&c);
    c.name = strdup("g");
    c.kernel = strdup(kernel_path);
    c.memory_kb = 16 << 10;
    c.maxmem_kb = 32 << 10;
    c.vcpus = c.maxvcpus = 2;
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    return c;
}

static void world(void)
{
    free(w.memory);
    memset(&w, 0, sizeof(w));
    w.free_pages = 20000;
}

static int create(struct pel_ctx *ctx, uint32_t *domid)
{
    struct pel_config c = config();
    int rc;

    memset(ctx, 0, sizeof(*ctx));
    rc = pel_domain_create(ctx, &c, domid);
    pel_config_free(&c);
    return rc;
}

static void assert_nothing_left(void)
{
    assert_false(w.domain);
    assert_false(w.nodes);
    assert_false(w.introduced);
    assert_false(w.devices);
    assert_int_equal(w.maps, 0);
    assert_int_equal(w.free_pages, 20000);
}

static int set_up(void **state)
{
    uint8_t notes[128];
    size_t len;
    int fd = mkstemp(kernel_path);

    (void)state;
    len = maker_note_text(notes, 0, XEN_ELFNOTE_GUEST_OS, "test");
    len = maker_note_u64(notes, len, XEN_ELFNOTE_HYPERCALL_PAGE, 0x101000);
    maker_begin(&elf, 0x100010);
    maker_add(&elf, PT_LOAD, 0x100000, 0x3000, "code", 4);
    maker_add(&elf, PT_NOTE, 0, 0, notes, len);
    assert_int_equal(write(fd, elf.bytes, elf.len), elf.len);
    close(fd);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(w.memory);
    unlink(kernel_path);
    return 0;
}

static void a_guest_is_built(void **state)
{
    const struct start_info *si;
    struct pel_ctx ctx;
    uint32_t domid;
    int rc;

    (void)state;
    world();
    rc = create(&ctx, &domid);
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_int_equal(domid, ID);
    assert_true(w.domain && w.nodes && w.introduced && w.devices && w.pinned);
    assert_int_equal(w.given_pages, 4096);
    assert_int_equal(w.maps, 0);

    assert_int_equal(w.vcpu.user_regs.rip, 0x100010);
    assert_int_equal(w.vcpu.user_regs.cs, 0xe033);
    assert_int_equal(w.vcpu.user_regs.ss, 0xe02b);
    assert_int_equal(w.vcpu.user_regs.rflags, 0x200);
    assert_int_equal(w.hypercall_mfn, FIRST_MFN + 0x101);
    si = (const void *)(w.memory + w.vcpu.user_regs.rsi);
    assert_string_equal(si->magic, "xen-3.0-x86_64");
    assert_int_equal(si->nr_pages, 4096);
    assert_int_equal(si->shared_info, SHARED << 12);
    assert_int_equal(w.vcpu.ctrlreg[3], (FIRST_MFN << 12) + si->pt_base);
    assert_memory_equal(w.memory + 0x100000, "code\0\0", 6);
    assert_int_equal(w.memory[0x102fff], 0);
    assert_int_equal(((uint64_t *)(w.memory + si->mfn_list))[4095],
                     FIRST_MFN + 4095);
    for (int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        assert_int_equal(w.shared.vcpu_info[i].evtchn_upcall_mask, 1);
    assert_int_equal(w.grants[GNTTAB_RESERVED_XENSTORE].frame, si->store_mfn);
    assert_int_equal(w.grants[GNTTAB_RESERVED_XENSTORE].flags,
                     GTF_permit_access);
    assert_int_equal(w.grants[GNTTAB_RESERVED_CONSOLE].frame,
                     si->console.domU.mfn);
}

static void single_pages_do_when_big_ones_are_out(void **state)
{
    struct pel_ctx ctx;
    uint32_t domid;

    (void)state;
    world();
    w.no_big_extents = true;
    assert_int_equal(create(&ctx, &domid), 0);
    assert_int_equal(w.given_pages, 4096);
}

static void each_call_may_fail(void **state)
{
    unsigned int n = 0;
    struct pel_ctx ctx;
    uint32_t domid;
    int rc;

    (void)state;
    do {
        world();
        w.fail_at = ++n;
        rc = create(&ctx, &domid);
        if (rc) {
            assert_told(&ctx, rc, NULL);
            assert_nothing_left();
        }
    } while (rc);
    assert_true(n > 25);
    print_message("%u calls\n", n - 1);
}

static void destroying_leaves_nothing(void **state)
{
    struct pel_ctx ctx;
    uint32_t domid;

    (void)state;
    world();
    assert_int_equal(create(&ctx, &domid), 0);
    assert_int_equal(pel_domain_destroy(&ctx, domid), 0);
    assert_nothing_left();

    assert_int_equal(pel_domain_destroy(&ctx, domid), -PEL_ENOENT);
    assert_told(&ctx, -1, "there is no domain 7");
    pel_error_clear(&ctx);
    assert_int_equal(pel_domain_destroy(&ctx, 0), -PEL_EINVAL);
}

static void nodes_without_a_domain_are_removed(void **state)
{
    struct pel_ctx ctx = { .message = "" };

    (void)state;
    world();
    w.nodes = true;
    assert_int_equal(pel_domain_destroy(&ctx, ID), 0);
    assert_nothing_left();
    assert_string_equal(ctx.message, "");
}

static void a_second_destroy_ends_what_the_first_could_not(void **state)
{
    unsigned int n = 0;
    struct pel_ctx ctx;
    uint32_t domid;
    int rc;

    (void)state;
    do {
        world();
        assert_int_equal(create(&ctx, &domid), 0);
        w.fail_at = w.calls + ++n;
        rc = pel_domain_destroy(&ctx, domid);
        if (rc) {
            assert_told(&ctx, rc, NULL);
            pel_error_clear(&ctx);
            w.fail_at = 0;
            if (w.domain || w.nodes)
                assert_int_equal(pel_domain_destroy(&ctx, domid), 0);
        }
        assert_false(w.domain);
        assert_false(w.nodes);
    } while (rc);
}

static void what_cannot_be_is_refused_first(void **state)
{
    struct pel_config c;
    struct pel_ctx ctx;
    uint32_t domid;

    (void)state;
    world();
    w.free_pages = 4096; /* no room for what the hypervisor needs itself */
    assert_int_equal(create(&ctx, &domid), -PEL_ENOSPC);
    assert_told(&ctx, -1, "the host has 16 MiB free");
    assert_false(w.domain);

    world();
    w.neighbour = true;
    w.neighbour_name = "g";
    assert_int_equal(create(&ctx, &domid), -PEL_EEXIST);
    assert_told(&ctx, -1, "\"g\" already, with id 3");
    w.neighbour_name = NULL;
    assert_int_equal(create(&ctx, &domid), 0);

    world();
    w.neighbour = true;
    c = config();
    memset(c.uuid, 0x33, sizeof(c.uuid));
    assert_int_equal(pel_domain_create(&ctx, &c, &domid), -PEL_EEXIST);
    assert_told(&ctx, -1, "same UUID");
    free(c.kernel);
    c.kernel = strdup("/nonexistent/vmlinuz");
    c.uuid[0] = 0;
    pel_error_clear(&ctx);
    assert_int_equal(pel_domain_create(&ctx, &c, &domid), -PEL_ENOENT);
    assert_told(&ctx, -1, "/nonexistent/vmlinuz");
    pel_config_free(&c);
    assert_nothing_left();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_is_built),
        cmocka_unit_test(single_pages_do_when_big_ones_are_out),
        cmocka_unit_test(each_call_may_fail),
        cmocka_unit_test(destroying_leaves_nothing),
        cmocka_unit_test(nodes_without_a_domain_are_removed),
        cmocka_unit_test(a_second_destroy_ends_what_the_first_could_not),
        cmocka_unit_test(what_cannot_be_is_refused_first),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
