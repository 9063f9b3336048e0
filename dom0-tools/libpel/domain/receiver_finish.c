/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The end of receiving: what names frames gets their new numbers, the page
 * tables are pinned, the vCPUs get their state.
 *
 * Memory is written before the pins: afterwards a frame that became a page
 * table cannot be mapped writable.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/image.h>
#include "receiver.h"

#define PINS 512 /* in one call */

static int bad(struct receiver *v, const char *what, uint64_t pfn)
{
    return pel_fail(v->ctx, PEL_EFORMAT,
                    "the image is damaged: its %s is page %llu, which is not "
                    "one that could be that",
                    what, (unsigned long long)pfn);
}

/* The frame of a page that has to be there and of a type. */
static int frame_of(struct receiver *v, const char *what, uint64_t pfn,
                    uint32_t type, uint64_t *mfn)
{
    if (pfn > v->last || v->p2m[pfn] == NO_FRAME ||
        (v->types[pfn] & XEN_DOMCTL_PFINFO_LTABTYPE_MASK) != type)
        return bad(v, what, pfn);
    *mfn = v->p2m[pfn];
    return 0;
}

static int write_frames(struct receiver *v, const xen_pfn_t *mfns, size_t nr,
                        const void *from, size_t len)
{
    void *page;
    int rc = guest_frames_map(v->ctx, v->domid, PROT_READ | PROT_WRITE, mfns,
                              nr, &page);

    if (rc)
        return rc;
    memcpy(page, from, len);
    guest_frames_unmap(v->ctx, page, nr);
    return 0;
}

/* The guest's own list of its frames. */
static int write_lists(struct receiver *v)
{
    xen_pfn_t *mfns = calloc(v->nr_lists, sizeof(*mfns));
    int rc = mfns ? 0 : pel_fail_oom(v->ctx);

    for (size_t i = 0; !rc && i < v->nr_lists; i++)
        rc = frame_of(v, "list of pages", v->lists[i], XEN_DOMCTL_PFINFO_NOTAB,
                      &mfns[i]);
    if (!rc)
        rc = write_frames(v, mfns, v->nr_lists, v->p2m,
                          v->nr_lists * PEL_PAGE_SIZE);
    free(mfns);
    return rc;
}

static int open_ports(struct receiver *v)
{
    int rc = pel_hc_evtchn_unbound(v->ctx, v->domid, 0, &v->pages.store_port);

    return rc ? rc
              : pel_hc_evtchn_unbound(v->ctx, v->domid, 0,
                                      &v->pages.console_port);
}

static int fix_start_info(struct receiver *v, struct start_info *si,
                          uint64_t shared_mfn)
{
    int rc = frame_of(v, "store ring", si->store_mfn, XEN_DOMCTL_PFINFO_NOTAB,
                      &v->pages.store_mfn);

    if (!rc)
        rc = frame_of(v, "console ring", si->console.domU.mfn,
                      XEN_DOMCTL_PFINFO_NOTAB, &v->pages.console_mfn);
    if (rc)
        return rc;
    si->nr_pages = v->last + 1;
    si->shared_info = shared_mfn << PEL_PAGE_SHIFT;
    si->flags = 0;
    si->store_mfn = v->pages.store_mfn;
    si->store_evtchn = v->pages.store_port;
    si->console.domU.mfn = v->pages.console_mfn;
    si->console.domU.evtchn = v->pages.console_port;
    return 0;
}

/* The page whose number the first vCPU has brought in a register. */
static int write_start_info(struct receiver *v, uint64_t shared_mfn)
{
    struct vcpu_guest_context *c = v->vcpus[0].part[PART_BASIC].p;
    xen_pfn_t mfn;
    void *page;
    int rc = frame_of(v, "start_info", c->user_regs.rdx,
                      XEN_DOMCTL_PFINFO_NOTAB, &mfn);

    if (!rc)
        rc = guest_frames_map(v->ctx, v->domid, PROT_READ | PROT_WRITE, &mfn, 1,
                              &page);
    if (rc)
        return rc;
    rc = fix_start_info(v, page, shared_mfn);
    guest_frames_unmap(v->ctx, page, 1);
    c->user_regs.rdx = mfn;
    return rc;
}

/* What is the hypervisor's in it stays; events begin anew. */
static int write_shared(struct receiver *v, uint64_t shared_mfn)
{
    xen_pfn_t mfn = shared_mfn;
    struct shared_info *si;
    void *page;
    int rc = guest_frames_map(v->ctx, v->domid, PROT_READ | PROT_WRITE, &mfn, 1,
                              &page);

    if (rc)
        return rc;
    si = page;
    memcpy(si->vcpu_info, v->shared->vcpu_info, sizeof(si->vcpu_info));
    si->arch = v->shared->arch;
    si->arch.pfn_to_mfn_frame_list_list = 0;
    for (size_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        si->vcpu_info[i].evtchn_pending_sel = 0;
    memset(si->evtchn_pending, 0, sizeof(si->evtchn_pending));
    memset(si->evtchn_mask, 0xff, sizeof(si->evtchn_mask));
    guest_frames_unmap(v->ctx, page, 1);
    return 0;
}

static int pin_tables(struct receiver *v)
{
    struct mmuext_op ops[PINS];
    size_t nr = 0;
    int rc = 0;

    for (uint64_t pfn = 0; !rc && pfn <= v->last; pfn++) {
        uint32_t level = (v->types[pfn] & XEN_DOMCTL_PFINFO_LTABTYPE_MASK) >>
                         XEN_DOMCTL_PFINFO_LTAB_SHIFT;

        if (!pel_page_is_table(v->types[pfn] & ~TYPE_WRITTEN) ||
            !(v->types[pfn] & XEN_DOMCTL_PFINFO_LPINTAB))
            continue;
        ops[nr++] = (struct mmuext_op){
            .cmd = MMUEXT_PIN_L1_TABLE + (level - 1),
            .arg1.mfn = v->p2m[pfn],
        };
        if (nr < PINS)
            continue;
        rc = pel_hc_pin_tables(v->ctx, v->domid, ops, nr);
        nr = 0;
    }
    return rc || !nr ? rc : pel_hc_pin_tables(v->ctx, v->domid, ops, nr);
}

static int localise_vcpu(struct receiver *v, struct vcpu_guest_context *c)
{
    uint64_t mfn;
    int rc = 0;

    if (c->gdt_ents > FIRST_RESERVED_GDT_ENTRY)
        return pel_fail(v->ctx, PEL_EFORMAT,
                        "the image is damaged: a descriptor table has %lu "
                        "entries",
                        c->gdt_ents);
    for (size_t i = 0; !rc && i * 512 < c->gdt_ents; i++) {
        rc = frame_of(v, "descriptor table", c->gdt_frames[i],
                      XEN_DOMCTL_PFINFO_NOTAB, &mfn);
        c->gdt_frames[i] = mfn;
    }
    if (!rc)
        rc = frame_of(v, "page table", xen_cr3_to_pfn(c->ctrlreg[3]),
                      XEN_DOMCTL_PFINFO_L4TAB, &mfn);
    if (rc)
        return rc;
    c->ctrlreg[3] = xen_pfn_to_cr3(mfn);
    if (!(c->ctrlreg[1] & 1))
        return 0;
    rc = frame_of(v, "page table of programs", c->ctrlreg[1] >> 12,
                  XEN_DOMCTL_PFINFO_L4TAB, &mfn);
    c->ctrlreg[1] = mfn << 12;
    return rc;
}

static int load_vcpu(struct receiver *v, uint32_t id)
{
    const struct received_vcpu *vcpu = &v->vcpus[id];
    struct vcpu_guest_context *c = vcpu->part[PART_BASIC].p;
    struct xen_domctl_ext_vcpucontext ext = { .vcpu = id };
    size_t len = vcpu->part[PART_EXTENDED].len;
    int rc;

    if (!c)
        return 0;
    rc = localise_vcpu(v, c);
    c->flags |= VGCF_online;
    if (!rc)
        rc = pel_hc_set_vcpu(v->ctx, v->domid, id, c);
    if (!rc && len) {
        memcpy(&ext, vcpu->part[PART_EXTENDED].p,
               len < sizeof(ext) ? len : sizeof(ext));
        ext.vcpu = id;
        rc = pel_hc_set_vcpu_more(v->ctx, v->domid, &ext);
    }
    if (!rc && vcpu->part[PART_XSAVE].p)
        rc = pel_hc_set_xsave(v->ctx, v->domid, id, vcpu->part[PART_XSAVE].p,
                              vcpu->part[PART_XSAVE].len);
    if (!rc && vcpu->part[PART_MSRS].p)
        rc = pel_hc_set_msrs(v->ctx, v->domid, id, vcpu->part[PART_MSRS].p,
                             vcpu->part[PART_MSRS].len /
                                 sizeof(struct xen_domctl_vcpu_msr));
    return rc;
}

/*
 * Kernels scale the counter by what the hypervisor tells them of it now, so
 * another frequency than the one that was saved is no obstacle.
 */
static int load_tsc(struct receiver *v)
{
    struct xen_domctl_tsc_info tsc = {
        .tsc_mode = v->tsc.mode,
        .gtsc_khz = v->tsc.khz,
        .elapsed_nsec = v->tsc.nsec,
        .incarnation = v->tsc.incarnation,
    };
    int rc = v->tsc.khz ? pel_hc_set_tsc(v->ctx, v->domid, &tsc) : 0;

    if (rc != -PEL_EHYPER || v->tsc.mode != PEL_TSC_DEFAULT)
        return rc;
    pel_error_clear(v->ctx);
    pel_log(v->ctx, PEL_LOG_INFO,
            "domain %u: its TSC ran at %u kHz, which this host has not",
            v->domid, v->tsc.khz);
    tsc.gtsc_khz = 0;
    return pel_hc_set_tsc(v->ctx, v->domid, &tsc);
}

static int load_state(struct receiver *v)
{
    int rc = load_tsc(v);

    for (uint32_t i = 0; !rc && i < PEL_IMAGE_VCPUS; i++)
        rc = load_vcpu(v, i);
    return rc;
}

int receiver_finish(struct receiver *v)
{
    struct xen_domctl_getdomaininfo info;
    int rc = pel_hc_info(v->ctx, v->domid, &info);

    if (!rc)
        rc = pel_hc_memory_map(v->ctx, v->domid, v->cfg->maxmem_kb << 10);
    if (!rc)
        rc = write_lists(v);
    if (!rc)
        rc = open_ports(v);
    if (!rc)
        rc = write_shared(v, info.shared_info_frame);
    if (!rc)
        rc = write_start_info(v, info.shared_info_frame);
    if (!rc)
        rc = domain_seed_grants(v->ctx, v->domid, &v->pages);
    if (!rc)
        rc = pin_tables(v);
    if (!rc)
        rc = load_state(v);
    if (!rc)
        rc = pel_hc_max_mem(v->ctx, v->domid,
                            v->cfg->memory_kb + MAXMEM_SLACK_KB);
    return rc;
}
