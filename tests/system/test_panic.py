# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic says where it happened and with what, once, and then restarts."""

import os
import re

import machine as vm
import pytest

# The reference words its panic in other ways.
pytestmark = pytest.mark.only(hv="pellicle")

# A kernel that sleeps for ever: what panics is the hypervisor alone.
KERNEL = os.path.join(vm.TOP, "build/guest-pv/tiny.elf")


def machine(name, hv_args):
    m = vm.Machine(name, kernel=KERNEL, initrd="", smp=2, memory_mb=512,
                   dom0_mb=64, hv_args=hv_args, devices=vm.qmp_devices(name))
    m.wait(r"^\(PEL\) dom0: ", vm.START_SECONDS + 30)
    return m


@pytest.mark.parametrize("why,inject,says", [
    ("nmi", {"execute": "inject-nmi"}, "NMI: unknown source"),
    ("machine-check",
     {"execute": "human-monitor-command", "arguments": {
         "command-line": "mce 0 1 0xb200000000000000 5 0 0"}},
     "machine check, error"),
])
def test_panic_reports_and_restarts(why, inject, says):
    with machine("panic-" + why, "nmi=fatal") as m:
        vm.qmp(m, inject)
        m.wait(rf"PANIC: {says}", 30)
        m.wait(r"Rebooting in", 30)
        assert m.wait_end(60) == 0  # -no-reboot ends QEMU instead
        report = m.console.text[m.console.text.index("PANIC:"):]
        assert report.count("PANIC") == 1
        assert re.search(r"CPU \d+, cr0 [0-9a-f]+", report)
        assert re.search(r"rip [0-9a-f]{4}:[0-9a-f]{16}", report)
        assert re.search(r"rsp [0-9a-f]{16}", report)
        # The way from the entry to here, by name: dom0 is still being built,
        # or sleeps, or runs.
        assert re.search(r"\[[0-9a-f]{16}\] [0-9a-f]{16}  "
                         r"(hv_main|work_run|ist_dispatch)\+0x", report)


def test_noreboot_halts():
    with machine("panic-halts", "nmi=fatal noreboot") as m:
        vm.qmp(m, {"execute": "inject-nmi"})
        m.wait(r"^\(PEL\) Halted", 30)
        assert m.alive()
