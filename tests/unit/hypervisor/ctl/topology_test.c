/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where CPUs are, from the processor's own words. */
#include <hv/cpu.h>
#include <x86/insn.h>
#include "../../../../hypervisor/ctl/local.h"
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

struct cpu cpus[NR_CPUS];
unsigned int nr_cpus, nr_cpus_online;
struct stack_top fake_top;

/* What a kind of processor answers. */
static const struct machine {
    const char *why;
    uint32_t max;              /* highest basic leaf */
    uint32_t threads, package; /* leaf 0xb: shifts; 0, 0: it has none */
    uint32_t logical;          /* leaf 1: in a package; 0: no HTT */
    uint32_t cores4;           /* leaf 4: ids for cores; 0: no such cache */
    uint32_t cores8;           /* leaf 0x80000008: cores; 0: no such leaf */
    uint32_t apic_id, core, socket;
} machines[] = {
    { "one of everything", 1, 0, 0, 0, 0, 0, 3, 0, 3 },
    { "leaf 0xb, no threads", 0xd, 0, 2, 4, 4, 0, 7, 3, 1 },
    { "leaf 0xb, two threads", 0xd, 1, 4, 16, 8, 0, 0x1b, 5, 1 },
    { "leaf 4, two threads", 4, 0, 0, 8, 4, 0, 0xd, 2, 1 },
    { "leaf 4, no threads", 4, 0, 0, 4, 4, 0, 6, 2, 1 },
    { "a number that is no power", 4, 0, 0, 6, 6, 0, 0xd, 5, 1 },
    { "AMD, four cores", 1, 0, 0, 4, 0, 4, 6, 2, 1 },
    { "large ids", 0xd, 1, 5, 32, 16, 0, 0x1ff, 15, 15 },
};

static const struct machine *now;

void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    memset(out, 0, 16);
    switch (leaf) {
    case 0:
        out[0] = now->max;
        break;
    case 1:
        out[1] = now->logical << 16;
        out[3] = now->logical ? 1U << 28 : 0;
        break;
    case 4:
        out[0] = now->cores4 ? (now->cores4 - 1) << 26 | 0x21 : 0;
        break;
    case 0xb:
        if (!now->package || sub > 1)
            break;
        out[0] = sub ? now->package : now->threads;
        out[1] = 1;
        out[2] = sub | (sub + 1) << 8;
        break;
    case 0x80000000:
        out[0] = now->cores8 ? 0x80000008 : 0x80000000;
        break;
    case 0x80000008:
        out[2] = now->cores8 - 1;
        break;
    }
}

static void every_kind_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
        struct xen_sysctl_cputopo t;

        now = &machines[i];
        print_message("%s\n", now->why);
        cpus[5].online = true;
        cpus[5].apic_id = now->apic_id;
        t = cpu_place(5);
        assert_int_equal(t.core, now->core);
        assert_int_equal(t.socket, now->socket);
        assert_int_equal(t.node, 0);
    }
}

static void one_that_is_offline_is_nowhere(void **state)
{
    struct xen_sysctl_cputopo t;

    (void)state;
    cpus[6].online = false;
    t = cpu_place(6);
    assert_int_equal(t.core, XEN_INVALID_CORE_ID);
    assert_int_equal(t.socket, XEN_INVALID_SOCKET_ID);
    assert_int_equal(t.node, XEN_INVALID_NODE_ID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_understood),
        cmocka_unit_test(one_that_is_offline_is_nowhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
