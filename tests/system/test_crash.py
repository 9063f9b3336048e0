# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that goes wrong ends as crashed and harms nobody."""

import pytest

CONFIG = """\
name = "{name}"
kernel = "{kernel}"
memory = {memory}
vcpus = 1
on_crash = "{on_crash}"
"""

DEBIAN = """\
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 panic=0"
"""


def crashed(m, name):
    """Shell condition: the list shows the guest as crashed."""
    return (f"{m.tools} list {name} 2>/dev/null | "
            "awk 'NR == 2 && $5 ~ /c/ { found = 1 } END { exit !found }'")


@pytest.fixture(scope="module")
def healthy(shared):
    """A healthy guest that lives beside the sick ones."""
    m = shared.get()
    m.write("/tmp/witness.cfg", CONFIG.format(
        name="witness", kernel="/boot/vmlinuz.lz4", memory=160,
        on_crash="destroy") + DEBIAN)
    m.tool_ok("create /tmp/witness.cfg")
    m.guest("witness", "touch /tmp/alive", 120)
    yield m
    if m.alive() and m.usable:
        m.tool("destroy witness")


@pytest.fixture
def witness(healthy):
    """dom0, with the healthy guest and dom0 itself asked afterwards."""
    yield healthy
    assert healthy.guest("witness", "ls /tmp") == "alive"
    assert healthy.run("dmesg | grep -E 'Call Trace|BUG:'").status == 1


def test_panic_ends_as_crash(witness):
    witness.write("/tmp/sick.cfg", CONFIG.format(
        name="sick", kernel="/boot/vmlinuz.lz4", memory=160,
        on_crash="preserve") + DEBIAN)
    witness.tool_ok("create /tmp/sick.cfg")
    witness.guest("sick", "true", 120)
    witness.run("in-guest sick 5 'echo c >/proc/sysrq-trigger'", 60)
    witness.until(crashed(witness, "sick"), 60)
    witness.tool_ok("destroy sick")


@pytest.mark.parametrize("image", ["crash-panic", "crash-triple",
                                   "crash-garbage"])
def test_wild_kernel_ends_as_crash(witness, image):
    witness.write("/tmp/wild.cfg", CONFIG.format(
        name="wild", kernel=f"/boot/guest-pv/{image}.elf", memory=32,
        on_crash="preserve"))
    witness.tool_ok("create /tmp/wild.cfg")
    witness.until(crashed(witness, "wild"), 30)
    witness.tool_ok("destroy wild")


def test_crash_destroys_when_told_so(witness):
    witness.write("/tmp/brief.cfg", CONFIG.format(
        name="brief", kernel="/boot/guest-pv/crash-garbage.elf", memory=32,
        on_crash="destroy"))
    witness.tool_ok("create /tmp/brief.cfg")
    witness.until(f"! {witness.tools} list brief >/dev/null 2>&1", 30)
