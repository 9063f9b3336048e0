# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian guest is saved and restored, and does not notice more than it must.

On its way it is cloned, and recovered from a snapshot.

Every story holds for each pair of hypervisor and toolstack, but those that
speak of files: only ours are written aside and checked.
"""

import os
import re

import pytest

import machine

NAME = "kept"
IMAGE = "/tmp/kept.save"
CONFIG = """\
name = "kept"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr=10.0.0.2/24"
memory = 160
vcpus = 2
disk = [ "file:/tmp/kept.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""
SECONDS = 240  # for the whole memory through an emulated machine


@pytest.fixture(scope="module")
def guest(shared):
    """One guest for all stories, with a value in its shell and a hash."""
    m = shared.get()
    m.ok("truncate -s 16M /tmp/kept.img")
    m.write("/tmp/kept.cfg", CONFIG)
    m.tool_ok("create /tmp/kept.cfg")
    m.guest(NAME, "X=remembered; dd if=/dev/urandom of=/tmp/noise bs=1M "
            "count=8 2>/dev/null; sha256sum </tmp/noise >/tmp/sum; "
            "dd if=/tmp/noise of=/dev/xvda 2>/dev/null; sync", 180)
    yield m
    if m.alive() and m.usable:
        m.tool(f"destroy {NAME}")
        m.run(f"rm -f /tmp/kept.img {IMAGE}")


def uptime(m):
    return float(m.guest(NAME, "cut -d\\  -f1 /proc/uptime"))


def assert_unharmed(m):
    """What was in memory, on the disk and on the network is there."""
    assert m.guest(NAME, "echo $X; nproc", 120) == "remembered\n2"
    m.guest(NAME, "sha256sum </tmp/noise | cmp - /tmp/sum")
    m.guest(NAME, "echo 3 >/proc/sys/vm/drop_caches; "
            "head -c 8388608 /dev/xvda | sha256sum | cmp - /tmp/sum", 60)
    assert "0% packet loss" in m.ok("ping -c 2 10.0.0.2")


def domains(m):
    return [line.split()[0] for line in m.tool_ok("list").splitlines()[2:]]


def test_it_goes_on_after_a_checkpoint(guest):
    before = uptime(guest)
    guest.tool_ok(f"save -c {NAME} {IMAGE}", SECONDS)
    assert domains(guest) == [NAME]
    assert_unharmed(guest)
    assert before < uptime(guest) < before + SECONDS * machine.SLOW


def test_it_goes_on_from_its_image(guest):
    before = uptime(guest)
    guest.tool_ok(f"save {NAME} {IMAGE}", SECONDS)
    assert domains(guest) == []
    guest.tool_ok(f"restore {IMAGE}", SECONDS)
    assert domains(guest) == [NAME]
    assert_unharmed(guest)
    assert before < uptime(guest) < before + SECONDS * machine.SLOW


@pytest.mark.long
def test_it_can_be_saved_again_and_wait_paused(guest):
    for option in ("", "--compress" if guest.tools == "pel" else ""):
        guest.tool_ok(f"save {option} {NAME} {IMAGE}", SECONDS)
        guest.tool_ok(f"restore -p {IMAGE}", SECONDS)
        line = guest.tool_ok(f"list {NAME}").splitlines()[1]
        assert "p" in line.split()[4]
        guest.tool_ok(f"unpause {NAME}")
        assert_unharmed(guest)


ours_alone = pytest.mark.only(hv="pellicle", tools="pel")
DRILL = os.path.join(machine.TOP, "configs/recovery/pel-drill")


@ours_alone
def test_a_snapshot_and_a_clone_of_a_guest_that_runs(guest):
    guest.ok(f"rm -f {IMAGE}")
    for told in (guest.tool_ok(f"snapshot create {NAME} before", SECONDS),
                 guest.tool_ok(f"clone -N {NAME} twin", SECONDS)):
        still_ms = int(re.search(r"stood still for (\d+) ms", told)[1])
        print(f"stood still for {still_ms} ms")
        assert still_ms < 2000 * machine.SLOW
    assert guest.guest("twin", "echo $X; nproc", 120) == "remembered\n2"
    guest.guest("twin", "head -c 8388608 /dev/xvda | sha256sum | "
                "cmp - /tmp/sum; dd if=/dev/zero of=/dev/xvda bs=1M count=1; "
                "sync", 60)
    guest.tool_ok("destroy twin; rm /tmp/kept.img.twin")
    assert_unharmed(guest)


@ours_alone
def test_the_snapshot_passes_the_recovery_drill(guest):
    with open(DRILL, encoding="utf-8") as f:
        guest.write("/tmp/drill", f.read())
    guest.write("/tmp/ask", "#!/bin/sh\n"
                "[ \"$(in-guest $1 200 'echo $X')\" = remembered ]")
    guest.ok("chmod +x /tmp/ask; "
             f"sh /tmp/drill -s 1 -c /tmp/ask {NAME} before", SECONDS)
    assert domains(guest) == [NAME]
    assert guest.ok("ls /tmp/*.drill* 2>/dev/null; true") == ""
    guest.ok("rm -r /var/lib/pellicle/snapshots")


@pytest.fixture
def ours(guest):
    if guest.tools != "pel":
        pytest.skip("a promise of pel alone")
    return guest


def free_mib(m):
    return int(m.ok("pel info | awk '/^free_memory/ { print $3 }'"))


def test_a_full_disk_leaves_the_guest_and_no_file(ours):
    ours.ok("mkdir -p /tmp/small && mount -t tmpfs -o size=8m none /tmp/small")
    result = ours.tool(f"save {NAME} /tmp/small/image", SECONDS)
    left = ours.ok("ls -A /tmp/small")
    ours.ok("umount /tmp/small")
    assert result.status == 1 and "No space left" in result.output, result
    assert left == ""
    assert_unharmed(ours)


@pytest.mark.parametrize(
    "signal", [pytest.param("TERM", marks=pytest.mark.long), "KILL"])
def test_a_killed_save_leaves_the_guest_and_no_file(ours, signal):
    """It dies in the middle of writing to a pipe that nobody reads on."""
    ours.ok("mkdir -p /tmp/dir && mkfifo /tmp/dir/pipe")
    ours.ok(f"(head -c 1000000 >/dev/null; exec sleep 1000) "
            "</tmp/dir/pipe & "
            f"echo $! >/tmp/reader; pel save {NAME} /tmp/dir/pipe "
            ">/dev/null 2>&1 & echo $! >/tmp/saver")
    ours.until(f"pel list --json {NAME} | grep -q suspend", 60)
    ours.ok(f"kill -{signal} $(cat /tmp/saver); kill $(cat /tmp/reader); "
            "rm -r /tmp/dir")
    ours.until(f"! pel list --json {NAME} | grep -q suspend", 60)
    assert_unharmed(ours)


def assert_refused(m, told):
    result = m.tool(f"restore {IMAGE}", SECONDS)
    assert result.status == 1 and told in result.output, result
    assert len(result.output.splitlines()) == 1, result
    assert domains(m) == []


def test_a_damaged_image_leaves_nothing(ours):
    """The last story: in the end neither guest nor image is left."""
    ours.tool_ok(f"save {NAME} {IMAGE}", SECONDS)
    ours.ok("sleep 1; sync")
    before = free_mib(ours)
    size = int(ours.ok(f"stat -c %s {IMAGE}"))
    for at, told in ((0, "not the image of a guest"), (size // 2, "damaged")):
        ours.ok(f"dd if={IMAGE} of=/tmp/was bs=1 skip={at} count=1")
        # A byte that differs from what was there.
        ours.ok(f"printf x | cmp -s - /tmp/was && new=y || new=x; "
                f"printf $new | dd of={IMAGE} bs=1 seek={at} conv=notrunc")
        assert_refused(ours, told)
        ours.ok(f"dd if=/tmp/was of={IMAGE} bs=1 seek={at} conv=notrunc")
    for left in (size // 2, 100, 0):
        ours.ok(f"truncate -s {left} {IMAGE}")
        assert_refused(ours, "cut")
    assert free_mib(ours) >= before - 1
    assert ours.run("xenstore-list /vm 2>/dev/null").output == ""
