/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only way to touch guest memory.  The range is checked against our own
 * part of the address space first; what else may be wrong with it (absent,
 * read-only, not canonical) faults, and the exception table ends the copy.
 */
#include <hv/guest.h>
#include <hv/nospec.h>
#include <x86/insn.h>

/*
 * What a processor reads ahead of that check is no memory of ours either: an
 * address in our range becomes the first one there, which guests can read.
 */
static unsigned long keep_out(unsigned long u)
{
    return u - nospec_index(u - HV_VIRT_START, HV_VIRT_END - HV_VIRT_START);
}

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    int err;

    if (unlikely(!guest_range_ok(u, len)))
        return -EFAULT;

    guest_access_begin();
    err = copy_bytes_safe(to, (const void *)keep_out(u), len);
    guest_access_end();
    return err;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    int err;

    if (unlikely(!guest_range_ok(u, len)))
        return -EFAULT;

    guest_access_begin();
    err = copy_bytes_safe((void *)keep_out(u), from, len);
    guest_access_end();
    return err;
}

int get_guest_u64(uint64_t *out, unsigned long u)
{
    int err;

    *out = 0;
    if (unlikely(!guest_range_ok(u, sizeof(*out))))
        return -EFAULT;

    guest_access_begin();
    err = read_u64_safe(out, keep_out(u));
    guest_access_end();
    return err;
}

int put_guest_u64(unsigned long u, uint64_t v)
{
    int err;

    if (unlikely(!guest_range_ok(u, sizeof(v))))
        return -EFAULT;

    guest_access_begin();
    err = write_u64_safe(keep_out(u), v);
    guest_access_end();
    return err;
}

int put_guest_u32(unsigned long u, uint32_t v)
{
    int err;

    if (unlikely(!guest_range_ok(u, sizeof(v))))
        return -EFAULT;

    guest_access_begin();
    err = write_u32_safe(keep_out(u), v);
    guest_access_end();
    return err;
}
