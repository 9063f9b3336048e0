# SPDX-License-Identifier: GPL-2.0-or-later
"""The store dies, or another takes over, and guests go on."""

import pytest

from test_changes import wait_for_cpus
from test_lifecycle import DEVICES, config, gone

# The stock store cannot be started again.
pytestmark = pytest.mark.only(tools="pel")

PID_FILE = "/run/pelstored.pid"
NEW = "/tmp/pelstored.new"

# One program writes and reads what it wrote, another hears of each write.
LOAD = """\
rm -f /tmp/stop /tmp/events
echo 0 >/tmp/written
xenstore-write /load 0
xenstore-watch /load >/tmp/events &
echo $! >/tmp/watch
until [ -s /tmp/events ]; do usleep 10000; done
(n=0
until [ -e /tmp/stop ]; do
    n=$((n + 1))
    xenstore-write /load $n && [ "$(xenstore-read /load)" = $n ] || break
    echo $n >/tmp/written
done
rm /tmp/stop) >/tmp/trouble 2>&1 &
"""

# Where the reference's tools are, a stranger asks.
TAKE_OVER = f"""\
if command -v xenstore-control >/dev/null; then
    xenstore-control live-update {NEW}
else
    [ "$(pel store -- live-update -f {NEW})" = OK ] &&
    [ "$(pel store -- live-update -s)" = OK ]
fi
"""


@pytest.fixture
def keeper(dom0):
    """A dom0 with our own store, whose guest has just begun to boot."""
    dom0.ok("truncate -s 1M /tmp/keeper.img")
    dom0.tool_ok("create " + config(dom0, "keeper", DEVICES + "vcpus = 2\n"))
    return dom0


def store_pid(m):
    return m.ok(f"cat {PID_FILE}")


def kill_store(m):
    """kill -9, and wait until the next one serves."""
    pid = store_pid(m)
    m.ok(f"kill -9 {pid}")
    m.until(f'[ "$(cat {PID_FILE})" != {pid} ] && pel store check')


def guest_hears(m, cpus):
    """An event comes to the guest, which reads the node and obeys."""
    m.tool_ok(f"vcpu-set -i keeper {cpus}")
    wait_for_cpus(m, "keeper", cpus)


def guest_uses_its_devices(m):
    m.guest("keeper", "echo 3 >/proc/sys/vm/drop_caches; "
            "dd if=/dev/xvda of=/dev/null bs=4k && "
            "cat /sys/class/net/eth0/address")


def test_another_store_takes_over_while_a_guest_works(keeper):
    kill_store(keeper)
    assert keeper.guest("keeper", "nproc", 120) == "2"
    keeper.ok(f"cp /bin/pelstored {NEW}")
    pid = store_pid(keeper)
    keeper.ok(LOAD)
    keeper.ok(TAKE_OVER)
    written = keeper.ok("cat /tmp/written")
    guest_uses_its_devices(keeper)
    guest_hears(keeper, 1)
    keeper.until(f"[ $(cat /tmp/written) -gt {written} ]")
    assert keeper.ok(f"readlink /proc/{pid}/exe") == NEW

    keeper.ok("touch /tmp/stop")
    keeper.until("[ ! -e /tmp/stop ]")
    assert keeper.ok("cat /tmp/trouble") == ""
    # One event for the watch itself, one for each write.
    events = int(keeper.ok("cat /tmp/written")) + 1
    keeper.until(f"[ $(wc -l </tmp/events) -ge {events} ]")
    keeper.ok("kill $(cat /tmp/watch)")
    assert int(keeper.ok("wc -l </tmp/events")) == events


@pytest.mark.long
def test_the_store_is_killed_while_a_guest_boots_and_when_it_runs(keeper):
    for _ in range(3):
        kill_store(keeper)
    assert keeper.guest("keeper", "nproc", 120) == "2"
    guest_uses_its_devices(keeper)
    kill_store(keeper)
    guest_hears(keeper, 1)
    guest_hears(keeper, 2)
    keeper.tool_ok("shutdown -w keeper", 120)
    keeper.until(gone(keeper, "keeper"))
