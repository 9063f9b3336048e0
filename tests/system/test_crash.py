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


@pytest.fixture
def witness(dom0):
    """A healthy guest beside the sick one, asked before and after."""
    dom0.write("/tmp/witness.cfg", CONFIG.format(
        name="witness", kernel="/boot/vmlinuz", memory=160,
        on_crash="destroy") + DEBIAN)
    dom0.tool_ok("create /tmp/witness.cfg")
    dom0.guest("witness", "touch /tmp/alive", 120)
    yield dom0
    assert dom0.guest("witness", "ls /tmp") == "alive"
    assert dom0.run("dmesg | grep -E 'Call Trace|BUG:'").status == 1
    dom0.tool_ok("destroy witness")


def test_panic_ends_as_crash(witness):
    witness.write("/tmp/sick.cfg", CONFIG.format(
        name="sick", kernel="/boot/vmlinuz", memory=160,
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


def test_crash_destroys_when_told_so(dom0):
    dom0.write("/tmp/brief.cfg", CONFIG.format(
        name="brief", kernel="/boot/guest-pv/crash-garbage.elf", memory=32,
        on_crash="destroy"))
    dom0.tool_ok("create /tmp/brief.cfg")
    dom0.until(f"! {dom0.tools} list brief >/dev/null 2>&1", 30)
