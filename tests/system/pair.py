# SPDX-License-Identifier: GPL-2.0-or-later
"""Two hosts, joined by a network, that see the same disk; one has the guest.

The transport of a migration is a program on one side, and one that listens on
the other: busybox' nc, which starts a receiver for each connection.
"""

import os
import re
import time

import machine

NAME = "moved"
GUEST = "10.0.0.2"
ADDRESS = {"a": "10.0.0.1", "b": "10.0.0.3"}
OTHER = {"a": "b", "b": "a"}
JOURNALS = "/var/lib/pellicle/migrate"
SECONDS = 240
MOVED = re.compile(r"^migrated moved in ([\d.]+) s: (\d+) rounds, "
                   r"([\d.]+) MiB, downtime (\d+) ms$", re.M)
# What listens there, with the fault of the moment.
RECEIVE = """\
#!/bin/sh
export PEL_FAULT="$(cat /tmp/fault)"
exec pel migrate-receive 2>>/tmp/receive.log
"""


def devices(folder, side):
    """A NIC of the common network, and the common disk."""
    server = "on" if side == "a" else "off"
    return ["-netdev", f"stream,id=lan,server={server},addr.type=unix,"
                       f"addr.path={folder}/lan",
            "-device", "virtio-net-pci,netdev=lan,host_mtu=60000,"
                       f"mac=52:54:00:0a:0b:0{side}",
            "-drive", "if=none,id=disk,format=raw,file.locking=off,"
                      f"file={folder}/disk",
            "-device", "virtio-blk-pci,drive=disk,share-rw=on"]


class Pair:
    """Boots them; what is said of NAME holds for any kind of guest."""

    def __init__(self, host, folder, memory_mb=1280, smp=2):
        with open(f"{folder}/disk", "wb") as f:
            f.truncate(16 << 20)
        self.hosts = {}
        for side in "ab":
            self.hosts[side] = host.boot(
                f"host-{side}", devices=devices(folder, side), smp=smp,
                memory_mb=memory_mb)
            while not os.path.exists(f"{folder}/lan"):
                assert self.hosts["a"].alive()
                time.sleep(0.1)
        for side, m in self.hosts.items():
            m.boot()
            m.ok(f"ip addr flush dev xenbr0; "
                 f"ip addr add {ADDRESS[side]}/24 dev xenbr0; "
                 "ip link set eth0 up; brctl addif xenbr0 eth0; "
                 "ip link set xenbr0 mtu 60000")
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
        address = ADDRESS[OTHER[source]]
        return f"pel migrate -s '' {options} {NAME} 'carry {address} 7000'"

    def move(self, source, fault="", target_fault="", options=""):
        """Migrate away from a host, with a fault on either side."""
        self.hosts[OTHER[source]].ok(f"echo '{target_fault}' >/tmp/fault")
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
        self.hosts[side].until(
            f"[ -z \"$(ls {JOURNALS})$(xenstore-list /vm 2>/dev/null)"
            "$(xenstore-list /local/domain/0/backend/vbd 2>/dev/null)"
            "$(xenstore-list /local/domain/0/backend/vif 2>/dev/null)\" ] && "
            "[ $(pel info | awk '/^free_memory/ { print $3 }') -ge "
            f"{self.free[side] - 1} ]")

    def settle(self):
        """Have both hosts bring to an end what was killed with its guard."""
        for m in self.hosts.values():
            m.until("! pidof pel >/dev/null", 90)
            m.tool_ok("migrate --resolve")

    def stay(self, check, fault, target_fault, owner, status):
        """Migrate away from a with a fault, then bring the guest back."""
        assert self.owner() == "a"
        result = self.move("a", fault, target_fault)
        assert status in (None, result.status), result
        if "lone" in fault + target_fault or result.status == 3:
            self.settle()
        now = self.owner(90)
        assert owner in ("", now), result
        if result.status in (0, 1):
            assert now == "ba"[result.status], result
        check(now)
        if now == "b":
            result = self.move("b")
            assert result.status == 0, result
            check("a")
