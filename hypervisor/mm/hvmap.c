/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypervisor's own mappings: all RAM, the image with each section's
 * rights, device registers, descriptor windows.
 *
 * TOUR 2.1: these tables hang in L4 slots 256 to 271.  They are complete at
 * the L4 level before the first guest exists, so every guest's L4 gets the
 * same sixteen entries once and for all.
 */
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/hvmap.h>
#include <hv/layout.h>
#include <hv/string.h>
#include <x86/insn.h>

#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D)
#define DATA_FLAGS (PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX)

extern char image_start[], image_text_end[], image_rodata_end[], image_end[];

mfn_t idle_pgd;

static unsigned long next_mmio = MMIO_BASE;

static mfn_t alloc_table(void)
{
    void *p;

    if (boot_alloc_usable())
        return mfn(boot_alloc(PAGE_SIZE) >> PAGE_SHIFT);
    p = heap_alloc(0);
    if (!p)
        panic("no memory for page tables");
    return virt_to_mfn(p);
}

/* The entry of level @level for @va; tables above are made as needed. */
static pte_t *walk(mfn_t root, unsigned long va, unsigned int level,
                   uint64_t flags)
{
    pte_t *table = mfn_to_virt(root);

    for (unsigned int l = 4; l > level; l--) {
        pte_t *e = &table[pt_index(va, l)];

        if (!(*e & PTE_P))
            *e = pte_make(alloc_table(), TABLE_FLAGS);
        BUG_ON(*e & PTE_PSE);
        *e |= flags & PTE_US;
        table = mfn_to_virt(pte_mfn(*e));
    }
    return &table[pt_index(va, level)];
}

void hvmap_alias(mfn_t root, unsigned long va)
{
    pte_t *from = mfn_to_virt(idle_pgd);
    unsigned int l = 4;
    mfn_t m;

    while (l > 1 && !(from[pt_index(va, l)] & PTE_PSE)) {
        from = mfn_to_virt(pte_mfn(from[pt_index(va, l)]));
        l--;
    }
    m = mfn_add(pte_mfn(from[pt_index(va, l)]), l == 2 ? pt_index(va, 1) : 0);
    *walk(root, va, 1, 0) = pte_make(
        m, from[pt_index(va, l)] & (PTE_NX | ~(PTE_NX | PAGE_MASK)) & ~PTE_PSE);
}

void hvmap_range(unsigned long va, mfn_t m, unsigned long nr, uint64_t flags)
{
    while (nr) {
        bool large = nr >= 512 && !(mfn_x(m) % 512) && !(va % (2UL << 20)) &&
                     !(flags & PTE_CACHE_MASK);
        unsigned long step = large ? 512 : 1;

        *walk(idle_pgd, va, large ? 2 : 1, flags) =
            pte_make(m, flags | (large ? PTE_PSE : 0));
        va += step << PAGE_SHIFT;
        m = mfn_add(m, step);
        nr -= step;
    }
}

pte_t *hvmap_l1e(unsigned long va)
{
    pte_t *table = mfn_to_virt(idle_pgd);

    for (unsigned int l = 4; l > 1; l--) {
        pte_t e = table[pt_index(va, l)];

        if (!(e & PTE_P) || (e & PTE_PSE))
            return NULL;
        table = mfn_to_virt(pte_mfn(e));
    }
    return &table[pt_index(va, 1)];
}

void *hvmap_mmio(uint64_t phys, size_t len)
{
    unsigned long first = phys >> PAGE_SHIFT;
    unsigned long nr = ((phys + len - 1) >> PAGE_SHIFT) - first + 1;
    unsigned long va = next_mmio;

    if (!len || phys + len < phys || nr > (MMIO_END - va) >> PAGE_SHIFT)
        return NULL;
    hvmap_range(va, mfn(first), nr, DATA_FLAGS | PTE_UC);
    next_mmio += nr << PAGE_SHIFT;
    return (void *)(va + (phys & ~PAGE_MASK));
}

void hvmap_fill_l4(pte_t *l4)
{
    memcpy(&l4[HV_L4_FIRST], (pte_t *)mfn_to_virt(idle_pgd) + HV_L4_FIRST,
           (HV_L4_LAST - HV_L4_FIRST + 1) * sizeof(*l4));
}

static void map_image(const char *from, const char *to, uint64_t flags)
{
    hvmap_range((unsigned long)from, mfn(image_phys(from) >> PAGE_SHIFT),
                (to - from) >> PAGE_SHIFT, flags);
}

void hvmap_init(void)
{
    idle_pgd = alloc_table();

    for (unsigned int i = 0; i < nr_memmap; i++) {
        unsigned long first = DIV_UP(memmap[i].start, PAGE_SIZE);
        unsigned long end = memmap[i].end >> PAGE_SHIFT;

        if (memmap[i].type == MEM_RAM && first < end)
            hvmap_range(DIRECT_BASE + (first << PAGE_SHIFT), mfn(first),
                        end - first, DATA_FLAGS);
    }
    map_image(image_start, image_text_end, PTE_P | PTE_A);
    map_image(image_text_end, image_rodata_end, PTE_P | PTE_A | PTE_NX);
    map_image(image_rodata_end, image_end, DATA_FLAGS);

    /* Slots that are filled later need their L3 now. */
    walk(idle_pgd, GDT_WINDOW_BASE, 3, 0);
    walk(idle_pgd, M2P_RO_BASE, 3, PTE_US);
    walk(idle_pgd, M2P_RW_BASE, 3, 0);
    walk(idle_pgd, FRAMES_BASE, 3, 0);
    write_cr3(mfn_x(idle_pgd) << PAGE_SHIFT);
}
