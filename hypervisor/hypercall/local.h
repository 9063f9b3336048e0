/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypercall table, for its own folder. */
#pragma once

#include <hv/errno.h>
#include <hv/hcall.h>
#include <xen/xen.h>

#define NR_HCALLS 64

struct hcall_row {
    hcall_fn *fn;
    const char *name; /* for traces and messages */
    uint8_t nargs;
    uint8_t who; /* enum hcall_who */
};

extern const struct hcall_row hcall_table[NR_HCALLS];

/* hcall_restarts - is @ret of hypercall @nr a wish to be repeated? */
static inline bool hcall_restarts(unsigned long nr, long ret)
{
    return unlikely(ret == -ERESTART) && hcall_table[nr].who != VALUE;
}

/**
 * hcall_dispatch - run hypercall @nr
 *
 * Returns: the result for the guest; -ERESTART: h->arg[] was changed, run
 * it again, see hcall_restarts(); -ENOSYS unknown; -EPERM not for this caller.
 */
long hcall_dispatch(unsigned long nr, struct hcall *h);

/* hcall_entry - a guest kernel executed `syscall' */
void hcall_entry(struct cpu_user_regs *regs, struct vcpu *v);
