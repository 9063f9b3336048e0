# SPDX-License-Identifier: GPL-2.0-or-later
"""dom0 boots on every machine that we promise, and complains of nothing."""

import os
import re

import pytest

REFERENCE_WARNINGS = os.path.join(os.path.dirname(__file__),
                                  "reference-warnings")

MACHINES = [  # why, machine options
    ("pc, one CPU", {"machine": "pc", "smp": 1}),
    ("q35, two CPUs", {"machine": "q35", "smp": 2}),
    ("few CPU features", {"machine": "pc", "smp": 2,
                          "cpu": "max,smap=off,smep=off,xsave=off"}),
]


def shape(line):
    """A kernel message without what differs from boot to boot."""
    line = re.sub(r"^<\d+>\[ *[\d.]+\] ", "", line)
    return re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", "N", line)


def warnings(dmesg):
    """The messages of level warning or worse, in their shapes."""
    lines = [l for l in dmesg.splitlines()
             if re.match(r"<\d+>", l) and int(l[1:l.index(">")]) & 7 <= 4]
    return [shape(l) for l in lines]


@pytest.mark.parametrize("why,options", MACHINES, ids=[m[0] for m in MACHINES])
def test_dom0_boots_and_powers_off(host, why, options):
    if host.hv == "xen" and "cpu" in options:
        options = dict(options, cpu="max,smap=off,smep=off,xsave=off")
    with host.boot("boot-" + why.replace(", ", "-").replace(" ", "-"),
                   **options) as m:
        m.boot()
        assert m.ok("nproc") == str(options["smp"])
        assert m.ok("cat /sys/hypervisor/type") == "xen"
        assert "control_d" in m.ok("cat /proc/xen/capabilities")
        messages = m.ok("dmesg -r")
        with open(REFERENCE_WARNINGS, encoding="utf-8") as f:
            known = set(f.read().splitlines())
        new = [w for w in warnings(messages) if w not in known]
        assert not new, "\n".join(new)
        assert "Call Trace" not in messages
        assert m.poweroff() == 0
