# SPDX-License-Identifier: GPL-2.0-or-later
"""Our own kernel tests the hypervisor from inside, as dom0 and as a guest.

Each of its tests counts: the numbers of its last line are recorded for the
runner, which adds them up.
"""

import os
import re

import machine as vm

RESULT = r"^SELFTEST: (\d+) passed, (\d+) failed, (\d+) skipped$"
SECONDS = 180

CONFIG = """\
name = "selftest"
kernel = "/boot/guest-pv/selftest.elf"
memory = 32
vcpus = 4
on_poweroff = "preserve"
"""


def judge(output, record_property):
    """Record the totals of a run, and fail if it should not pass."""
    match = re.search(RESULT, output, re.M)
    passed, failed, skipped = (int(n) for n in match.groups())
    bad = re.findall(r"^FAIL .*", output, re.M)
    for name, number in (("passed", passed), ("failed", failed),
                         ("skipped", skipped)):
        record_property(name, str(number))
    assert not failed and not bad, "\n".join(bad)
    assert passed


def test_selftest_as_dom0(host, record_property):
    kernel = os.path.join(vm.TOP, "build/guest-pv/selftest.elf")
    with vm.Machine("selftest", hv=host.hv, kernel=kernel, initrd="", smp=2,
                    dom0_mb=128, hv_args="dom0_max_vcpus=4") as m:
        m.wait(r".", vm.START_SECONDS)
        m.wait(RESULT, SECONDS)
        judge(m.console.text, record_property)
        assert m.wait_end(30) == 0


def test_selftest_as_guest(dom0, record_property):
    dom0.write("/tmp/selftest.cfg", CONFIG)
    dom0.tool_ok("create /tmp/selftest.cfg")
    log = dom0.console_log("selftest")
    dom0.until(f"grep -q '^SELFTEST:' {log}", SECONDS)
    output = dom0.ok(f"cat {log}")
    dom0.tool_ok("destroy selftest")
    judge(output, record_property)
