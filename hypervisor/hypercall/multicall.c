/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * multicall: a list of hypercalls in one.  Each entry's result is stored in
 * it; an error does not end the list.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/guest.h>
#include <hv/hcall.h>
#include <hv/vcpu.h>
#include <xen/xen.h>
#include "local.h"

/*
 * Run one entry.  On -ERESTART its arguments in guest memory are brought up
 * to date, so that the list can be entered again at this entry.
 */
static long run_entry(struct vcpu *v, unsigned long u_entry)
{
    struct multicall_entry e;
    struct hcall h = { .caller = v };
    long ret;

    if (copy_from_guest(&e, u_entry, sizeof(e)))
        return -EFAULT;
    for (unsigned int i = 0; i < HCALL_ARGS_MAX; i++)
        h.arg[i] = e.args[i];

    /* Lists in lists and changes of mode would lose our place. */
    if (e.op == __HYPERVISOR_multicall || e.op == __HYPERVISOR_iret)
        ret = -EINVAL;
    else
        ret = hcall_dispatch(e.op, &h);

    if (ret == -ERESTART) {
        for (unsigned int i = 0; i < HCALL_ARGS_MAX; i++)
            e.args[i] = h.arg[i];
        if (copy_to_guest(u_entry, &e, sizeof(e)))
            return -EFAULT;
        return -ERESTART;
    }
    return put_guest_u64(u_entry + offsetof(struct multicall_entry, result),
                         ret);
}

/* arg: list, number of entries */
long hc_multicall(struct hcall *h)
{
    struct vcpu *v = h->caller;
    long ret;

    if (h->arg[1] > UINT32_MAX ||
        !guest_range_ok(h->arg[0], h->arg[1] * sizeof(struct multicall_entry)))
        return -EFAULT;

    for (unsigned int n = 1; h->arg[1]; n++) {
        ret = run_entry(v, h->arg[0]);
        if (ret)
            return ret;
        h->arg[0] += sizeof(struct multicall_entry);
        h->arg[1]--;

        /* A call that blocked or stopped the caller takes effect now. */
        if (h->arg[1] &&
            (this_cpu()->work || (n % 16 == 0 && preempt_needed())))
            return -ERESTART;
    }
    return 0;
}
