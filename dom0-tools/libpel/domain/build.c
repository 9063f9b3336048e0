/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an empty domain to one whose first vCPU stands at its kernel's entry.
 *
 * All of the guest's memory that holds something is mapped once, written and
 * unmapped before the page tables are pinned: a frame that we map writable
 * cannot become a page table.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include "local.h"

struct build {
    struct pel_ctx *ctx;
    uint32_t domid;
    const struct boot_files *files;
    const struct pel_layout *lay;
    xen_pfn_t *p2m;
    struct pel_boot_args args;
};

static int map(struct build *b, const xen_pfn_t *mfns, size_t nr, void **out)
{
    xenforeignmemory_handle *fmem;
    int rc = pel_ctx_fmem(b->ctx, &fmem);

    if (rc)
        return rc;
    *out = xenforeignmemory_map(fmem, b->domid, PROT_READ | PROT_WRITE, nr,
                                mfns, NULL);
    if (!*out)
        return pel_fail_sys(b->ctx, PEL_EHYPER,
                            "cannot map %zu pages of domain %u", nr, b->domid);
    return 0;
}

static void unmap(struct build *b, void *p, size_t nr)
{
    xenforeignmemory_unmap(b->ctx->fmem, p, nr);
}

/* Event channels, and the frame of shared_info, for start_info. */
static int get_args(struct build *b, const struct pel_config *cfg)
{
    struct xen_domctl_getdomaininfo info;
    int rc;

    b->args.cmdline = cfg->cmdline;
    rc = pel_hc_evtchn_unbound(b->ctx, b->domid, 0, &b->args.store_port);
    if (!rc)
        rc = pel_hc_evtchn_unbound(b->ctx, b->domid, 0, &b->args.console_port);
    if (!rc)
        rc = pel_hc_info(b->ctx, b->domid, &info);
    if (!rc)
        b->args.shared_info_mfn = info.shared_info_frame;
    return rc;
}

static char *at(void *base, uint64_t pfn)
{
    return (char *)base + (pfn << PEL_PAGE_SHIFT);
}

static int fill_memory(struct build *b)
{
    const struct pel_layout *lay = b->lay;
    const struct boot_files *f = b->files;
    void *base;
    int rc;

    rc = map(b, b->p2m, lay->nr_used, &base);
    if (rc)
        return rc;

    pel_elf_load(&f->elf, lay, base);
    if (lay->ramdisk_len)
        memcpy(at(base, lay->ramdisk_pfn), f->ramdisk.data, f->ramdisk.len);
    memcpy(at(base, lay->p2m.pfn), b->p2m, lay->nr_pages * sizeof(*b->p2m));
    memset(at(base, lay->store_pfn), 0, PEL_PAGE_SIZE);
    memset(at(base, lay->console_pfn), 0, PEL_PAGE_SIZE);
    pel_start_info_fill(lay, b->p2m, &b->args,
                        (void *)at(base, lay->start_info_pfn));
    pel_tables_build(lay, b->p2m, base);
    unmap(b, base, lay->nr_used);
    return 0;
}

/* No upcalls until the kernel has said where to. */
static int mask_events(struct build *b)
{
    xen_pfn_t mfn = b->args.shared_info_mfn;
    struct shared_info *si;
    void *page;
    int rc;

    rc = map(b, &mfn, 1, &page);
    if (rc)
        return rc;
    si = page;
    for (size_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        si->vcpu_info[i].evtchn_upcall_mask = 1;
    unmap(b, page, 1);
    return 0;
}

/*
 * Grants of the guest to dom0, so that its daemons map the rings by grant and
 * need no right to map whatever they like.
 */
int domain_seed_grants(struct pel_ctx *ctx, uint32_t domid,
                       const struct shared_pages *shared)
{
    const struct {
        grant_ref_t ref;
        uint64_t mfn;
    } grants[] = {
        { GNTTAB_RESERVED_CONSOLE, shared->console_mfn },
        { GNTTAB_RESERVED_XENSTORE, shared->store_mfn },
    };
    xenforeignmemory_resource_handle *res;
    xenforeignmemory_handle *fmem;
    grant_entry_v1_t *table;
    void *page = NULL;
    int rc;

    rc = pel_ctx_fmem(ctx, &fmem);
    if (rc)
        return rc;
    res =
        xenforeignmemory_map_resource(fmem, domid, XENMEM_resource_grant_table,
                                      XENMEM_resource_grant_table_id_shared, 0,
                                      1, &page, PROT_READ | PROT_WRITE, 0);
    if (!res)
        return pel_fail_sys(ctx, PEL_EHYPER,
                            "cannot map the grant table of domain %u", domid);

    table = page;
    for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
        grant_entry_v1_t *e = &table[grants[i].ref];

        e->domid = 0;
        e->frame = grants[i].mfn;
        __atomic_store_n(&e->flags, GTF_permit_access, __ATOMIC_RELEASE);
    }
    xenforeignmemory_unmap_resource(fmem, res);
    return 0;
}

static int start_vcpu(struct build *b)
{
    const struct pel_layout *lay = b->lay;
    uint64_t stack = pel_layout_va(lay, lay->stack_pfn + 1);
    struct vcpu_guest_context *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return pel_fail_oom(b->ctx);
    c->flags = VGCF_in_kernel | VGCF_online;
    c->user_regs.rip = lay->entry;
    c->user_regs.rsp = stack;
    c->user_regs.rsi = pel_layout_va(lay, lay->start_info_pfn);
    c->user_regs.rflags = 1 << 9; /* IF */
    c->user_regs.cs = FLAT_KERNEL_CS;
    c->user_regs.ss = FLAT_KERNEL_SS;
    c->user_regs.ds = c->user_regs.es = FLAT_KERNEL_DS;
    c->user_regs.fs = c->user_regs.gs = FLAT_KERNEL_DS;
    c->kernel_ss = FLAT_KERNEL_SS;
    c->kernel_sp = stack;
    c->ctrlreg[3] = xen_pfn_to_cr3(b->p2m[lay->boot.table_pfn]);
    c->debugreg[6] = 0xffff0ff0; /* as after reset */
    c->debugreg[7] = 0x00000400;
    rc = pel_hc_set_vcpu(b->ctx, b->domid, 0, c);
    free(c);
    return rc;
}

int domain_build(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, const struct boot_files *files,
                 struct shared_pages *out)
{
    struct build b = {
        .ctx = ctx,
        .domid = domid,
        .files = files,
        .lay = &files->layout,
    };
    int rc;

    rc = guest_memory_alloc(ctx, domid, b.lay->nr_pages, &b.p2m);
    if (!rc)
        rc = pel_hc_memory_map(ctx, domid, cfg->maxmem_kb << 10);
    if (!rc)
        rc = get_args(&b, cfg);
    if (!rc)
        rc = fill_memory(&b);
    if (!rc && b.lay->has_hypercall_page)
        rc = pel_hc_hypercall_page(ctx, domid, b.p2m[b.lay->hypercall_pfn]);
    if (!rc)
        rc = mask_events(&b);
    if (!rc) {
        out->store_mfn = b.p2m[b.lay->store_pfn];
        out->console_mfn = b.p2m[b.lay->console_pfn];
        out->store_port = b.args.store_port;
        out->console_port = b.args.console_port;
    }
    if (!rc)
        rc = domain_seed_grants(ctx, domid, out);
    if (!rc)
        rc = pel_hc_pin_l4(ctx, domid, b.p2m[b.lay->boot.table_pfn]);
    if (!rc)
        rc = start_vcpu(&b);
    free(b.p2m);
    return rc;
}
