/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memory_op: memory maps, in the firmware's format. */
#include <hv/boot.h>
#include <hv/heap.h>

#include "memory.h"

#define MAX_E820 128

long memory_map_get(struct hcall *h, unsigned long u)
{
    struct domain *d = h->caller->domain;
    struct xen_memory_map map;
    long err = -ENOSYS;

    if (copy_from_guest(&map, u, sizeof(map)))
        return -EFAULT;

    lock_take(&d->lock);
    map.nr_entries = MIN(map.nr_entries, d->nr_e820);
    if (d->e820)
        err = copy_to_guest((unsigned long)map.buffer.p, d->e820,
                            map.nr_entries * sizeof(*d->e820));
    lock_release(&d->lock);
    if (err)
        return err;

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

        if (COPY_TO_GUEST_IDX(map.buffer.p, i, &e))
            return -EFAULT;
    }
    map.nr_entries = n;
    return copy_to_guest(u, &map, sizeof(map));
}

long memory_map_set(struct hcall *h, unsigned long u)
{
    struct xen_foreign_memory_map f;
    struct e820_entry *new, *old;
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
    err = -ENOMEM;
    if (new)
        err = copy_from_guest(new, (unsigned long)f.map.buffer.p,
                              f.map.nr_entries * sizeof(*new));
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
