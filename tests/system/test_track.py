# SPDX-License-Identifier: GPL-2.0-or-later
"""Tracking mode: the dirty log of a running Debian guest with two CPUs.

configs/host/programs/dirty-log.c compares each round of the log with what has
changed in the guest's memory: a page that changed and is not in the log is
"missed".
"""

import base64
import re

import pytest

# Debian's Xen has no log-dirty mode for PV guests.
pytestmark = pytest.mark.only(hv="pellicle")

CONFIG = """\
name = "tracked"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0"
memory = 192
vcpus = 2
"""

# Memory written, processes forked, page tables made and dropped.
LOAD = """\
mount -t tmpfs -o size=48m none /mnt
dd if=/dev/urandom of=/mnt/seed bs=1M count=4 2>/dev/null
sum=$(sha256sum </mnt/seed)
i=0
while [ ! -e /tmp/stop ]; do
    cp /mnt/seed /mnt/copy$((i % 5))
    [ "$(sha256sum </mnt/copy$((i % 5)))" = "$sum" ] || echo bad >>/tmp/bad
    [ "$(for n in 1 2 3 4 5; do (echo $n); done | tr -d "\\n")" = 12345 ] ||
        echo fork >>/tmp/bad
    i=$((i + 1))
done
echo $i >/tmp/rounds
"""

ROUND = re.compile(r"^round \d+: dirty (\d+) changed (\d+) missed (\d+)$",
                   re.M)


@pytest.fixture(scope="module")
def tracked(shared):
    """A machine with the guest; its number is m.domid."""
    m = shared.get(smp=2)
    m.write("/tmp/tracked.cfg", CONFIG)
    m.tool_ok("create /tmp/tracked.cfg")
    m.domid = m.tool_ok("domid tracked").strip()
    m.guest("tracked", "true", 120)
    yield m
    if m.alive() and m.usable:
        m.tool("destroy tracked")


def log(m, command, seconds=30):
    return m.ok(f"dirty-log {m.domid} {command}", seconds)


def check(m, rounds, ms, seconds):
    """Rounds of the log against the truth: lists of dirty and changed."""
    found = ROUND.findall(log(m, f"check {rounds} {ms}", seconds))
    assert len(found) == rounds
    assert all(int(missed) == 0 for _, _, missed in found)
    # What is in the log for safety's sake alone is little.
    assert all(int(dirty) - int(changed) < 300 for dirty, changed, _ in found)
    return [int(d) for d, _, _ in found], [int(c) for _, c, _ in found]


def audit(m):
    """The hypervisor's own check, of shadow tables too."""
    m.tool_ok("debug-keys a")
    return m.ok(f"{m.tools} dmesg | grep -o 'audit: [0-9]* violations' | "
                "tail -n 1")


def refused(m, command):
    return m.run(f"dirty-log {m.domid} {command}").status != 0


def test_errors(tracked):
    assert refused(tracked, "off")
    assert refused(tracked, "clean")
    assert refused(tracked, "peek")
    assert tracked.run("dirty-log 0 on").status != 0
    log(tracked, "on")
    assert refused(tracked, "on")
    log(tracked, "off")


def test_idle_guest_dirties_little(tracked):
    log(tracked, "on")
    dirty, _ = check(tracked, 3, 500, 120)
    assert min(dirty) < 600  # of 49152; its clock ticks
    log(tracked, "off")


def test_load_is_in_the_log_and_unharmed(tracked):
    m = tracked
    script = base64.b64encode(LOAD.encode()).decode()
    m.guest("tracked", f"echo {script} | base64 -d >/tmp/load; "
            "sh /tmp/load </dev/null >/dev/null 2>&1 &", 60)
    log(m, "on")
    _, changed = check(m, 4, 700, 240)
    assert max(changed) > 100
    assert audit(m) == "audit: 0 violations"
    # Room for few shadow tables: all are dropped again and again.
    log(m, "limit 1")
    _, changed = check(m, 2, 700, 240)
    assert max(changed) > 100
    assert audit(m) == "audit: 0 violations"
    log(m, "limit 0")
    log(m, "off")
    for _ in range(3):
        log(m, "on")
        log(m, "clean")
        log(m, "off")
    m.guest("tracked", "touch /tmp/stop; "
            "while [ ! -e /tmp/rounds ]; do sleep 1; done", 120)
    assert m.guest("tracked", "cat /tmp/bad 2>/dev/null; echo end") == "end"
    assert int(m.guest("tracked", "cat /tmp/rounds")) > 0


def test_a_tracked_guest_can_be_destroyed(tracked):
    log(tracked, "on")
    tracked.tool_ok("destroy tracked")
    tracked.tool_ok("list")
