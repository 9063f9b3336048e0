# SPDX-License-Identifier: GPL-2.0-or-later
"""A running guest moves between two hosts.

Two machines are joined by a network and see the same disk.  The transport is
a program on one side, and one that listens on the other: busybox' nc.
"""

import os
import re
import tempfile
import time

import pytest

import machine

# Debian's Xen has no log-dirty mode for PV guests.  Two machines and tens of
# megabytes through an emulated network: too long for every day.
pytestmark = [pytest.mark.only(hv="pellicle", tools="pel"), pytest.mark.long]

NAME = "moved"
CONFIG = """\
name = "moved"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr=10.0.0.2/24"
memory = 128
vcpus = 2
disk = [ "phy:/dev/vda,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""
# What listens there, with the fault of the moment.
RECEIVE = """\
#!/bin/sh
export PEL_FAULT="$(cat /tmp/fault)"
exec pel migrate-receive 2>>/tmp/receive.log
"""
JOURNALS = "/var/lib/pellicle/migrate"
ADDRESS = {"a": "10.0.0.1", "b": "10.0.0.3"}
SECONDS = 240
MOVED = re.compile(r"^migrated moved in ([\d.]+) s: (\d+) rounds, "
                   r"([\d.]+) MiB, downtime (\d+) ms$", re.M)


def devices(folder, side):
    """A NIC of the common network, and the common disk."""
    server = "on" if side == "a" else "off"
    return ["-netdev", f"stream,id=lan,server={server},addr.type=unix,"
                       f"addr.path={folder}/lan",
            "-device", f"virtio-net-pci,netdev=lan,mac=52:54:00:0a:0b:0{side}",
            "-drive", "if=none,id=disk,format=raw,file.locking=off,"
                      f"file={folder}/disk",
            "-device", "virtio-blk-pci,drive=disk,share-rw=on"]


class Pair:
    """Two hosts; the guest is on one of them."""

    def __init__(self, host, folder):
        with open(f"{folder}/disk", "wb") as f:
            f.truncate(16 << 20)
        self.hosts = {}
        for side in "ab":
            self.hosts[side] = host.boot(
                f"host-{side}", devices=devices(folder, side), smp=2,
                memory_mb=1280)
            while not os.path.exists(f"{folder}/lan"):
                assert self.hosts["a"].alive()
                time.sleep(0.1)
        for side, m in self.hosts.items():
            m.boot()
            m.ok(f"ip addr flush dev xenbr0; "
                 f"ip addr add {ADDRESS[side]}/24 dev xenbr0; "
                 "ip link set eth0 up; brctl addif xenbr0 eth0")
            m.write("/tmp/receive", RECEIVE)
            m.ok("chmod +x /tmp/receive; : >/tmp/fault")
            self.listen(side)
        self.free = {side: self.memory(side) for side in "ab"}

    def close(self):
        for m in self.hosts.values():
            m.kill()

    def listen(self, side):
        self.hosts[side].ok("nc -ll -p 7000 -e /tmp/receive </dev/null "
                            ">/dev/null 2>&1 &")

    def memory(self, side):
        return int(self.hosts[side].ok(
            "pel info | awk '/^free_memory/ { print $3 }'"))

    def command(self, source, options=""):
        """The command line that moves the guest away from a host."""
        address = ADDRESS["b" if source == "a" else "a"]
        return f"pel migrate -s '' {options} {NAME} 'carry {address} 7000'"

    def move(self, source, fault="", target_fault="", options=""):
        """Migrate away from a host, with a fault on either side."""
        there = self.hosts["b" if source == "a" else "a"]
        there.ok(f"echo '{target_fault}' >/tmp/fault")
        return self.hosts[source].run(
            f"PEL_FAULT={fault} {self.command(source, options)}", SECONDS)

    def states(self):
        """Hosts that have the guest, and in which state."""
        found = {}
        for side, m in self.hosts.items():
            lines = m.ok("pel list").splitlines()[2:]
            if lines:
                assert len(lines) == 1 and lines[0].startswith(NAME), lines
                found[side] = lines[0].split()[4]
        return found

    def owner(self, seconds=60):
        """The one host that runs the guest; the other one has none of it."""
        end = time.monotonic() + seconds * machine.SLOW
        while True:
            found = self.states()
            if len(found) == 1:
                side, state = found.popitem()
                if "p" not in state and "s" not in state:
                    return side
            assert time.monotonic() < end, f"{found or side}"
            time.sleep(0.5)

    def assert_no_residue(self, side):
        """Nothing of the guest is left on a host that it has left."""
        m = self.hosts[side]
        m.until(f"[ -z \"$(ls {JOURNALS})\" ]")
        m.until("[ -z \"$(xenstore-list /vm 2>/dev/null)"
                "$(xenstore-list /local/domain/0/backend/vbd 2>/dev/null)"
                "$(xenstore-list /local/domain/0/backend/vif 2>/dev/null)\" ]")
        m.until("[ $(pel info | awk '/^free_memory/ { print $3 }') -ge "
                f"{self.free[side] - 1} ]")

    def check(self, side):
        """The guest is well, and the other host is clean."""
        m = self.hosts[side]
        assert m.guest(NAME, "echo $X; sha256sum </tmp/noise | cmp - /tmp/sum "
                       "&& echo 3 >/proc/sys/vm/drop_caches && "
                       "head -c 4194304 /dev/xvda | sha256sum | "
                       "cmp - /tmp/sum && nproc", 120) == "remembered\n2"
        for host in self.hosts.values():
            host.until("ping -c 1 -W 1 10.0.0.2 >/dev/null")
        self.assert_no_residue("b" if side == "a" else "a")


@pytest.fixture(scope="module")
def pair(host):
    with tempfile.TemporaryDirectory() as folder:
        both = Pair(host, folder)
        a = both.hosts["a"]
        a.write("/tmp/moved.cfg", CONFIG)
        a.tool_ok("create /tmp/moved.cfg")
        a.guest(NAME, "X=remembered; dd if=/dev/urandom of=/tmp/noise bs=1M "
                "count=4 2>/dev/null; sha256sum </tmp/noise >/tmp/sum; "
                "dd if=/tmp/noise of=/dev/xvda 2>/dev/null; sync", 180)
        yield both
        both.close()


def test_it_moves_there_and_back(pair):
    assert pair.owner() == "a"
    for source, target in ("ab", "ba"):
        result = pair.move(source)
        assert result.status == 0 and MOVED.search(result.output), result
        print(result.output)
        assert pair.owner() == target
        pair.check(target)


def test_it_can_be_called_off(pair):
    """One is slow, and cancelled; another finds nobody."""
    a = pair.hosts["a"]
    assert pair.owner() == "a"
    a.ok(f"{pair.command('a', '--bandwidth 1')} >/tmp/out 2>&1 & "
         "echo $! >/tmp/pid")
    a.until(f"[ -n \"$(ls {JOURNALS})\" ]")
    a.tool_ok(f"migrate --cancel {NAME}")
    a.until("! kill -0 $(cat /tmp/pid)")
    assert "interrupted" in a.ok("cat /tmp/out")
    pair.check("a")
    result = a.tool(f"migrate -s '' {NAME} 'carry 10.0.0.3 7001'")
    assert result.status == 1 and "is lost" in result.output, result
    pair.check("a")


# Who fails where; who owns the guest afterwards ("": that depends), and the
# exit status.
SHORT = [
    ("suspended:kill", "", "a", None),
    ("", "built:kill", "a", 1),
    ("committed:lone", "", "a", None),
    ("commit-sent:cut", "", "", None),
    ("", "taken:kill", "b", 0),
]
SOURCE = ["hello", "round", "suspended", "sent", "ready", "committed",
          "commit-sent", "done", "destroyed"]
TARGET = ["built", "ready-sent", "commit-heard", "taken", "running"]


def stay(pair, fault, target_fault, owner, status):
    """Migrate away from a with a fault, then bring the guest back."""
    assert pair.owner() == "a"
    result = pair.move("a", fault, target_fault)
    assert status in (None, result.status), result
    if "lone" in fault + target_fault or result.status == 3:
        for m in pair.hosts.values():
            m.until("! pidof pel >/dev/null", 90)
            m.tool_ok("migrate --resolve")
    now = pair.owner(90)
    assert owner in ("", now), result
    if result.status in (0, 1):
        assert now == "ba"[result.status], result
    pair.check(now)
    if now == "b":
        result = pair.move("b")
        assert result.status == 0, result
        pair.check("a")


def test_an_undecided_guest_waits_for_the_answer(pair):
    """The other host is lost at the hand-over, and can be reached later."""
    a, b = pair.hosts["a"], pair.hosts["b"]
    assert pair.owner() == "a"
    b.ok(": >/tmp/fault")
    a.ok(f"(PEL_FAULT=commit-sent:cut {pair.command('a')}; "
         "echo status $?) >/tmp/out 2>&1 &")
    b.until(f"[ -n \"$(ls {JOURNALS})\" ]")
    b.ok("kill $(pidof nc)")
    a.until("grep -q status /tmp/out", SECONDS)
    assert "status 3" in a.ok("cat /tmp/out")
    assert a.tool(f"migrate --resolve {NAME}").status == 3
    assert pair.states()["a"].strip("-") == "s"
    pair.listen("b")
    a.tool_ok(f"migrate --resolve {NAME}")
    now = pair.owner()
    pair.check(now)
    if now == "b":
        assert pair.move("b").status == 0
        pair.check("a")


@pytest.mark.parametrize("fault, target_fault, owner, status", SHORT)
def test_a_fault_leaves_one_owner(pair, fault, target_fault, owner, status):
    stay(pair, fault, target_fault, owner, status)


@pytest.mark.parametrize("action", ["kill", "lone", "cut"])
def test_a_fault_of_the_source_leaves_one_owner(pair, action):
    for step in SOURCE:
        stay(pair, f"{step}:{action}", "", "", None)


@pytest.mark.parametrize("action", ["kill", "lone"])
def test_a_fault_of_the_target_leaves_one_owner(pair, action):
    for step in TARGET:
        stay(pair, "", f"{step}:{action}", "", None)
