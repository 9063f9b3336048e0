# SPDX-License-Identifier: GPL-2.0-or-later
"""A Debian guest: its console, its disk and its network."""

import pytest

CONFIG = """\
name = "io"
kernel = "/boot/vmlinuz"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr=10.0.0.2/24"
memory = 256
vcpus = 2
disk = [ "file:/tmp/io.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""

MIB = 64


@pytest.fixture(scope="module")
def guest(shared):
    """A running guest with a disk and a network card, for this file."""
    m = shared.get(smp=2)
    m.ok(f"truncate -s {MIB}M /tmp/io.img")
    m.write("/tmp/io.cfg", CONFIG)
    m.tool_ok("create /tmp/io.cfg")
    yield m
    if m.alive() and m.usable:
        m.tool("destroy io")
        m.run("rm -f /tmp/io.img")


def test_guest_boots_with_all_its_cpus(guest):
    assert guest.guest("io", "nproc", 120) == "2"
    assert guest.guest("io", "cat /sys/hypervisor/type") == "xen"


def test_programs_of_32_bits_run(guest):
    for output in (guest.ok("compat32"), guest.guest("io", "compat32")):
        assert output == "int80 works\nvdso works"


def test_list_shows_the_guest(guest):
    header, own, line = guest.tool_ok("list").splitlines()
    assert header.split() == ["Name", "ID", "Mem", "VCPUs", "State",
                              "Time(s)"]
    assert own.startswith("Domain-0 ")
    name, domid, mem, vcpus = line.split()[:4]
    assert (name, mem, vcpus) == ("io", "256", "2")
    assert int(domid) > 0


def test_disk_written_in_the_guest_has_the_same_hash_in_dom0(guest):
    wrote = guest.guest(
        "io", f"dd if=/dev/urandom of=/dev/xvda bs=1M count={MIB} "
        "2>/dev/null && sync && echo 3 >/proc/sys/vm/drop_caches && "
        "sha256sum </dev/xvda", 300).split()[0]
    assert len(wrote) == 64
    assert guest.ok("sha256sum </tmp/io.img", 60).split()[0] == wrote


def test_disk_holds_a_file_system(guest):
    guest.guest("io", "mke2fs /dev/xvda >/dev/null 2>&1 && "
                "mount -t ext4 /dev/xvda /mnt && echo kept >/mnt/file && "
                "umount /mnt", 60)
    guest.ok("modprobe ext4; mount -o loop,ro -t ext4 /tmp/io.img /mnt")
    assert guest.ok("cat /mnt/file") == "kept"
    guest.ok("umount /mnt")


def test_ping(guest):
    assert "0% packet loss" in guest.guest("io", "ping -c 2 10.0.0.1")
    assert "0% packet loss" in guest.ok("ping -c 2 10.0.0.2")


def test_tcp_from_the_guest_keeps_every_byte(guest):
    sent = guest.guest("io", "sha256sum </dev/xvda", 120).split()[0]
    guest.ok("rm -f /tmp/hash; nc -l -p 5001 -e "
             "sh -c 'sha256sum >/tmp/hash' >/dev/null 2>&1 &")
    guest.until("netstat -ltn | grep -q :5001")
    guest.guest("io", "nc 10.0.0.1 5001 -e cat /dev/xvda", 240)
    guest.until("[ -s /tmp/hash ]")
    assert guest.ok("cat /tmp/hash").split()[0] == sent


def test_tcp_to_the_guest_keeps_every_byte(guest):
    guest.ok(f"dd if=/dev/urandom of=/tmp/noise bs=1M count={MIB} "
             "2>/dev/null", 120)
    sent = guest.ok("sha256sum </tmp/noise", 60).split()[0]
    guest.ok("nc -l -p 5002 -e cat /tmp/noise >/dev/null 2>&1 &")
    guest.until("netstat -ltn | grep -q :5002")
    got = guest.guest("io", "nc 10.0.0.1 5002 -e sh -c "
                      "\"sha256sum >/tmp/hash\"; cat /tmp/hash", 240)
    guest.ok("rm -f /tmp/noise")
    assert got.split()[0] == sent
