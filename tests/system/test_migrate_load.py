# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian guest moves between two hosts while it works.

--trips=N: so often there and back (1; a trip takes five to ten minutes).
"""

import re
import tempfile

import pytest

from pair import ADDRESS, GUEST, MOVED, NAME, OTHER, Pair

# Debian's Xen has no log-dirty mode for PV guests.
pytestmark = [pytest.mark.only(hv="pellicle", tools="pel"), pytest.mark.long]

# Linux 6.1's xen-netfront loses the receive buffers of its queues with every
# resume: 2 MiB a move here. There must be enough of them for ten trips.
CONFIG = f"""\
name = "{NAME}"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr={GUEST}/24"
memory = 192
vcpus = 2
disk = [ "phy:/dev/vda,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""
SILENCE = re.compile(r"longest silence (\d+) ms")

# Sends 64 times the same MiB of noise, a piece at a time, until somebody is in
# a hurry.
FEED = """\
#!/bin/sh
i=0
while [ $i -lt 1024 ]; do
    dd if=/tmp/noise bs=65536 count=1 skip=$((i % 16)) 2>/dev/null
    [ -e /tmp/hurry ] || usleep 150000
    i=$((i + 1))
done
"""
# CPU; memory that changes, 64 KiB at a time; a disk that is written and read.
LOAD = """\
mkdir /tmp/load; touch /tmp/load/go; \
(while [ -e /tmp/load/go ]; do sha256sum /bin/busybox; done | uniq | wc -l \
>/tmp/load/cpu) & \
(i=0; while [ -e /tmp/load/go ]; do head -c 65536 /dev/urandom | \
dd of=/tmp/load/memory bs=65536 seek=$((i % 128)) conv=notrunc 2>/dev/null; \
i=$((i + 1)); usleep 50000; done) & \
(echo 0 >/tmp/load/bad; while [ -e /tmp/load/go ]; do \
head -c 1048576 /dev/urandom >/tmp/load/piece; \
dd if=/tmp/load/piece of=/dev/xvda bs=64k seek=128 conv=fsync 2>/dev/null; \
echo 1 >/proc/sys/vm/drop_caches; \
dd if=/dev/xvda bs=64k skip=128 count=16 2>/dev/null | \
cmp - /tmp/load/piece || echo 1 >/tmp/load/bad; done) & \
true"""


class Debians(Pair):
    """The pair, with a Debian guest that has a disk and a NIC."""

    def check(self, side):
        """The guest is well, and the other host is clean."""
        m = self.hosts[side]
        assert m.guest(NAME, "echo $X; sha256sum </tmp/noise | cmp - /tmp/sum "
                       "&& echo 3 >/proc/sys/vm/drop_caches && "
                       "head -c 4194304 /dev/xvda | sha256sum | "
                       "cmp - /tmp/sum && nproc", 120) == "remembered\n2"
        for host in self.hosts.values():
            host.until(f"ping -c 1 -W 1 {GUEST} >/dev/null")
        self.assert_no_residue(OTHER[side])


@pytest.fixture(scope="module")
def pair(host):
    with tempfile.TemporaryDirectory() as folder:
        both = Debians(host, folder)
        a = both.hosts["a"]
        a.write("/tmp/moved.cfg", CONFIG)
        a.write("/tmp/feed", FEED)
        a.ok("chmod +x /tmp/feed; head -c 1048576 /dev/urandom >/tmp/noise; "
             "for i in $(seq 64); do cat /tmp/noise; done | sha256sum "
             ">/tmp/sum")
        a.tool_ok("create /tmp/moved.cfg")
        a.guest(NAME, "X=remembered; dd if=/dev/urandom of=/tmp/noise bs=1M "
                "count=4 2>/dev/null; sha256sum </tmp/noise >/tmp/sum; "
                "dd if=/tmp/noise of=/dev/xvda 2>/dev/null; sync", 180)
        yield both
        both.close()


def watched_move(pair, source):
    """Move it; what pel says of it, and for how long nobody was heard."""
    a = pair.hosts["a"]
    a.ok(f"silence {GUEST} >/tmp/silence & echo $! >/tmp/silent")
    result = pair.move(source)
    assert result.status == 0, result
    a.until(f"ping -c 1 -W 1 {GUEST} >/dev/null")
    a.ok("kill $(cat /tmp/silent); until grep -q longest /tmp/silence; do "
         "usleep 10000; done")
    seconds, rounds, mib, downtime = MOVED.search(result.output).groups()
    silence = SILENCE.search(a.ok("cat /tmp/silence")).group(1)
    return (f"{source} to {OTHER[source]}: {seconds} s, {rounds} rounds, "
            f"{mib} MiB, downtime {downtime} ms, {silence} ms seen from a")


def test_it_moves_there_and_back_under_load(pair, request, record_property):
    """A TCP stream goes on through each trip; its 64 MiB arrive whole."""
    assert pair.owner() == "a"
    a = pair.hosts["a"]
    a.guest(NAME, LOAD)
    for _ in range(int(request.config.getoption("--trips"))):
        a.ok("rm -f /tmp/hurry; nc -l -p 9000 -e /tmp/feed >/dev/null 2>&1 & "
             "echo $! >/tmp/feeder")
        a.guest(NAME, f"(carry {ADDRESS['a']} 9000 </dev/null | sha256sum "
                ">/tmp/load/stream) & true")
        for source in "ab":
            line = watched_move(pair, source)
            print(line)
            record_property("report", line)
            assert pair.owner() == OTHER[source]
            pair.check(OTHER[source])
        a.ok("kill -0 $(cat /tmp/feeder); touch /tmp/hurry")
        a.until("! kill -0 $(cat /tmp/feeder) 2>/dev/null", 120)
        # The stream's sum, as dom0 has it.
        told = a.guest(NAME, "until [ -s /tmp/load/stream ]; do "
                       "usleep 100000; done; cat /tmp/load/stream; "
                       "rm /tmp/load/stream", 60)
        assert told == a.ok("cat /tmp/sum")
        assert a.guest(NAME, "cat /tmp/load/bad") == "0"
    a.guest(NAME, "rm /tmp/load/go; wait; rm -r /tmp/load", 60)
