/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_op: memory maps, in the firmware's format. */
#include <hv/boot.h>
#include <hv/heap.h>

#include "memory.h"

/* As INT 15h, E820 returns it: 20 bytes, no padding. */
struct e820_entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

#define MAX_E820 128

long memory_map_get(struct hcall *h, unsigned long u)
{
    struct domain *d = h->caller->domain;
    struct xen_memory_map map;
    unsigned int n;
    long err = 0;

    if (copy_from_guest(&map, u, sizeof(map)))
        return -EFAULT;

    lock_take(&d->lock);
    n = MIN(map.nr_entries, d->nr_e820);
    if (!d->e820)
        err = -ENOSYS;
    for (unsigned int i = 0; i < n && !err; i++) {
        struct e820_entry e = { d->e820[i].addr, d->e820[i].size,
                                d->e820[i].type };

        err = COPY_TO_GUEST_IDX((unsigned long)map.buffer.p, i, &e);
    }
    lock_release(&d->lock);
    if (err)
        return err;

    map.nr_entries = n;
    return copy_to_guest(u, &map, sizeof(map));
}

/* What we keep for ourselves is shown as RAM: dom0 never owns those frames. */
long memory_map_machine(struct hcall *h, unsigned long u)
{
    struct xen_memory_map map;
    unsigned int n;

    if (!h->caller->domain->hardware)
        return -EPERM;
    if (copy_from_guest(&map, u, sizeof(map)))
        return -EFAULT;

    n = MIN(map.nr_entries, nr_memmap);
    for (unsigned int i = 0; i < n; i++) {
        struct e820_entry e = { memmap[i].start,
                                memmap[i].end - memmap[i].start,
                                memmap[i].type };

        if (COPY_TO_GUEST_IDX((unsigned long)map.buffer.p, i, &e))
            return -EFAULT;
    }
    map.nr_entries = n;
    return copy_to_guest(u, &map, sizeof(map));
}

long memory_map_set(struct hcall *h, unsigned long u)
{
    struct xen_foreign_memory_map f;
    struct e820entry_hv *new, *old;
    struct domain *d;
    long err;

    if (!h->caller->domain->control)
        return -EPERM;
    if (copy_from_guest(&f, u, sizeof(f)))
        return -EFAULT;
    if (f.map.nr_entries > MAX_E820)
        return -EINVAL;
    err = memory_target(h, f.domid, &d);
    if (err)
        return err;

    new = hv_alloc(MAX(f.map.nr_entries, 1U) * sizeof(*new));
    if (!new)
        err = -ENOMEM;
    for (unsigned int i = 0; i < f.map.nr_entries && !err; i++) {
        struct e820_entry e;

        err = COPY_FROM_GUEST_IDX(&e, (unsigned long)f.map.buffer.p, i);
        new[i] = (struct e820entry_hv){ e.addr, e.size, e.type };
    }

    if (!err) {
        lock_take(&d->lock);
        old = d->e820;
        d->e820 = new;
        d->nr_e820 = f.map.nr_entries;
        lock_release(&d->lock);
        new = old;
    }
    hv_free(new);
    domain_put(d);
    return err;
}
