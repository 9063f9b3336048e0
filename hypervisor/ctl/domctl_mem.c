/* SPDX-License-Identifier: GPL-2.0-or-later */
/* domctl: memory of a domain. */
#include <hv/errno.h>
#include <hv/frame.h>
#include <hv/guest.h>
#include <hv/hypercall_page.h>
#include <hv/track.h>
#include "local.h"

#define PAGEINFO_MAX 1024

long domctl_max_mem(struct domain *d, struct xen_domctl *c)
{
    uint64_t pages = c->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);

    d->max_pages = MIN(pages, UINT32_MAX);
    return 0;
}

/* The toolstack's word for one frame of @d. */
static uint64_t page_info(const struct domain *d, uint64_t frame)
{
    static const uint32_t words[NR_PAGE_TYPES] = {
        [PT_L1] = XEN_DOMCTL_PFINFO_L1TAB,
        [PT_L2] = XEN_DOMCTL_PFINFO_L2TAB,
        [PT_L3] = XEN_DOMCTL_PFINFO_L3TAB,
        [PT_L4] = XEN_DOMCTL_PFINFO_L4TAB,
    };
    enum page_type type;
    bool pinned;

    if (!frame_info(mfn(frame), d->id, &type, &pinned))
        return XEN_DOMCTL_PFINFO_XTAB;
    return words[type] | (pinned ? XEN_DOMCTL_PFINFO_LPINTAB : 0);
}

/* The array enters as frame numbers and leaves as types. */
long domctl_getpageframeinfo3(struct domain *d, struct xen_domctl *c)
{
    unsigned long u = (unsigned long)c->u.getpageframeinfo3.array.p;
    uint64_t num = c->u.getpageframeinfo3.num;

    if (num > PAGEINFO_MAX)
        return -E2BIG;
    for (uint64_t i = 0; i < num; i++) {
        uint64_t word;

        if (COPY_FROM_GUEST_IDX(&word, u, i))
            return -EFAULT;
        word = page_info(d, word);
        if (COPY_TO_GUEST_IDX(u, i, &word))
            return -EFAULT;
    }
    return 0;
}

long domctl_hypercall_init(struct domain *d, struct xen_domctl *c)
{
    mfn_t m = mfn(c->u.hypercall_init.gmfn);

    if (frame_get_with_type(m, d, PT_WRITABLE))
        return -EACCES;
    hypercall_page_fill(mfn_to_virt(m));
    track_mark(m);
    frame_put_with_type(m);

    return 0;
}

/* There is one node. */
long domctl_setnodeaffinity(struct domain *d, struct xen_domctl *c)
{
    uint8_t map;
    int err = bitmap_from_guest(&map, 8, &c->u.nodeaffinity.nodemap);

    (void)d;
    if (err)
        return err;
    return map & 1 ? 0 : -EINVAL;
}

long domctl_getnodeaffinity(struct domain *d, struct xen_domctl *c)
{
    const uint8_t map = 1;

    (void)d;
    return bitmap_to_guest(&c->u.nodeaffinity.nodemap, &map, 1);
}
