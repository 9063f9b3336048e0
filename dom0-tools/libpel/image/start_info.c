/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's bytes in memory, and the page that tells it where it is. */
#include <stdio.h>
#include <string.h>
#include <pel/image.h>

void pel_elf_load(const struct pel_elf *elf, const struct pel_layout *lay,
                  void *base)
{
    for (size_t i = 0; i < elf->nr_segs; i++) {
        const struct pel_segment *seg = &elf->segs[i];
        char *to = (char *)base + (seg->paddr - lay->paddr_offset);

        memcpy(to, seg->data, seg->filesz);
        memset(to + seg->filesz, 0, seg->memsz - seg->filesz);
    }
}

void pel_start_info_fill(const struct pel_layout *lay, const xen_pfn_t *p2m,
                         const struct pel_boot_args *args,
                         struct start_info *si)
{
    memset(si, 0, sizeof(*si));
    snprintf(si->magic, sizeof(si->magic), "xen-3.0-x86_64");
    si->nr_pages = lay->nr_pages;
    si->shared_info = args->shared_info_mfn << PEL_PAGE_SHIFT;
    si->store_mfn = p2m[lay->store_pfn];
    si->store_evtchn = args->store_port;
    si->console.domU.mfn = p2m[lay->console_pfn];
    si->console.domU.evtchn = args->console_port;
    si->pt_base = pel_layout_va(lay, lay->boot.table_pfn);
    si->nr_pt_frames = lay->boot.nr_tables;
    si->mfn_list = lay->p2m.va;
    if (lay->p2m.nr_tables) {
        /* The list and its tables: the kernel frees both together. */
        si->first_p2m_pfn = lay->p2m.pfn;
        si->nr_p2m_frames = lay->p2m.nr_pages + lay->p2m.nr_tables;
    }
    if (lay->ramdisk_len) {
        si->mod_start = lay->ramdisk_mapped
                            ? pel_layout_va(lay, lay->ramdisk_pfn)
                            : lay->ramdisk_pfn;
        si->mod_len = lay->ramdisk_len;
        si->flags = lay->ramdisk_mapped ? 0 : SIF_MOD_START_PFN;
    }
    snprintf((char *)si->cmd_line, sizeof(si->cmd_line), "%s", args->cmdline);
}
