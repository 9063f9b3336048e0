/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions of the machine that mmu_test.c makes up. */
#ifndef X86_INSN_H
#define X86_INSN_H

#include <hv/types.h>
#include <string.h>

/* Every translation that is cached goes. */
void fake_tlb_flush(void);

extern unsigned long fake_cr3;

static inline unsigned long read_cr3(void) { return fake_cr3; }

static inline void write_cr3(unsigned long v)
{
    fake_cr3 = v;
    fake_tlb_flush();
}

static inline void invlpg(unsigned long va) { (void)va; }

static inline void wbinvd(void) {}

static inline void lldt(uint16_t sel) { (void)sel; }

static inline void guest_access_begin(void) {}

static inline void guest_access_end(void) {}

static inline int copy_bytes_safe(void *to, const void *from, size_t len)
{
    memcpy(to, from, len);
    return 0;
}

static inline int read_u64_safe(uint64_t *v, unsigned long from)
{
    memcpy(v, (void *)from, sizeof(*v));
    return 0;
}

static inline int write_u64_safe(unsigned long to, uint64_t v)
{
    memcpy((void *)to, &v, sizeof(v));
    return 0;
}

static inline int write_u32_safe(unsigned long to, uint32_t v)
{
    memcpy((void *)to, &v, sizeof(v));
    return 0;
}

#endif
