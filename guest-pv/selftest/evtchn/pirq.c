/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of the machine: the keyboard controller's, caused by a command. */
#include <xen/physdev.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/start.h>
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

TEST(pirq, "evtchn/pirq")
{
    struct physdev_map_pirq map = { .domid = DOMID_SELF,
                                    .type = MAP_PIRQ_TYPE_GSI,
                                    .index = GSI,
                                    .pirq = GSI };
    struct evtchn_bind_pirq bind = { .pirq = GSI };
    struct physdev_set_iopl iopl = { .iopl = 1 };
    struct physdev_irq_status_query query = { .irq = GSI };
    uint8_t config;

    if (!pv_is_dom0()) {
        test_eq("map a line", hc_physdev_op(PHYSDEVOP_map_pirq, &map),
                -XEN_EPERM);
        return;
    }
    hc_physdev_op(PHYSDEVOP_set_iopl, &iopl);
    test_eq("map", hc_physdev_op(PHYSDEVOP_map_pirq, &map), 0);
    test_eq("as itself", (uint64_t)map.pirq, GSI);
    test_eq("bind", hc_event_channel_op(EVTCHNOP_bind_pirq, &bind), 0);
    test_eq("status", hc_physdev_op(PHYSDEVOP_irq_status_query, &query), 0);
    drain();
    insn_out8(KBD_COMMAND, KBD_READ_CONFIG);
    test_ok("configuration", time_wait(has_byte, NULL, SECOND));
    config = insn_in8(KBD_DATA);
    set_config(config | 1);
    type_a_byte(bind.port);
    set_config(config);
    test_eq("close", evtchn_close(bind.port), 0);
}
