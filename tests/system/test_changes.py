# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that runs is changed: its CPUs, share, memory, devices, name."""

import re

import pytest

from test_lifecycle import state

CONFIG = """\
name = "change"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0"
memory = 192
maxmem = 208
vcpus = 2
maxvcpus = 4
cpus = "0-1"
disk = [ "file:/tmp/change.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""


@pytest.fixture(scope="module")
def guest(shared):
    """A running guest with everything that can be changed."""
    m = shared.get(smp=2)
    m.ok("truncate -s 1M /tmp/change.img; truncate -s 2M /tmp/more.img")
    m.write("/tmp/change.cfg", CONFIG)
    m.tool_ok("create /tmp/change.cfg", 120)
    m.guest("change", "true", 120)
    yield m
    if m.alive() and m.usable:
        m.tool("destroy change")
        m.run("rm -f /tmp/change.img /tmp/more.img")


def wait_in_guest(m, condition, seconds=60):
    """Wait in the guest until a shell condition holds."""
    m.guest("change", f"until {condition}; do usleep 100000; done", seconds)


def wait_for_cpus(m, name, nr, seconds=120):
    """Wait until a guest runs on so many CPUs.  Linux only registers one that
    comes; a device manager, or we, take it into use."""
    m.guest(name, f"until [ $(nproc) = {nr} ]; do usleep 100000; "
            "for c in /sys/devices/system/cpu/cpu[1-9]*/online; do "
            "echo 1 >$c; done 2>/dev/null; done; true", seconds)


def vcpus(m):
    """The rows of vcpu-list: of each vCPU its CPU, state and affinity."""
    rows = m.tool_ok("vcpu-list change").splitlines()
    assert rows[0].split() == ["Name", "ID", "VCPU", "CPU", "State", "Time(s)",
                               "Affinity", "(Hard", "/", "Soft)"]
    cut = [re.fullmatch(r"change +\d+ +(\d+) +(\d+|-) +([-rbp]{3}) +[\d.]+  "
                        r"(\S+) / (\S+)", r).groups() for r in rows[1:]]
    assert [int(c[0]) for c in cut] == list(range(len(cut)))
    return [c[1:] for c in cut]


def test_vcpus_are_listed(guest):
    rows = vcpus(guest)
    assert len(rows) == 4
    assert [r[0] != "-" for r in rows] == [True, True, False, False]
    assert [r[1] for r in rows[2:]] == ["--p", "--p"]
    assert {r[2:] for r in rows} == {("all", "all")}  # of two CPUs


def test_vcpus_are_pinned(guest):
    guest.tool_ok("vcpu-pin change all 1")
    assert {r[2] for r in vcpus(guest)} == {"1"}
    guest.guest("change", "true")  # it goes on, on that CPU
    assert {r[0] for r in vcpus(guest)} == {"1", "-"}
    guest.tool_ok("vcpu-pin change 1 0-1 0")
    guest.tool_ok("vcpu-pin change 2 - node:0")
    guest.tool_ok("vcpu-pin change 3 all,^1")
    assert [r[2:] for r in vcpus(guest)] == [("1", "all"), ("all", "0"),
                                             ("1", "all"), ("0", "all")]
    for wrong in ("0 9", "9 0", "x 0", "0 x"):
        assert guest.tool(f"vcpu-pin change {wrong}").status == 1
    guest.tool_ok("vcpu-pin change all all all")
    assert {r[2:] for r in vcpus(guest)} == {("all", "all")}


def test_vcpus_come_and_go(guest):
    for nr in (4, 1, 2):
        guest.tool_ok(f"vcpu-set -i change {nr}")
        wait_for_cpus(guest, "change", nr)
        guest.until(f"[ $({guest.tools} vcpu-list change | grep -c -e --p) = "
                    f"{4 - nr} ]")
    assert guest.tool("vcpu-set change 3").status == 1  # of 2 CPUs
    assert guest.tool("vcpu-set -i change 5").status == 1  # of 4 vCPUs
    assert guest.guest("change", "nproc") == "2"


def test_shares_are_set(guest):
    def share():
        head, row = guest.tool_ok("sched-credit2 -d change").splitlines()
        assert head.split() == ["Name", "ID", "Weight", "Cap"]
        return [int(n) for n in row.split()[2:]]

    assert share() == [256, 0]
    guest.tool_ok("sched-credit2 -d change -w 512")
    assert share() == [512, 0]
    # A cap is set, or refused without a change.
    capped = guest.tool("sched-credit2 -d change -c 150")
    assert share() == [512, 0 if capped.status else 150]
    assert capped.status == 0 or guest.hv == "pellicle"
    guest.tool_ok("sched-credit2 -d change -w 256 -c 0")
    assert share() == [256, 0]
    assert guest.tool("sched-credit2 -d change -w 70000").status == 1
    everybody = guest.tool_ok("sched-credit2").splitlines()
    assert [r.split()[0] for r in everybody] == [
        "Cpupool", "Name", "Domain-0", "change"]


def test_memory_comes_and_goes(guest):
    def mem():
        return int(guest.tool_ok("list change").splitlines()[1].split()[2])

    total = int(guest.guest("change", "awk \"/^MemTotal/ { print \\$2 }\" "
                            "/proc/meminfo"))
    guest.tool_ok("mem-set change 160")
    guest.until(f"[ $({guest.tools} list change | "
                "awk 'NR == 2 { print $3 }') = 160 ]")
    wait_in_guest(guest, "[ $(awk \"/^MemTotal/ { print \\$2 }\" "
                  f"/proc/meminfo) -le {total - (30 << 10)} ]")
    guest.tool_ok("mem-set change 192")
    guest.until(f"[ $({guest.tools} list change | "
                "awk 'NR == 2 { print $3 }') = 192 ]")
    assert guest.tool("mem-set change 300").status == 1
    assert mem() == 192
    guest.tool_ok("mem-max change 256")
    assert guest.tool("mem-max change 64").status == 1


def test_disk_comes_and_goes(guest):
    guest.tool_ok("block-attach change file:/tmp/more.img,xvdb,w", 120)
    wait_in_guest(guest, "[ -b /dev/xvdb ]")
    wrote = guest.guest("change", "dd if=/dev/urandom of=/dev/xvdb bs=64k "
                        "count=32 2>/dev/null && sync && "
                        "sha256sum </dev/xvdb")
    rows = guest.tool_ok("block-list change").splitlines()
    assert rows[0].split() == ["Vdev", "BE", "handle", "state", "evt-ch",
                               "ring-ref", "BE-path"]
    assert [r.split()[0] for r in rows[1:]] == ["51712", "51728"]
    assert rows[2].split()[3] == "4"
    guest.tool_ok("block-detach change xvdb", 120)
    wait_in_guest(guest, "! [ -b /dev/xvdb ]")
    assert guest.ok("sha256sum </tmp/more.img") == wrote
    assert len(guest.tool_ok("block-list change").splitlines()) == 2
    assert guest.tool("block-detach change xvdz").status == 1


def test_nic_comes_and_goes(guest):
    mac = "00:16:3e:11:22:33"
    guest.tool_ok(f"network-attach change mac={mac} bridge=xenbr0", 120)
    wait_in_guest(guest, "[ -d /sys/class/net/eth1 ]")
    assert guest.guest("change", "cat /sys/class/net/eth1/address") == mac
    guest.guest("change", "ip addr add 10.0.0.9/24 dev eth1 && "
                "ip link set eth1 up")
    assert "0% packet loss" in guest.guest("change", "ping -c 2 10.0.0.1")
    rows = guest.tool_ok("network-list change").splitlines()
    assert rows[0].split()[:2] == ["Idx", "BE"]
    assert [r.split()[0] for r in rows[1:]] == ["0", "1"]
    assert rows[2].split()[2] == mac
    guest.tool_ok("network-detach change 1", 120)
    wait_in_guest(guest, "! [ -d /sys/class/net/eth1 ]")
    assert len(guest.tool_ok("network-list change").splitlines()) == 2
    assert guest.tool("network-detach change 7").status == 1


def test_other_commands_answer(guest):
    assert re.search(r"^change +\d+ +0:\d\d:\d\d$",
                     guest.tool_ok("uptime change"), re.M)
    assert re.search(r"^Pool-0 +\d+ +credit2 +y +\d+$",
                     guest.tool_ok("cpupool-list"), re.M)
    domid = guest.tool_ok("domid change")
    assert guest.tool_ok(f"domname {domid}") == "change"
    guest.tool_ok("debug-keys h")
    guest.tool_ok("sysrq change h")
    wait_in_guest(guest, "dmesg | grep -q sysrq:")
    guest.tool_ok("rename change other")
    assert guest.tool_ok(f"domname {domid}") == "other"
    assert guest.tool("rename other Domain-0").status == 1
    guest.tool_ok("rename other change")


# Last: it leaves another guest behind.  The stock tools give their scripts ten
# seconds to let a disk go.  A busy machine needs more, and then they do not
# create the guest again, because its disk is still in use.
@pytest.mark.only(tools="pel")
def test_changes_survive_a_reboot(guest):
    domid = guest.tool_ok("domid change")
    guest.tool_ok("mem-set change 176")
    guest.tool_ok("vcpu-set change 1")
    guest.tool_ok("block-attach change file:/tmp/more.img,xvdb,w", 120)
    guest.tool_ok("reboot change")
    guest.until(f"id=$({guest.tools} domid change 2>/dev/null) && "
                f"[ \"$id\" ] && [ $id != {domid} ]", 120)
    assert guest.guest("change", "nproc; ls /dev/xvdb", 120).split() == [
        "1", "/dev/xvdb"]
    assert "p" not in state(guest, "change")
    assert int(guest.tool_ok("list change").splitlines()[1].split()[2]) == 176
