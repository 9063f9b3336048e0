/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine to pseudo-physical table, at the address that the ABI fixes:
 * readable by guests at M2P_RO_BASE, writable by us at M2P_RW_BASE.
 *
 * Guests look up device frames too.  A hole would cost them a page fault
 * each time, so all of 0-4 GiB has entries; 2 MiB of the table without RAM
 * behind it (frames of 1 GiB) share one run of "invalid" entries (abi.md,
 * fact 12).
 */
#include <hv/boot.h>
#include <hv/features.h>
#include <hv/hvmap.h>
#include <hv/mm.h>
#include <hv/string.h>
#include <xen/xen.h>

#include "local.h"
#include "m2p.h"

#define ENTRIES_PER_CHUNK (LARGE_PAGE_SIZE / sizeof(uint64_t))
#define LOW_CHUNKS (0x100000UL / ENTRIES_PER_CHUNK) /* 4 GiB */
/* As many chunks as the public range of the table has room for. */
#define MAX_CHUNKS                                                             \
    ((MACH2PHYS_VIRT_END - MACH2PHYS_VIRT_START) / LARGE_PAGE_SIZE)

static unsigned long nr_chunks;
static mfn_t chunk_base;      /* first frame of the backing memory */
static uint16_t *chunk_index; /* chunk -> its place there; 0: the empty run */

void m2p_set(mfn_t m, unsigned long pfn)
{
    ASSERT(frame_valid(m));
    ((unsigned long *)M2P_RW_BASE)[mfn_x(m)] = pfn;
    track_mark(m);
}

unsigned long m2p_get(mfn_t m)
{
    if (!frame_valid(m))
        return M2P_INVALID;
    return ((unsigned long *)M2P_RW_BASE)[mfn_x(m)];
}

unsigned long m2p_end(void) { return nr_chunks * ENTRIES_PER_CHUNK; }

mfn_t m2p_chunk(unsigned int i)
{
    return mfn_add(chunk_base, i < nr_chunks
                                   ? chunk_index[i] * (LARGE_PAGE_SIZE >> 12)
                                   : 0);
}

/* The toolstack maps the table with the frame owner DOMID_XEN, read-only. */
static void INIT_TEXT share_with_tools(mfn_t first, unsigned long nr)
{
    for (unsigned long i = 0; i < nr; i++) {
        struct frame *f = frame_of(mfn_add(first, i));

        f->type = tw_make(PT_NONE) | TW_VALID | 1;
        f->ref = ref_make(OWNER_SHARED, REF_SHARED | REF_ALLOC) | 1;
    }
}

void INIT_TEXT m2p_init(void)
{
    uint64_t nx = CPU_HAS(NX) ? PTE_NX : 0;
    unsigned long used = 1;
    uint64_t at;

    nr_chunks = MAX(LOW_CHUNKS, DIV_UP(max_mfn, ENTRIES_PER_CHUNK));
    BUG_ON(nr_chunks > MAX_CHUNKS);
    chunk_index = mfn_to_virt(
        mfn(boot_alloc(nr_chunks * sizeof(*chunk_index)) >> PAGE_SHIFT));
    for (unsigned long i = 0; i < nr_chunks; i++)
        if (range_has_ram(i * ENTRIES_PER_CHUNK, (i + 1) * ENTRIES_PER_CHUNK))
            chunk_index[i] = used++;

    at = boot_alloc((used + 1) * LARGE_PAGE_SIZE);
    at = ALIGN_UP(at, LARGE_PAGE_SIZE);
    chunk_base = mfn(at >> PAGE_SHIFT);
    memset(mfn_to_virt(chunk_base), 0xff, used * LARGE_PAGE_SIZE);
    share_with_tools(chunk_base, used * (LARGE_PAGE_SIZE >> PAGE_SHIFT));

    for (unsigned long i = 0; i < nr_chunks; i++) {
        unsigned long off = i * LARGE_PAGE_SIZE;

        hvmap_range(M2P_RO_BASE + off, m2p_chunk(i), LARGE_PAGE_SIZE >> 12,
                    PTE_P | PTE_US | PTE_A | nx);
        hvmap_range(M2P_RW_BASE + off, m2p_chunk(i), LARGE_PAGE_SIZE >> 12,
                    PTE_P | PTE_RW | PTE_A | PTE_D | nx);
    }
}
