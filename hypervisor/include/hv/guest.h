/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only way to touch guest memory.  Guest virtual addresses are used as
 * they stand in the current page tables; a fault ends the copy, it never
 * reaches the guest as an exception.
 */
#pragma once

#include <hv/errno.h>
#include <hv/layout.h>
#include <hv/types.h>

/* Does [@u, @u + @len) keep out of the hypervisor's range?  It ends nowhere
 * beyond the last address; @len is less than our range. */
static inline bool guest_range_ok(unsigned long u, unsigned long len)
{
    return likely(u >= HV_VIRT_END) ? u <= ~len : u + len <= HV_VIRT_START;
}

/**
 * copy_from_guest, copy_to_guest - move bytes between guest and hypervisor
 * @u: guest virtual address, untrusted
 *
 * Returns: 0; -EFAULT the range is ours, unmapped, or read-only (to). Part
 * of the bytes may have been moved then.
 */
int copy_from_guest(void *to, unsigned long u, size_t len);
int copy_to_guest(unsigned long u, const void *from, size_t len);

/* One element of an array of structures at guest address @u. */
#define COPY_FROM_GUEST_IDX(p, u, i)                                           \
    copy_from_guest((p), (unsigned long)(u) + (i) * sizeof(*(p)), sizeof(*(p)))
#define COPY_TO_GUEST_IDX(u, i, p)                                             \
    copy_to_guest((unsigned long)(u) + (i) * sizeof(*(p)), (p), sizeof(*(p)))

/* get_guest_u64, put_guest_u64 - one naturally sized word; 0 or -EFAULT */
int get_guest_u64(uint64_t *out, unsigned long u);
int put_guest_u64(unsigned long u, uint64_t v);
int put_guest_u32(unsigned long u, uint32_t v);
