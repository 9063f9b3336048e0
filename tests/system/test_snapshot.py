# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian guest goes back to what it was, and runs beside its clones."""

import json

import pytest

import writing

pytestmark = [pytest.mark.only(tools="pel"), pytest.mark.long]

NAME = "kept"
CONFIG = """\
name = "kept"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr=10.0.0.2/24"
memory = 160
vcpus = 1
disk = [ "file:/tmp/kept.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""
SECONDS = 240  # for the whole memory through an emulated machine

# What the guest says of its memory and its disk, by other ways than ours.
SUMS = ("sync; echo 3 >/proc/sys/vm/drop_caches; "
        "cat /tmp/noise /dev/xvda | sha256sum")


def snapshot(m, words, seconds=SECONDS):
    return m.tool_ok(f"snapshot {words}", seconds)


def snapshots(m):
    found = json.loads(snapshot(m, f"list --json {NAME}"))
    return {one["name"]: one for one in found}


def change(m, mib):
    """One MiB of memory, and as much of the disk; the guest's own sum."""
    return m.guest(NAME, "dd if=/dev/urandom of=/tmp/noise bs=1M count=1 "
                   f"seek={mib} conv=notrunc 2>/dev/null; dd if=/tmp/noise "
                   f"of=/dev/xvda bs=1M count=1 skip={mib} seek={mib} "
                   f"2>/dev/null; {SUMS}")


CHANGES = 10


@pytest.fixture(scope="module")
def roomy(host):
    """A dom0 that keeps the chain in its memory, and what is made of it."""
    with host.boot("snapshots", memory_mb=2560, dom0_mb=1280) as m:
        yield m.boot()


@pytest.fixture(scope="module")
def guest(roomy):
    """A guest with a chain of snapshots, and its own sum at each."""
    m = roomy
    m.ok("truncate -s 16M /tmp/kept.img")
    m.write("/tmp/kept.cfg", CONFIG)
    m.tool_ok("create /tmp/kept.cfg")
    m.guest(NAME, "X=remembered; dd if=/dev/urandom of=/tmp/noise bs=1M "
            "count=24 2>/dev/null", 180)
    m.sums = [change(m, 0)]
    snapshot(m, f"create {NAME} s0")
    for i in range(1, CHANGES + 1):
        m.sums.append(change(m, i))
        snapshot(m, f"create {NAME} s{i}")
    yield m
    if m.alive() and m.usable:
        for name in (NAME, "twin"):
            m.tool(f"destroy {name}")
        m.run("rm -rf /tmp/kept.* /var/lib/pellicle/snapshots")


def test_each_stores_what_changed(guest):
    found = snapshots(guest)
    assert list(found) == [f"s{i}" for i in range(len(guest.sums))]
    full = found["s0"]["bytes"]
    print({name: one["bytes"] for name, one in found.items()})
    for i in range(1, len(guest.sums)):
        assert found[f"s{i}"]["parent"] == f"s{i - 1}"
        assert found[f"s{i}"]["bytes"] < full / 20
    snapshot(guest, f"verify {NAME}")


@pytest.mark.parametrize("back", [1, 0])
def test_it_goes_back(guest, back):
    snapshot(guest, f"revert {NAME} s{back}")
    assert guest.guest(NAME, SUMS, 120) == guest.sums[back]
    assert guest.guest(NAME, "echo $X") == "remembered"
    assert snapshots(guest)[f"s{back}"]["current"]


def test_one_that_goes_leaves_its_pages_to_its_children(guest):
    snapshot(guest, f"delete {NAME} s1")
    assert snapshots(guest)["s2"]["parent"] == "s0"
    snapshot(guest, f"verify {NAME} s2")
    snapshot(guest, f"revert {NAME} s2")
    assert guest.guest(NAME, SUMS, 120) == guest.sums[2]


def test_a_clone_runs_beside_it(guest):
    guest.tool_ok(f"clone --no-network {NAME}/s2 twin", SECONDS)
    assert guest.guest("twin", SUMS, 120) == guest.sums[2]
    guest.guest("twin", "dd if=/dev/zero of=/dev/xvda bs=1M count=1; sync")
    assert guest.guest(NAME, SUMS) == guest.sums[2]
    ids = [guest.ok(f"xenstore-read /local/domain/$(pel domid {name})/"
                    "platform/generation-id") for name in (NAME, "twin")]
    assert ids[0] != ids[1]


def test_clones_of_it_as_it_is_now(guest):
    """With the network: each has an address of its own, below IP."""
    guest.tool("destroy twin")
    guest.ok("rm -f /tmp/kept.img.twin")
    before = snapshots(guest)
    guest.tool_ok(f"clone {NAME} twin", SECONDS)
    assert guest.guest("twin", "echo $X", 120) == "remembered"
    macs = guest.ok("xenstore-read $(for n in kept twin; do echo "
                    "/local/domain/$(pel domid $n)/device/vif/0/mac; done)")
    assert len(set(macs.split())) == 2
    assert snapshots(guest) == before
    guest.tool_ok("destroy twin; rm /tmp/kept.img.twin")
    guest.tool_ok(f"clone --no-network -n 2 {NAME} twin", 2 * SECONDS)
    for name in ("twin-1", "twin-2"):
        assert guest.guest(name, "echo $X", 120) == "remembered"
        guest.tool_ok(f"destroy {name}; rm /tmp/kept.img.{name}")


def test_one_that_writes_all_the_while(guest):
    """Its disk, which no reflink can freeze, is of its memory's instant."""
    guest.guest(NAME, f"rm /tmp/noise; {writing.FILL}; {writing.START}", 180)
    snapshot(guest, f"create {NAME} busy")
    guest.tool_ok(f"clone --no-network {NAME} twin", SECONDS)
    for name in ("twin", NAME):
        assert int(guest.guest(name, writing.STOP, 120)) > 0
    guest.tool_ok("destroy twin; rm /tmp/kept.img.twin")
    snapshot(guest, f"revert {NAME} busy")
    guest.guest(NAME, writing.STOP, 120)
    snapshot(guest, f"revert {NAME} s0")


ON_DEVICE = """\
name = "device"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0"
memory = 128
vcpus = 1
disk = [ "phy:/dev/loop7,xvda,w" ]
"""


def test_a_block_device_goes_back(shared):
    m = shared.get()
    m.ok("truncate -s 16M /tmp/device.img; losetup /dev/loop7 /tmp/device.img")
    m.write("/tmp/device.cfg", ON_DEVICE)
    m.tool_ok("create /tmp/device.cfg")
    m.guest("device", f"{writing.FILL}; {writing.START}", 180)
    m.tool_ok("snapshot create device busy", SECONDS)
    result = m.tool("clone device twin")
    assert result.status == 1 and "--disks" in result.output, result
    m.tool_ok("clone -D /tmp device twin", SECONDS)
    for name in ("twin", "device"):
        assert int(m.guest(name, writing.STOP, 120)) > 0
    m.tool_ok("destroy twin; rm /tmp/xvda.twin")
    m.guest("device", "dd if=/dev/zero of=/dev/xvda bs=1M 2>/dev/null; sync")
    m.tool_ok("snapshot revert device busy", SECONDS)
    assert int(m.guest("device", writing.STOP, 120)) > 0
    m.tool_ok("clone -N -D /tmp device/busy twin", SECONDS)
    assert int(m.guest("twin", writing.STOP, 120)) > 0
    m.tool_ok("destroy twin; rm /tmp/xvda.twin")
    m.tool_ok("snapshot delete device busy")
    m.tool_ok("destroy device; losetup -d /dev/loop7; rm /tmp/device.img")


@pytest.mark.parametrize("seconds", ["0.2", "0.7", "1.5", "3"])
def test_one_that_is_killed_leaves_the_guest(guest, seconds):
    """Wherever it is: the guest goes on, and nothing of its disk is traced."""
    before = snapshots(guest)
    guest.run(f"pel snapshot create {NAME} dead >/tmp/dead 2>&1 & "
              f"sleep {seconds}; kill -9 $!; wait $!")
    assert guest.guest(NAME, "echo $X", 120) == "remembered"
    if "dead" in snapshots(guest):  # it was too late
        snapshot(guest, f"delete {NAME} dead")
    assert snapshots(guest) == before
    guest.until("[ -z \"$(ls /sys/kernel/debug/block/*/dropped "
                "2>/dev/null)\" ]")
    snapshot(guest, f"create {NAME} alive")
    snapshot(guest, f"delete {NAME} alive")
    left = guest.ok("ls -A /var/lib/pellicle/snapshots/*")
    assert "dead" not in left and "alive" not in left


def test_it_goes_out_and_comes_in(guest):
    """Into a place that is empty: dom0 keeps all of this in memory."""
    snapshot(guest, f"export {NAME} s0 /tmp/kept.image")
    guest.ok("rm -r /var/lib/pellicle/snapshots")
    snapshot(guest, f"import {NAME} again /tmp/kept.image")
    guest.ok("rm /tmp/kept.image*")
    snapshot(guest, f"revert {NAME} again")
    assert guest.guest(NAME, SUMS, 120) == guest.sums[0]


def test_a_full_disk_leaves_the_guest_and_no_snapshot(guest):
    guest.ok("mkdir -p /tmp/small && mount -t tmpfs -o size=4m none /tmp/small")
    result = guest.tool(f"snapshot create -d /tmp/small {NAME} big", SECONDS)
    left = guest.ok("find /tmp/small -type f")
    guest.ok("umount /tmp/small")
    assert result.status == 1 and "No space left" in result.output, result
    assert left == ""
    assert guest.guest(NAME, "echo $X") == "remembered"
