/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of libpel that leave it, answered out of struct outside. */
#include "common.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>
#include <xenstore.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include <pel/store.h>
#include <pel/vcpus.h>
#include "libpel/domain/local.h"
#include "outside.h"

struct outside *w;

void outside_begin(void)
{
    w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(w != MAP_FAILED);
}

/* For the guard; the rest has its own. */
void pel_ctx_init(struct pel_ctx *ctx) { memset(ctx, 0, sizeof(*ctx)); }
void pel_ctx_close(struct pel_ctx *ctx) { (void)ctx; }

/* One call to the outside; true when it is this one's turn to fail. */
static bool fails(void)
{
    w->calls++;
    if (w->calls == w->die_at) {
        w->maps = 0; /* they end with us */
        raise(SIGKILL);
    }
    return w->calls == w->fail_at;
}

static int outside(struct pel_ctx *ctx)
{
    return fails() ? pel_fail(ctx, PEL_EHYPER, "told to fail") : 0;
}

static int about(struct pel_ctx *ctx, uint32_t domid)
{
    if (domid != ID || !w->domain)
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
    w->domain = true;
    *domid = ID;
    return 0;
}

int pel_hc_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    int rc = about(ctx, domid);

    if (!rc) {
        assert_int_equal(w->maps, 0);
        w->domain = false;
        w->free_pages += w->given_pages;
        w->given_pages = 0;
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
    assert_int_equal(w->given_pages, 0); /* has to come before memory */
    return about(ctx, domid);
}

int pel_hc_tsc_mode(struct pel_ctx *ctx, uint32_t domid, uint32_t mode)
{
    assert_int_equal(mode, PEL_TSC_DEFAULT);
    return about(ctx, domid);
}

int pel_hc_set_sched(struct pel_ctx *ctx, uint32_t domid,
                     const struct xen_domctl_sched_credit2 *how)
{
    assert_int_equal(how->weight, 512);
    assert_int_equal(how->cap, 0);
    return about(ctx, domid);
}

int pel_vcpus_place(struct pel_ctx *ctx, uint32_t domid,
                    const struct pel_config *cfg)
{
    assert_int_equal(cfg->maxvcpus, 2);
    return about(ctx, domid);
}

int pel_hc_hypercall_page(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn)
{
    w->hypercall_mfn = mfn;
    return about(ctx, domid);
}

int pel_hc_set_vcpu(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    const struct vcpu_guest_context *state)
{
    assert_int_equal(vcpu, 0);
    assert_true(w->pinned);
    w->vcpu = *state;
    return about(ctx, domid);
}

int pel_hc_populate(struct pel_ctx *ctx, uint32_t domid, unsigned int order,
                    xen_pfn_t *pfns, size_t nr, size_t *done)
{
    int rc = about(ctx, domid);

    *done = 0;
    if (rc || (order && w->no_big_extents))
        return rc;
    while (*done < nr && w->free_pages >= 1ul << order) {
        pfns[*done] += FIRST_MFN;
        w->free_pages -= 1ul << order;
        w->given_pages += 1ul << order;
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
    assert_int_equal(w->maps, 0); /* a mapped frame is no page table */
    w->pinned = !rc;
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
    out->free_pages = w->free_pages;
    return outside(ctx);
}

/* ---- foreign memory ------------------------------------------------------ */

int pel_ctx_fmem(struct pel_ctx *ctx, struct xenforeignmemory_handle **out)
{
    *out = ctx->fmem = (struct xenforeignmemory_handle *)w;
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
    w->maps++;
    if (pages == 1 && arr[0] == SHARED)
        return &w->shared;
    for (size_t i = 0; i < pages; i++)
        assert_int_equal(arr[i], FIRST_MFN + i);
    free(w->memory);
    w->memory = malloc(pages * PEL_PAGE_SIZE);
    memset(w->memory, 0x5a, pages * PEL_PAGE_SIZE);
    w->memory_pages = pages;
    return w->memory;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
                           size_t pages)
{
    (void)fmem;
    (void)addr;
    (void)pages;
    w->maps--;
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
    w->maps++;
    *paddr = w->grants;
    return (xenforeignmemory_resource_handle *)w->grants;
}

int xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
                                    xenforeignmemory_resource_handle *fres)
{
    (void)fmem;
    (void)fres;
    w->maps--;
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
    return w->introduced;
}

int domain_nodes_add(struct pel_ctx *ctx, uint32_t domid,
                     const struct pel_config *cfg,
                     const struct shared_pages *shared)
{
    (void)cfg;
    assert_int_equal(domid, ID);
    assert_true(shared->store_mfn > FIRST_MFN);
    assert_int_not_equal(shared->store_port, shared->console_port);
    w->nodes = true; /* half of them, when it fails */
    return outside(ctx);
}

int domain_config_text(struct pel_ctx *ctx, const struct pel_config *cfg,
                       char **json)
{
    return pel_config_to_json(ctx, cfg, json);
}

int domain_nodes_introduce(struct pel_ctx *ctx, uint32_t domid,
                           const struct shared_pages *shared)
{
    int rc = outside(ctx);

    (void)domid;
    (void)shared;
    w->introduced = !rc;
    return rc;
}

int domain_nodes_remove(struct pel_ctx *ctx, uint32_t domid)
{
    int rc = outside(ctx);

    (void)domid;
    if (!rc)
        w->nodes = w->introduced = false;
    return rc;
}

bool domain_nodes_exist(struct pel_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    return domid == ID && w->nodes;
}

int pel_devices_attach(struct pel_ctx *ctx, uint32_t domid,
                       const struct pel_config *cfg)
{
    int rc = outside(ctx);

    (void)domid;
    (void)cfg;
    w->devices = !rc;
    return rc;
}

int pel_devices_remove_all(struct pel_ctx *ctx, uint32_t domid, bool force)
{
    int rc = outside(ctx);

    (void)domid;
    assert_true(force);
    if (!rc)
        w->devices = false;
    return rc;
}

int pel_domain_list(struct pel_ctx *ctx, struct pel_dominfo **out, size_t *nr)
{
    int rc = outside(ctx);

    *out = NULL;
    *nr = 0;
    if (rc || !w->neighbour)
        return rc;
    *out = calloc(1, sizeof(**out));
    (*out)->domid = 3;
    memset((*out)->uuid, 0x33, sizeof((*out)->uuid));
    *nr = 1;
    return 0;
}

int domain_names_get(struct pel_ctx *ctx, struct domain_names *to)
{
    *to = (struct domain_names){ .nr = 0 };
    return outside(ctx);
}

const char *domain_names_of(const struct domain_names *names, uint32_t domid)
{
    (void)names;
    return domid == 3 ? w->neighbour_name : NULL;
}

void domain_names_free(struct domain_names *names)
{
    assert_int_equal(names->nr, 0);
}
