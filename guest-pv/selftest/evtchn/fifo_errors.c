/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wrong uses of the FIFO ABI's three calls, before and after it is in use. */
#include <pv/fifo.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>

#define NO_FRAME 0xfffffffff
#define BLOCK sizeof(struct evtchn_fifo_control_block)

static long init(uint64_t gfn, uint32_t offset, uint32_t vcpu)
{
    struct evtchn_init_control arg = { .control_gfn = gfn,
                                       .offset = offset,
                                       .vcpu = vcpu };

    return hc_event_channel_op(EVTCHNOP_init_control, &arg);
}

static long expand(uint64_t gfn)
{
    struct evtchn_expand_array arg = { .array_gfn = gfn };

    return hc_event_channel_op(EVTCHNOP_expand_array, &arg);
}

static long set_priority(uint32_t port, uint32_t priority)
{
    struct evtchn_set_priority arg = { .port = port, .priority = priority };

    return hc_event_channel_op(EVTCHNOP_set_priority, &arg);
}

static void bad_frames(const char *why, uint64_t gfn)
{
    test_eq(why, init(gfn, 0, 0), -XEN_EINVAL);
    if (fifo_active())
        test_eq(why, expand(gfn), -XEN_EINVAL);
}

static void bad_arguments(uint64_t page)
{
    test_eq("no such vCPU", init(page, 0, 8000), -XEN_ENOENT);
    test_eq("no vCPU has the highest number", init(page, 0, ~0u), -XEN_ENOENT);
    test_eq("offset that is not aligned", init(page, 4, 0), -XEN_EINVAL);
    test_eq("block over the page's end", init(page, PAGE_SIZE - BLOCK + 8, 0),
            -XEN_EINVAL);
    test_eq("offset beyond the page", init(page, 0xfffffff8u, 0), -XEN_EINVAL);
    bad_frames("frame that does not exist", NO_FRAME);
    bad_frames("frame number with all bits", ~0ull);
    bad_frames("PT-1: live page table", mfn_of(scratch_l1()));
    if (test_stranger() != ~0ull)
        bad_frames("a stranger's frame", test_stranger());
}

static void bad_buffers(void)
{
    static const unsigned int cmds[] = { EVTCHNOP_init_control,
                                         EVTCHNOP_expand_array,
                                         EVTCHNOP_set_priority };

    for (unsigned int i = 0; i < 3; i++) {
        test_eq("argument that is not mapped",
                hc_event_channel_op(cmds[i], (void *)UNMAPPED), -XEN_EFAULT);
        test_eq("argument inside the hypervisor",
                hc_event_channel_op(cmds[i], (void *)HV_ADDR), -XEN_EFAULT);
        test_eq("argument across the end of the page",
                hc_event_channel_op(cmds[i], (void *)(UNMAPPED - 4)),
                -XEN_EFAULT);
    }
}

TEST(fifo_errors, "evtchn/fifo-errors")
{
    void *page = page_alloc();

    if (!fifo_active()) {
        test_eq("words before a control block", expand(mfn_of(page)),
                -XEN_EOPNOTSUPP);
        bad_arguments(mfn_of(page));
    }
    test_eq("take it into use", fifo_begin(), 0);
    test_eq("a control block again", init(mfn_of(page), 0, 0), -XEN_EINVAL);
    bad_arguments(mfn_of(page));
    bad_buffers();
    test_eq("priority of no port", set_priority(1000000, 0), -XEN_EINVAL);
    test_ok("priority of port 0", set_priority(0, 0) < 0);
    test_eq("the page is an ordinary one", page_protect(page), 0);
    test_eq("and can be a page table",
            mmuext(MMUEXT_PIN_L1_TABLE, mfn_of(page)), 0);
    mmuext(MMUEXT_UNPIN_TABLE, mfn_of(page));
    page_unprotect(page);
    fifo_end();
    page_free(page);
}
