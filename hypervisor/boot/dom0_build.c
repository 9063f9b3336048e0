/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Building dom0: its memory, page tables, start_info and first vCPU.
 *
 * TOUR 1.4: the tables are written like a guest's own and then go through
 * the same validation as any guest's (pt_set_base): dom0 gets no special
 * treatment from the type system.
 */
#include <hv/acpi.h>
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/hypercall_page.h>
#include <hv/layout.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <x86/pte.h>
#include <xen/domctl.h>
#include "dom0.h"

#define ENTRY_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

/* Left to the hypervisor when dom0_mem= does not say: 1/16, 64-256 MiB. */
#define KEEP_MIN (64UL << (20 - PAGE_SHIFT))
#define KEEP_MAX (256UL << (20 - PAGE_SHIFT))

static struct dom0_layout layout INIT_DATA;
static unsigned long *p2m INIT_DATA; /* pfn to mfn, ours until copied */

static INIT_TEXT void *page(unsigned long pfn)
{
    return mfn_to_virt(mfn(p2m[pfn]));
}

/* ---- how much ---- */

/* dom0_mem=SIZE,max:SIZE,min:SIZE */
static INIT_TEXT void parse_dom0_mem(unsigned long *nr, unsigned long *max)
{
    unsigned long keep = heap_free_pages() / 16;
    char buf[64];
    const char *s = buf;

    keep = MIN(MAX(keep, KEEP_MIN), KEEP_MAX);
    *nr = heap_free_pages() - MIN(keep, heap_free_pages());
    *max = 0;
    if (!cmdline_get(hv_cmdline, "dom0_mem", buf, sizeof(buf)))
        s = "";
    while (*s) {
        bool is_max = !strncmp(s, "max:", 4), is_min = !strncmp(s, "min:", 4);
        uint64_t bytes;

        if (parse_size(s + (is_max || is_min ? 4 : 0), &s, &bytes) ||
            (*s && *s != ','))
            panic("cannot read dom0_mem=%s", buf);
        if (is_max)
            *max = bytes >> PAGE_SHIFT;
        else if (!is_min)
            *nr = bytes >> PAGE_SHIFT;
        s += *s == ',';
    }
    if (!*max)
        *max = *nr;
    *nr = MIN(*nr, *max);
}

/* As many as the machine has CPUs, also where only one of them runs. */
static INIT_TEXT unsigned int parse_max_vcpus(void)
{
    char buf[16];
    const char *end;
    uint64_t n = acpi.nr_cpus;

    if (cmdline_get(hv_cmdline, "dom0_max_vcpus", buf, sizeof(buf)) &&
        (parse_u64(buf, &end, &n) || *end))
        panic("cannot read dom0_max_vcpus=%s", buf);
    return MIN(MAX(n, 1UL), (uint64_t)MAX_VCPUS_PER_DOMAIN);
}

/* In pieces as large as there are, which keeps dom0's DMA contiguous. */
static INIT_TEXT void alloc_memory(struct domain *d)
{
    unsigned int order = 9;

    for (unsigned long n = 0; n < layout.nr_pages;) {
        mfn_t m;

        while (1UL << order > layout.nr_pages - n)
            order--;
        m = heap_alloc_domain(d, order, 0);
        if (mfn_eq(m, MFN_INVALID)) {
            if (!order)
                panic("dom0_mem: only %lu MiB are free", n >> 8);
            order--;
            continue;
        }
        for (unsigned long i = 0; i < 1UL << order; i++) {
            p2m[n + i] = mfn_x(m) + i;
            m2p_set(mfn_add(m, i), n + i);
        }
        n += 1UL << order;
    }
}

/* ---- contents ---- */

static INIT_TEXT void copy_in(unsigned long offset, const void *from,
                              unsigned long len)
{
    while (len) {
        unsigned long in_page = offset & ~PAGE_MASK;
        unsigned long n = MIN(len, PAGE_SIZE - in_page);

        memcpy((char *)page(offset >> PAGE_SHIFT) + in_page, from, n);
        offset += n;
        from = (const char *)from + n;
        len -= n;
    }
}

static INIT_TEXT void load_kernel(const char *data)
{
    const struct elf_image *img = &layout.image;

    for (unsigned int i = 0; i < img->nr_segs; i++)
        copy_in(img->seg[i].paddr - img->paddr_offset,
                data + img->seg[i].offset, img->seg[i].filesz);
    if (img->hypercall_page) {
        unsigned long pfn =
            (img->hypercall_page - img->virt_base) >> PAGE_SHIFT;

        if (pfn >= layout.start_info)
            panic("dom0's hypercall page lies outside of its kernel");
        hypercall_page_fill(page(pfn));
    }
}

/* ---- page tables ---- */

/* The L1 entry of @va; missing tables are the next pages at *@cursor. */
static INIT_TEXT pte_t *entry_of(unsigned long va, unsigned long *cursor)
{
    pte_t *table = page(layout.tables);

    for (unsigned int level = 4; level > 1; level--) {
        pte_t *e = &table[pt_index(va, level)];

        if (!*e)
            *e = pte_make(mfn(p2m[(*cursor)++]), ENTRY_FLAGS);
        table = mfn_to_virt(pte_mfn(*e));
    }
    return &table[pt_index(va, 1)];
}

static INIT_TEXT bool is_table(unsigned long pfn)
{
    return (pfn >= layout.tables && pfn < layout.tables + layout.nr_tables) ||
           (pfn >= layout.p2m_tables &&
            pfn < layout.p2m_tables + layout.nr_p2m_tables);
}

static INIT_TEXT void build_tables(void)
{
    unsigned long cursor = layout.tables + 1;

    for (unsigned long pfn = 0; pfn < layout.mapped; pfn++)
        *entry_of(dom0_va(&layout, pfn), &cursor) = pte_make(
            mfn(p2m[pfn]), ENTRY_FLAGS & ~(is_table(pfn) ? PTE_RW : 0));

    cursor = layout.p2m_tables;
    for (unsigned long pfn = layout.p2m; pfn < layout.p2m_tables; pfn++)
        *entry_of(layout.image.init_p2m + ((pfn - layout.p2m) << PAGE_SHIFT),
                  &cursor) = pte_make(mfn(p2m[pfn]), ENTRY_FLAGS);
}

/* ---- start of day ---- */

/* Without a BIOS, dom0 is told where the ACPI tables are (0003). */
static INIT_TEXT void fill_cmdline(struct start_info *si, const char *cmdline)
{
    char rsdp[32] = "";
    size_t room = sizeof(si->cmd_line);
    int n = 0;

    if (acpi.rsdp)
        n = hv_snprintf(rsdp, sizeof(rsdp), " acpi_rsdp=%#lx", acpi.rsdp);
    if (!copy_string((char *)si->cmd_line, cmdline, room - n))
        log_warn("dom0's command line is longer than %lu: cut\n", room - n - 1);
    copy_string((char *)si->cmd_line + strlen((char *)si->cmd_line), rsdp,
                sizeof(rsdp));
}

static INIT_TEXT void fill_start_info(struct domain *d, const char *cmdline)
{
    struct start_info *si = page(layout.start_info);
    const struct elf_image *img = &layout.image;

    copy_string(si->magic, "xen-3.0-x86_64", sizeof(si->magic));
    si->nr_pages = d->tot_pages;
    si->shared_info = mfn_x(d->shared_mfn) << PAGE_SHIFT;
    si->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    si->pt_base = dom0_va(&layout, layout.tables);
    si->nr_pt_frames = layout.nr_tables;
    if (img->init_p2m) {
        si->mfn_list = img->init_p2m;
        si->first_p2m_pfn = layout.p2m;
        si->nr_p2m_frames =
            layout.p2m_tables + layout.nr_p2m_tables - layout.p2m;
    } else {
        si->mfn_list = dom0_va(&layout, layout.p2m);
    }
    if (layout.initrd_len) {
        si->mod_start = img->mod_start_pfn ? layout.initrd
                                           : dom0_va(&layout, layout.initrd);
        si->mod_len = layout.initrd_len;
        if (img->mod_start_pfn)
            si->flags |= SIF_MOD_START_PFN;
    }
    si->console.dom0.info_off = sizeof(*si);
    si->console.dom0.info_size = video_to_dom0((void *)(si + 1));
    fill_cmdline(si, cmdline);
}

static INIT_TEXT void start_vcpu(struct domain *d)
{
    struct vcpu *v = d->vcpu[0];
    int err;

    /* Guests unpin the tables that they were started with. */
    do {
        err = pt_pin(mfn(p2m[layout.tables]), d, PT_L4);
    } while (err == -ERESTART);
    if (!err)
        err = pt_set_base(v, mfn(p2m[layout.tables]), false);
    if (err)
        panic("dom0's page tables do not validate: %d", err);
    v->regs.rip = layout.image.entry;
    v->regs.rsp = dom0_va(&layout, layout.stack + 1);
    v->regs.rsi = dom0_va(&layout, layout.start_info);
    v->initialised = true;
    v->sched.up = true;
}

static INIT_TEXT struct domain *create(unsigned long max_pages)
{
    struct xen_domctl_createdomain cfg = {
        .max_vcpus = parse_max_vcpus(),
        .max_evtchn_port = UINT32_MAX,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
    };
    struct domain *d;
    int err = domain_create(0, &cfg, true, &d);

    for (unsigned int i = 0; !err && i < cfg.max_vcpus; i++)
        err = vcpu_create(d, i);
    if (err)
        panic("cannot create dom0: %d", err);
    d->max_pages = max_pages;
    dom0 = d;
    return d;
}

INIT_TEXT void dom0_build(void)
{
    const struct boot_module *kernel = &boot_info.module[0];
    const struct boot_module *initrd = &boot_info.module[1];
    const char *data = (const char *)(DIRECT_BASE + kernel->start);
    unsigned long max_pages;
    struct domain *d;
    const char *why;
    unsigned int order;

    if (!boot_info.nr_modules)
        panic("no module with dom0's kernel was loaded");
    if (elf_parse(data, kernel->end - kernel->start, &layout.image, &why))
        panic("dom0's kernel cannot be started: %s", why);
    if (boot_info.nr_modules > 1)
        layout.initrd_len = initrd->end - initrd->start;
    parse_dom0_mem(&layout.nr_pages, &max_pages);
    dom0_layout(&layout);

    order = heap_order(layout.nr_pages * sizeof(*p2m));
    p2m = heap_alloc(order);
    if (!p2m)
        panic("no memory for dom0's frame list");
    d = create(max_pages);
    alloc_memory(d);
    load_kernel(data);
    copy_in(layout.initrd << PAGE_SHIFT,
            (const void *)(DIRECT_BASE + initrd->start), layout.initrd_len);
    build_tables();
    log_info("dom0: %lu MiB, %u vCPUs, kernel %lu KiB, initrd %lu KiB\n",
             layout.nr_pages >> 8, d->max_vcpus,
             (kernel->end - kernel->start) >> 10, layout.initrd_len >> 10);
    fill_start_info(d, kernel->cmdline); /* the screen is dom0's now */
    copy_in(layout.p2m << PAGE_SHIFT, p2m, layout.nr_pages * sizeof(*p2m));
    start_vcpu(d);
    heap_free(p2m, order);
}
