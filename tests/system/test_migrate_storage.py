# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian guest moves between two hosts that share no disk, and takes its own.

It writes to the disk all the while, and keeps in memory what it has written.
"""

import tempfile

import pytest

import writing
from pair import MOVED, NAME, OTHER, Pair

# Debian's Xen has no log-dirty mode for PV guests.
pytestmark = [pytest.mark.only(hv="pellicle", tools="pel"), pytest.mark.long]

FOLDER = "/tmp/disks"
DISK = f"{FOLDER}/moved.img"
MIB = 24
CONFIG = f"""\
name = "{NAME}"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0"
memory = 128
vcpus = 2
disk = [ "file:{DISK},xvda,w" ]
"""
RECEIVE = """\
#!/bin/sh
export PEL_FAULT="$(cat /tmp/fault)"
exec pel migrate-receive $(cat /tmp/options) 2>>/tmp/receive.log
"""
PERMIT = f"--storage {FOLDER} --overwrite"
COPY = "--copy-storage"
REPLACE = "--copy-storage --overwrite"

class Lone(Pair):
    """The pair; each host has disks of its own."""

    def __init__(self, host, folder):
        super().__init__(host, folder)
        for m in self.hosts.values():
            m.ok(f"mkdir -p {FOLDER}")
            m.write("/tmp/receive", RECEIVE)
            self.permit(m, PERMIT)

    def permit(self, m, options):
        m.ok(f"echo '{options}' >/tmp/options")

    def files(self, side):
        """What is in the folder of disks, with a sum of each."""
        return self.hosts[side].ok(f"cd {FOLDER} && sha256sum * 2>/dev/null; "
                                   f"ls -A {FOLDER}")

    def write(self, side):
        self.hosts[side].guest(NAME, writing.START)

    def check(self, side):
        """The guest stops to write: its disk has what its memory has."""
        m = self.hosts[side]
        told = m.guest(NAME, f"echo $X; {writing.STOP}", 120)
        remembered, written = told.split()
        assert remembered == "remembered"
        print(f"{written} writes of 16 KiB so far")
        self.assert_no_residue(OTHER[side])
        for host in self.hosts.values():
            assert host.ok("ls /sys/kernel/debug/block/*/dropped "
                           "2>/dev/null; true") == ""


@pytest.fixture(scope="module")
def pair(host):
    with tempfile.TemporaryDirectory() as folder:
        both = Lone(host, folder)
        a = both.hosts["a"]
        a.write("/tmp/moved.cfg", CONFIG)
        a.ok(f"truncate -s {MIB}M {DISK}")
        a.tool_ok("create /tmp/moved.cfg")
        a.guest(NAME, f"X=remembered; {writing.FILL}", 180)
        yield both
        both.close()


def assert_stays(pair, told, options=COPY):
    """It is refused, and nothing has changed."""
    before = pair.files("b")
    result = pair.move("a", options=options)
    assert result.status == 1 and told in result.output, result
    assert pair.files("b") == before
    assert pair.owner() == "a"


def test_what_is_not_permitted_is_refused(pair):
    a, b = pair.hosts["a"], pair.hosts["b"]
    pair.write("a")
    pair.permit(b, "")
    assert_stays(pair, "takes no disks")
    pair.permit(b, "--storage /run")
    assert_stays(pair, "is not in /run")
    pair.permit(b, f"--storage {FOLDER}")
    b.ok(f"echo precious >{DISK}")
    assert_stays(pair, "exists: pel migrate --overwrite")
    assert_stays(pair, "may not be replaced", REPLACE)
    b.ok(f"rm {DISK}")
    pair.permit(b, PERMIT)
    result = a.tool(f"migrate --overwrite {NAME} b")
    assert result.status == 2 and "wants --copy-storage" in result.output
    pair.check("a")


# Where it fails, and with a file of that name there before or not.
FAULTS = [
    ("disk:kill", "", ""), ("disk:lone", "", "old"), ("disk:cut", "", "old"),
    ("suspended:kill", "", ""), ("sent:cut", "", "old"),
    ("", "disk:kill", "old"), ("", "disk:lone", ""), ("", "whole:kill", "old"),
    ("", "named:kill", ""), ("", "named:lone", "old"), ("ready:cut", "", "old"),
]


@pytest.mark.parametrize("fault, target_fault, there", FAULTS)
def test_a_fault_leaves_the_guest_and_no_file(pair, fault, target_fault, there):
    """What is on the other host is what was there."""
    b = pair.hosts["b"]
    pair.permit(b, PERMIT)
    b.ok(f"rm -f {DISK}")
    if there:
        b.ok(f"echo precious >{DISK}")
    before = pair.files("b")
    pair.write("a")
    result = pair.move("a", fault, target_fault, REPLACE)
    assert result.status != 0, result
    assert "the other host says" not in result.output, result
    if "lone" in fault + target_fault:
        pair.settle()
    assert pair.owner(90) == "a"
    b.until("! pidof pel >/dev/null", 90)
    assert pair.files("b") == before, result
    pair.check("a")


def test_it_can_be_called_off(pair):
    a, b = pair.hosts["a"], pair.hosts["b"]
    pair.permit(b, PERMIT)
    b.ok(f"rm -f {DISK}; : >/tmp/fault")
    pair.write("a")
    a.ok(f"{pair.command('a', COPY + ' --bandwidth 1')} >/tmp/out 2>&1 & "
         "echo $! >/tmp/pid")
    b.until(f"ls {FOLDER} | grep -q new")
    a.tool_ok(f"migrate --cancel {NAME}")
    a.until("! kill -0 $(cat /tmp/pid)")
    assert "interrupted" in a.ok("cat /tmp/out")
    b.until(f"[ -z \"$(ls -A {FOLDER})\" ]")
    pair.check("a")


def moves(pair, source, options):
    """It moves while it writes, and has all that it wrote."""
    target = OTHER[source]
    pair.write(source)
    result = pair.move(source, options=options)
    assert result.status == 0 and MOVED.search(result.output), result
    print(result.output)
    assert pair.owner() == target
    pair.check(target)
    return pair.hosts[target]


def test_it_moves_there_and_back_while_it_writes(pair):
    """The copy is whole; the source's stays, and is replaced on the way back.
    """
    pair.hosts["b"].ok(f"rm -f {DISK}; : >/tmp/fault")
    for source, options in (("a", COPY), ("b", REPLACE)):
        m = moves(pair, source, options)
        assert m.ok(f"head -c 16777216 {DISK} | sha256sum") == \
            m.guest(NAME, "cat /tmp/sum")
        assert m.ok(f"stat -c %s {DISK}") == str(MIB << 20)
        for host in pair.hosts.values():
            assert host.ok(f"ls -A {FOLDER}") == "moved.img"


def test_it_moves_to_a_block_device_and_back(pair):
    """Its name and size are the other host's, by another configuration."""
    a, b = pair.hosts["a"], pair.hosts["b"]
    there = CONFIG.replace(f"file:{DISK}", "phy:/dev/loop7")
    a.write("/tmp/there.cfg", there)
    b.write("/tmp/back.cfg", CONFIG)
    pair.permit(b, "--storage /dev --overwrite")
    result = pair.move("a", options=f"{REPLACE} -C /tmp/there.cfg")
    assert result.status == 1 and "has 0 bytes" in result.output
    b.ok("truncate -s 8M /tmp/small; losetup /dev/loop7 /tmp/small")
    result = pair.move("a", options=f"{REPLACE} -C /tmp/there.cfg")
    assert result.status == 1 and "has 8388608 bytes" in result.output
    b.ok(f"losetup -d /dev/loop7; rm /tmp/small; truncate -s {MIB + 8}M "
         "/tmp/large; losetup /dev/loop7 /tmp/large")
    assert_stays(pair, "/dev/loop7 exists", f"{COPY} -C /tmp/there.cfg")
    moves(pair, "a", f"{REPLACE} --compress -C /tmp/there.cfg")
    moves(pair, "b", f"{REPLACE} -C /tmp/back.cfg")
    assert a.ok(f"stat -c %s {DISK}") == str((MIB + 8) << 20)
    b.ok("losetup -d /dev/loop7; rm /tmp/large")
