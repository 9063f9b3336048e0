/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All ports of a domain, until there are no more. */
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/test.h>

/* Ports of the two-level ABI; a domain may be given fewer. */
#define PORTS_MAX 4096

static uint16_t ports[PORTS_MAX];

TEST(evtchn_limit, "evtchn/limit")
{
    unsigned int nr = 0;
    long port = 0;

    while (nr < PORTS_MAX) {
        port = evtchn_bind_ipi(0);
        if (port < 0)
            break;
        ports[nr++] = (uint16_t)port;
    }
    test_eq("after the last one", (uint64_t)port, -XEN_ENOSPC);
    test_ok("at least a thousand", nr >= 1000);
    if (nr) {
        evtchn_port_t last = ports[nr - 1];

        evtchn_close(last);
        test_eq("a freed one is the next", (uint64_t)evtchn_bind_ipi(0), last);
    }
    for (unsigned int i = 0; i < nr; i++)
        test_eq("close", evtchn_close(ports[i]), 0);
}
