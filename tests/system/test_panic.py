# SPDX-License-Identifier: GPL-2.0-or-later
"""A panic says where it happened and with what, once, and then restarts.

With --long also a double fault, and NMIs that hit a guest wherever it is.
"""

import contextlib
import os
import re
import socket
import tempfile
import time

import machine as vm
import pytest

# The reference words its panic in other ways.
pytestmark = pytest.mark.only(hv="pellicle")

# A kernel that sleeps for ever: what panics is the hypervisor alone.
KERNEL = os.path.join(vm.TOP, "build/guest-pv/tiny.elf")


SELFTEST = os.path.join(vm.TOP, "build/guest-pv/selftest.elf")


def machine(name, hv_args, kernel=KERNEL, dom0_mb=64, devices=()):
    m = vm.Machine(name, kernel=kernel, initrd="", smp=2, memory_mb=512,
                   dom0_mb=dom0_mb, hv_args=hv_args,
                   devices=[*vm.qmp_devices(name), *devices])
    m.wait(r"^\(PEL\) dom0: ", vm.START_SECONDS + 30)
    return m


def set_rsp(path, value):
    """Change the first CPU's rsp by the machine's debug stub, and let go."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(30)
        s.connect(path)
        # Asked for its registers' names first, it lets them be written.
        for command in ("qXfer:features:read:target.xml:0,8",
                        "P7=" + value.to_bytes(8, "little").hex(), "D"):
            s.sendall(f"${command}#{sum(command.encode()) % 256:02x}".encode())
            answer = b""
            while not re.search(rb"\$[^T#]*#..", answer):
                answer += s.recv(4096)
            s.sendall(b"+")
        assert b"$OK#" in answer, answer


def check_report(m, says):
    m.wait(rf"PANIC: {says}", 30)
    m.wait(r"Rebooting in", 30)
    assert m.wait_end(60) == 0  # -no-reboot ends QEMU instead
    report = m.console.text[m.console.text.index("PANIC:"):]
    assert report.count("PANIC") == 1
    assert re.search(r"CPU \d+, cr0 [0-9a-f]+", report)
    assert re.search(r"rip [0-9a-f]{4}:[0-9a-f]{16}", report)
    assert re.search(r"rsp [0-9a-f]{16}", report)
    return report


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
        report = check_report(m, says)
        # The way from the entry to here, by name: dom0 is still being built,
        # or sleeps, or runs.
        assert re.search(r"\[[0-9a-f]{16}\] [0-9a-f]{16}  "
                         r"(hv_main|work_run|ist_dispatch)\+0x", report)


def test_noreboot_halts():
    with machine("panic-halts", "nmi=fatal noreboot") as m:
        vm.qmp(m, {"execute": "inject-nmi"})
        m.wait(r"^\(PEL\) Halted", 30)
        assert m.alive()


@pytest.mark.long
def test_double_fault_has_a_stack():
    path = os.path.join(tempfile.gettempdir(), f"pel-{os.getpid()}-gdb")
    with machine("panic-df", "nmi=ignore", devices=[
            "-gdb", f"unix:{path},server=on,wait=off"]) as m:
        time.sleep(3)  # then dom0 sleeps, and the hypervisor halts
        set_rsp(path, 0x10)
        vm.qmp(m, {"execute": "inject-nmi"})  # goes on, without a stack
        check_report(m, "double fault, error 0")


@pytest.mark.long
def test_nmis_anywhere_do_no_harm():
    with machine("panic-nmis", "nmi=ignore", kernel=SELFTEST,
                 dom0_mb=128) as m:
        burst = [{"execute": "inject-nmi"}] * 500
        sent = 0
        while m.alive() and "SELFTEST: " not in m.console.text:
            # Refused while QEMU has not let go of the connection before.
            with contextlib.suppress(OSError):
                vm.qmp(m, *burst)
                sent += len(burst)
            time.sleep(0.1)
        m.wait(r"^SELFTEST: \d+ passed, 0 failed", 30)
        assert sent >= 2000
