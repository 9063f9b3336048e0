/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the machine: the keyboard controller's, caused by a command. */
#define __XEN_TOOLS__
#include <xen/domctl.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/smp.h>
#include <pv/start.h>
#include <pv/string.h>
#include <pv/test.h>
#include <pv/time.h>

#define GSI 1
#define KBD_DATA 0x60
#define KBD_COMMAND 0x64
#define KBD_FULL 0x01 /* a byte can be read */
#define KBD_READ_CONFIG 0x20
#define KBD_WRITE_CONFIG 0x60
#define KBD_WRITE_OUTPUT 0xd2 /* as if the byte had been typed */

static bool has_byte(void *arg)
{
    (void)arg;
    return insn_in8(KBD_COMMAND) & KBD_FULL;
}

static void drain(void)
{
    while (has_byte(NULL))
        insn_in8(KBD_DATA);
}

static void set_config(uint8_t config)
{
    insn_out8(KBD_COMMAND, KBD_WRITE_CONFIG);
    insn_out8(KBD_DATA, config);
}

static bool served(void *port)
{
    return evtchn_count(*(evtchn_port_t *)port) > 0;
}

static void type_a_byte(evtchn_port_t port)
{
    for (unsigned int i = 0; i < 3; i++) {
        evtchn_forget(port);
        events_on();
        insn_out8(KBD_COMMAND, KBD_WRITE_OUTPUT);
        insn_out8(KBD_DATA, (uint8_t)(0x40 + i));
        test_ok("interrupt", time_wait(served, &port, 5 * SECOND));
        events_off();
        test_eq("the byte", insn_in8(KBD_DATA), 0x40 + i);
    }
}

/* Bind the line and let it interrupt; *@config: what was before. */
static evtchn_port_t begin(uint8_t *config)
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF,
                                    .type = MAP_PIRQ_TYPE_GSI,
                                    .index = GSI,
                                    .pirq = GSI };
    struct evtchn_bind_pirq bind = { .pirq = GSI };
    struct physdev_set_iopl iopl = { .iopl = 1 };

    hc_physdev_op(PHYSDEVOP_set_iopl, &iopl);
    test_eq("map", hc_physdev_op(PHYSDEVOP_map_pirq, &map), 0);
    test_eq("as itself", (uint64_t)map.pirq, GSI);
    test_eq("bind", hc_event_channel_op(EVTCHNOP_bind_pirq, &bind), 0);
    drain();
    insn_out8(KBD_COMMAND, KBD_READ_CONFIG);
    test_ok("configuration", time_wait(has_byte, NULL, 5 * SECOND));
    *config = insn_in8(KBD_DATA);
    set_config(*config | 1);
    return bind.port;
}

static void end(evtchn_port_t port, uint8_t config)
{
    set_config(config);
    test_eq("close", evtchn_close(port), 0);
}

TEST(pirq, "evtchn/pirq")
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF,
                                    .type = MAP_PIRQ_TYPE_GSI,
                                    .index = GSI,
                                    .pirq = GSI };
    struct physdev_irq_status_query query = { .irq = GSI };
    evtchn_port_t port;
    uint8_t config;

    if (!pv_is_dom0()) {
        test_eq("map a line", hc_physdev_op(PHYSDEVOP_map_pirq, &map),
                -XEN_EPERM);
        return;
    }
    port = begin(&config);
    test_eq("status", hc_physdev_op(PHYSDEVOP_irq_status_query, &query), 0);
    type_a_byte(port);
    end(port, config);
}

/* The second word of the line's entry in the IOAPIC: where it goes. */
static uint32_t destination(void)
{
    struct physdev_apic apic = { .apic_physbase = 0xfec00000,
                                 .reg = 0x10 + 2 * GSI + 1 };

    test_eq("read the IOAPIC", hc_physdev_op(PHYSDEVOP_apic_read, &apic), 0);
    return apic.value;
}

static struct xen_domctl domctl;
static volatile bool stop;

/* Let a vCPU run on the CPUs of @set only. */
static long pin(unsigned int vcpu, uint8_t set)
{
    memset(&domctl, 0, sizeof(domctl));
    domctl.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    domctl.cmd = XEN_DOMCTL_setvcpuaffinity;
    domctl.domain = 0;
    domctl.u.vcpuaffinity.vcpu = vcpu;
    domctl.u.vcpuaffinity.flags = XEN_VCPUAFFINITY_HARD;
    domctl.u.vcpuaffinity.cpumap_hard.nr_bits = 8;
    set_xen_guest_handle(domctl.u.vcpuaffinity.cpumap_hard.bitmap, &set);
    return HC(domctl, &domctl);
}

static void serve(void *arg)
{
    (void)arg;
    events_on();
    while (!stop)
        hc_sched_op(SCHEDOP_yield, NULL);
    events_off();
}

static uint32_t send_to(evtchn_port_t port, unsigned int vcpu)
{
    struct evtchn_bind_vcpu bind = { .port = port, .vcpu = vcpu };

    test_eq("bind to a vCPU", hc_event_channel_op(EVTCHNOP_bind_vcpu, &bind),
            0);
    type_a_byte(port);
    test_eq("served there", evtchn_cpu(port), vcpu);
    return destination();
}

TEST(pirq_moves, "evtchn/pirq-moves")
{
    evtchn_port_t port;
    uint32_t there;
    uint8_t config;

    if (!pv_is_dom0() || hc_vcpu_op(VCPUOP_is_up, 1, NULL) < 0)
        test_skip("only for a control domain with two vCPUs");
    if (pin(1, 2))
        test_skip("the machine has one CPU");
    test_eq("pin the other one", pin(0, 1), 0);
    stop = false;
    test_eq("start", smp_begin(1, serve, NULL), 0);
    port = begin(&config);
    there = send_to(port, 1);
    test_ok("it goes to another CPU", there != send_to(port, 0));
    test_eq("and back", send_to(port, 1), there);
    end(port, config);
    stop = true;
    test_ok("vCPU 1 ends", smp_end(1));
    pin(0, 0xff);
    pin(1, 0xff);
}
