/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page tables between machine frames and the guest's own numbers. */
#include <stdint.h>
#include <xen/xen.h>
#include <pel/stream.h>

#define ENTRIES 512
#define PRESENT 1ull
#define FRAME_MASK 0x000ffffffffff000ull

/* Slots of a top-level table that are the hypervisor's. */
#define HV_SLOT_FIRST (((HYPERVISOR_VIRT_START) >> 39) & 511)
#define HV_SLOT_LAST (((HYPERVISOR_VIRT_END - 1) >> 39) & 511)

uint64_t pel_table_pfn(uint64_t entry)
{
    return entry & PRESENT ? (entry & FRAME_MASK) >> 12 : UINT64_MAX;
}

static uint64_t with_frame(uint64_t entry, uint64_t frame)
{
    return (entry & ~FRAME_MASK) | frame << 12;
}

int pel_table_normalise(uint64_t *table, unsigned int level,
                        const uint32_t *m2p, uint64_t nr_mfns, uint64_t *bad)
{
    for (unsigned int i = 0; i < ENTRIES; i++) {
        uint64_t mfn = pel_table_pfn(table[i]);

        if (level == 4 && i >= HV_SLOT_FIRST && i <= HV_SLOT_LAST) {
            table[i] = 0;
            continue;
        }
        if (mfn == UINT64_MAX)
            continue;
        if (mfn >= nr_mfns || !m2p[mfn]) {
            *bad = table[i];
            return -1;
        }
        table[i] = with_frame(table[i], m2p[mfn] - 1);
    }
    return 0;
}

int pel_table_localise(uint64_t *table, const uint64_t *p2m, uint64_t last,
                       uint64_t *bad)
{
    for (unsigned int i = 0; i < ENTRIES; i++) {
        uint64_t pfn = pel_table_pfn(table[i]);

        if (pfn == UINT64_MAX)
            continue;
        if (pfn > last || p2m[pfn] == UINT64_MAX) {
            *bad = table[i];
            return -1;
        }
        table[i] = with_frame(table[i], p2m[pfn]);
    }
    return 0;
}
