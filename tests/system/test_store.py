# SPDX-License-Identifier: GPL-2.0-or-later
"""The store dies, and guests go on."""

import pytest

from test_lifecycle import DEVICES, config, gone

PID_FILE = "/run/pelstored.pid"


@pytest.fixture
def pel(dom0):
    """dom0 with our own store, which its start script starts again."""
    if dom0.tools != "pel":
        pytest.skip("the stock store cannot be started again")
    return dom0


def kill_store(m):
    """kill -9, and wait until the next one serves."""
    pid = m.ok(f"cat {PID_FILE}")
    m.ok(f"kill -9 {pid}")
    m.until(f'[ "$(cat {PID_FILE})" != {pid} ] && pel store check')


def guest_hears(m, name):
    """An event comes to the guest, which reads the node and obeys."""
    m.tool_ok(f"vcpu-set {name} 1")
    m.until(f"in-guest {name} 20 nproc | grep -qx 1", 60)


@pytest.mark.long
def test_the_store_is_killed_while_a_guest_boots_and_when_it_runs(pel):
    pel.ok("truncate -s 1M /tmp/keeper.img")
    pel.tool_ok("create " + config(pel, "keeper", DEVICES + "vcpus = 2\n"))
    for _ in range(3):
        kill_store(pel)
    assert pel.guest("keeper", "nproc", 120) == "2"
    pel.guest("keeper", "dd if=/dev/xvda of=/dev/null bs=4k")
    pel.guest("keeper", "cat /sys/class/net/eth0/address")
    kill_store(pel)
    guest_hears(pel, "keeper")
    pel.tool_ok("shutdown -w keeper", 120)
    pel.until(gone(pel, "keeper"))
