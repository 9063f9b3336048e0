/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two vCPUs give a third one its context at once: one of them does, the other
 * is refused.  Else it could replace the tables of one that runs already.
 * All the pages of a descriptor table make it take a while.
 */
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/smp.h>
#include <pv/test.h>
#include <pv/time.h>

#define GDT_ENTS FIRST_RESERVED_GDT_ENTRY
#define GDT_PAGES (GDT_ENTS / 512)

static struct vcpu_guest_context contexts[2];
static void *pages[2][GDT_PAGES];
static volatile unsigned int whom; /* 0: not yet */
static volatile bool ready;
static long results[2];

static void follow(void *arg)
{
    (void)arg;
    ready = true;
    while (!whom)
        __builtin_ia32_pause();
    results[1] = smp_initialise(whom, &contexts[1]);
}

static bool is_ready(void *arg)
{
    (void)arg;
    return ready;
}

static void prepare(unsigned int us, unsigned int id)
{
    struct vcpu_guest_context *c = &contexts[us];

    smp_context(c, id);
    for (unsigned int i = 0; i < GDT_PAGES; i++) {
        pages[us][i] = page_alloc();
        page_protect(pages[us][i]);
        c->gdt_frames[i] = mfn_of(pages[us][i]);
    }
    c->gdt_ents = GDT_ENTS;
}

static void drop_gdt(void *arg)
{
    (void)arg;
    hc_set_gdt(NULL, 0);
}

static void at_once(unsigned int id)
{
    whom = 0;
    ready = false;
    prepare(0, id);
    prepare(1, id);
    test_eq("start the other", smp_begin(1, follow, NULL), 0);
    time_wait(is_ready, NULL, 5 * SECOND);
    whom = id;
    results[0] = smp_initialise(id, &contexts[0]);
    test_ok("it ends", smp_end(1));
    test_ok("one has", !results[0] != !results[1]);
    test_eq("the other is refused", (uint64_t)(results[0] + results[1]),
            -XEN_EEXIST);
    test_eq("start that one", smp_begin(id, drop_gdt, NULL), 0);
    test_ok("it ends", smp_end(id));
    for (unsigned int i = 0; i < 2 * GDT_PAGES; i++) {
        void *page = pages[i % 2][i / 2];

        test_eq("nobody uses its pages any more", page_unprotect(page), 0);
        page_free(page);
    }
}

TEST(start_race, "sched/start-race")
{
    unsigned int id = 2;

    if (hc_vcpu_op(VCPUOP_is_up, id, NULL) < 0)
        test_skip("the domain has no third vCPU");
    for (; id < CPUS_MAX && hc_vcpu_op(VCPUOP_is_up, id, NULL) >= 0; id++)
        at_once(id);
}
