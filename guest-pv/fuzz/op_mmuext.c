/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: mmuext_op, one or several at a time. */
#include <pv/hypercall.h>
#include <pv/user.h>
#include "fuzz.h"

static void make_pin(struct worker *w, struct mmuext_op *op)
{
    op->cmd = MMUEXT_PIN_L1_TABLE + (unsigned int)rnd(w, 4);
    op->arg1.mfn = any_frame(w);
    if (op->cmd == MMUEXT_PIN_L4_TABLE && one_in(w, 2))
        op->arg1.mfn = base_frame(w);
}

static void make_unpin(struct worker *w, struct mmuext_op *op)
{
    op->cmd = MMUEXT_UNPIN_TABLE;
    op->arg1.mfn = one_in(w, 4) ? base_frame(w) : own_frame(w);
}

/* Only tables that map our kernel may be accepted. */
static void make_baseptr(struct worker *w, struct mmuext_op *op)
{
    op->cmd = MMUEXT_NEW_BASEPTR;
    switch (rnd(w, 4)) {
    case 0:
        op->arg1.mfn = mfn_of(mm_l4());
        break;
    case 1:
        op->arg1.mfn = foreign_frame(w);
        break;
    default:
        op->arg1.mfn = base_frame(w);
    }
}

static void make_user_baseptr(struct worker *w, struct mmuext_op *op)
{
    op->cmd = MMUEXT_NEW_USER_BASEPTR;
    op->arg1.mfn = one_in(w, 4)   ? 0
                   : one_in(w, 2) ? base_frame(w)
                                  : any_frame(w);
}

static void make_flush(struct worker *w, struct mmuext_op *op)
{
    static const uint8_t cmds[] = {
        MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_LOCAL,  MMUEXT_TLB_FLUSH_MULTI,
        MMUEXT_INVLPG_MULTI,    MMUEXT_TLB_FLUSH_ALL, MMUEXT_INVLPG_ALL,
    };
    uint64_t *mask = args(w, 64);

    *mask = rnd64(w);
    op->cmd = cmds[rnd(w, sizeof(cmds))];
    op->arg1.linear_addr = any_va(w);
    set_xen_guest_handle(op->arg2.vcpumask, (void *)odd_ptr(w, mask));
}

static void make_ldt(struct worker *w, struct mmuext_op *op)
{
    op->cmd = MMUEXT_SET_LDT;
    op->arg1.linear_addr = any_va(w) + (one_in(w, 8) ? rnd(w, 4096) : 0);
    op->arg2.nr_ents =
        (unsigned int)(one_in(w, 4) ? odd_number(w) : rnd(w, 8193));
}

static void make_page(struct worker *w, struct mmuext_op *op)
{
    op->cmd = one_in(w, 2) ? MMUEXT_CLEAR_PAGE : MMUEXT_COPY_PAGE;
    op->arg1.mfn = one_in(w, 8) ? foreign_frame(w) : own_frame(w);
    op->arg2.src_mfn = any_frame(w);
}

static void make_unknown(struct worker *w, struct mmuext_op *op)
{
    op->cmd = MMUEXT_MARK_SUPER + (unsigned int)rnd(w, 64);
    op->arg1.mfn = own_frame(w);
}

static void (*const makers[])(struct worker *w, struct mmuext_op *op) = {
    make_pin, make_pin,  make_unpin,   make_unpin,        make_unpin,
    make_pin, make_pin,  make_baseptr, make_user_baseptr, make_flush,
    make_ldt, make_page, make_pin,     make_unknown,
};

static void op_mmuext(struct worker *w)
{
    unsigned int n = 1 + (unsigned int)rnd(w, 3);
    struct mmuext_op *op = args(w, n * sizeof(*op));
    uint32_t *done = args(w, sizeof(*done));
    uint64_t count = n;

    for (unsigned int i = 0; i < n; i++)
        makers[rnd(w, sizeof(makers) / sizeof(makers[0]))](w, &op[i]);
    if (one_in(w, 64))
        count = one_in(w, 2) ? 0 : odd_number(w) | 0x80000000u | n;
    call(w, __HYPERVISOR_mmuext_op, odd_ptr(w, op), count,
         one_in(w, 2) ? 0 : odd_ptr(w, done), odd_domid(w), 0);
}

const struct fuzz_op ops_mmuext[] = {
    { "mmuext_op", op_mmuext, 24, true },
    { 0 },
};
