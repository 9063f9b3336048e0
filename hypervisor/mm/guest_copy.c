/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only way to touch guest memory.  The range is checked against our own
 * part of the address space first; what else may be wrong with it (absent,
 * read-only, not canonical) faults, and the exception table ends the copy.
 */
#include <hv/guest.h>
#include <x86/insn.h>

int copy_from_guest(void *to, unsigned long u, size_t len)
{
    int err;

    if (unlikely(!guest_range_ok(u, len)))
        return -EFAULT;

    guest_access_begin();
    err = copy_bytes_safe(to, (const void *)u, len);
    guest_access_end();
    return err;
}

int copy_to_guest(unsigned long u, const void *from, size_t len)
{
    int err;

    if (unlikely(!guest_range_ok(u, len)))
        return -EFAULT;

    guest_access_begin();
    err = copy_bytes_safe((void *)u, from, len);
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
    err = read_u64_safe(out, u);
    guest_access_end();
    return err;
}

int put_guest_u64(unsigned long u, uint64_t v)
{
    int err;

    if (unlikely(!guest_range_ok(u, sizeof(v))))
        return -EFAULT;

    guest_access_begin();
    err = write_u64_safe(u, v);
    guest_access_end();
    return err;
}

int put_guest_u32(unsigned long u, uint32_t v)
{
    int err;

    if (unlikely(!guest_range_ok(u, sizeof(v))))
        return -EFAULT;

    guest_access_begin();
    err = write_u32_safe(u, v);
    guest_access_end();
    return err;
}
