/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As many ports as fit into some words of the bit maps; then none is lost. */
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>

#define PORTS 200

static evtchn_port_t ports[PORTS];

TEST(many, "evtchn/many")
{
    unsigned int nr = 0;

    for (; nr < PORTS; nr++) {
        long port = evtchn_bind_ipi(0);

        if (port < 0) {
            test_fail("bind_ipi number %u: %ld", nr, port);
            break;
        }
        ports[nr] = (evtchn_port_t)port;
        evtchn_forget(ports[nr]);
        evtchn_send(ports[nr]);
    }
    events_on();
    events_off();
    for (unsigned int i = 0; i < nr; i++) {
        if (evtchn_count(ports[i]) != 1)
            test_fail("port %u served %lu times", ports[i],
                      evtchn_count(ports[i]));
        evtchn_close(ports[i]);
    }
}
