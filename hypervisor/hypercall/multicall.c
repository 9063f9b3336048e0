/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multicall: a list of hypercalls in one.  Each entry's result is stored in
 * it; an error does not end the list.
 */
#include <hv/cpu.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/vcpu.h>
#include <xen/xen.h>
#include "local.h"

/* An entry as it is copied: its arguments come to lie in the call's place. */
struct entry {
    unsigned long op, result;
    struct hcall h;
};

static_assert(offsetof(struct entry, h.arg) ==
                  offsetof(struct multicall_entry, args),
              "arguments of a list's entry");

/*
 * Run one entry.  On -ERESTART its arguments in guest memory are brought up
 * to date, so that the list can be entered again at this entry.
 */
static inline long run_entry(struct vcpu *v, unsigned long u_entry)
{
    struct entry e;
    long ret;

    if (unlikely(copy_from_guest(&e, u_entry, sizeof(struct multicall_entry))))
        return -EFAULT;
    e.h.caller = v;

    /* Lists in lists and changes of mode would lose our place. */
    if (e.op == __HYPERVISOR_multicall || e.op == __HYPERVISOR_iret)
        ret = -EINVAL;
    else
        ret = hcall_dispatch(e.op, &e.h);

    if (hcall_restarts(e.op, ret))
        return copy_to_guest(u_entry, &e, sizeof(struct multicall_entry))
                   ? -EFAULT
                   : -ERESTART;
    return put_guest_u64(u_entry + offsetof(struct multicall_entry, result),
                         ret);
}

/* arg: list, number of entries */
long hc_multicall(struct hcall *h)
{
    unsigned long u_entry = h->arg[0], left = h->arg[1];
    const uint32_t *work = &this_cpu()->work;
    long ret = 0;

    if (left > UINT32_MAX ||
        !guest_range_ok(u_entry, left * sizeof(struct multicall_entry)))
        return -EFAULT;

    while (left && !ret) {
        ret = run_entry(h->caller, u_entry);
        if (unlikely(ret))
            break;
        u_entry += sizeof(struct multicall_entry);
        left--;

        /* A call that blocked or stopped the caller takes effect now. */
        if (left && unlikely(__atomic_load_n(work, __ATOMIC_RELAXED) ||
                             (left % 16 == 0 && preempt_needed())))
            ret = -ERESTART;
    }
    h->arg[0] = u_entry;
    h->arg[1] = left;
    return ret;
}
