# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest with more vCPUs than the machine has CPUs works hard while both
come and go.  Which machines dom0 boots on is in test_boot.py."""

import re

import pytest

CONFIG = """\
name = "smp"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr=10.0.0.3/24"
memory = 256
vcpus = 8
disk = [ "file:/tmp/smp.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""

TROUBLE = "WARNING:|BUG:|Call Trace|rcu: INFO|soft lockup|blocked for more"
PLUG_ROUNDS = 3
CPU_ROUNDS = 2


@pytest.fixture(scope="module")
def guest(shared):
    """A guest with 8 vCPUs, a disk and a network card, for this file."""
    m = shared.get(smp=2)
    m.ok("truncate -s 8M /tmp/smp.img; mkdir -p /tmp/www && "
         "head -c 2097152 /dev/urandom >/tmp/www/file && "
         "sha256sum </tmp/www/file >/tmp/www/sum && "
         "httpd -p 10.0.0.1:8080 -h /tmp/www")
    m.write("/tmp/smp.cfg", CONFIG)
    m.tool_ok("create /tmp/smp.cfg", 120)
    yield m
    if m.alive() and m.usable:
        m.tool("destroy smp")
        m.run("rm -rf /tmp/smp.img /tmp/www; killall httpd")


def set_vcpus(m, nr):
    """Change the guest's vCPUs, and wait until it runs on so many.  Linux
    only registers one that comes; who takes it into use is up to the guest."""
    m.tool_ok(f"vcpu-set -i smp {nr}")
    m.guest("smp", f"until [ $(nproc) = {nr} ]; do usleep 100000; "
            f"[ $(nproc) -gt {nr} ] || "
            "for c in /sys/devices/system/cpu/cpu[1-9]*/online; do "
            "echo 1 >$c; done 2>/dev/null; true; done", 240)


def assert_no_trouble(m):
    """Neither the guest's kernel nor dom0's has warned of anything."""
    assert m.guest("smp", f"dmesg | grep -E \"{TROUBLE}\"; true") == ""
    assert m.run(f"dmesg | grep -E '{TROUBLE}'").output == ""


def work_on_all(m):
    """Let each vCPU compute the same; the CPUs where they are then."""
    sums = m.guest("smp", "for i in 1 2 3 4 5 6 7 8; do "
                   "head -c 1000000 /dev/zero | sha256sum & done; wait",
                   120).splitlines()
    assert len(sums) == 8 and len(set(sums)) == 1
    rows = m.tool_ok("vcpu-list smp").splitlines()[1:]
    return {r.split()[3] for r in rows}


def test_all_vcpus_share_the_cpus(guest):
    assert guest.guest("smp", "nproc", 240) == "8"
    assert work_on_all(guest) <= {"0", "1"}


def test_cpu_leaves_and_comes_back_while_they_work(guest):
    online = "/sys/devices/system/xen_cpu/xen_cpu1/online"
    for _ in range(CPU_ROUNDS):
        guest.ok(f"echo 0 >{online}")
        guest.until(f"[ $(cat {online}) = 0 ]")
        assert work_on_all(guest) == {"0"}
        assert guest.ok("nproc") == "2"
        guest.ok(f"echo 1 >{online}")
        guest.until(f"[ $(cat {online}) = 1 ]")
        work_on_all(guest)
    assert re.search(r"^nr_cpus *: *2$", guest.tool_ok("info"), re.M)
    assert_no_trouble(guest)


def test_vcpus_come_and_go_while_they_work(guest):
    guest.guest("smp", "for i in 1 2; do (while ! [ -e /tmp/stop ]; do "
                "head -c 100000 /dev/zero | sha256sum; done >/dev/null) & "
                "done")
    for _ in range(PLUG_ROUNDS):
        set_vcpus(guest, 2)
        set_vcpus(guest, 8)
    guest.guest("smp", "touch /tmp/stop; wait", 60)
    assert_no_trouble(guest)


@pytest.mark.parametrize("seconds", [
    30, pytest.param(120, marks=pytest.mark.long)])
def test_mixed_load_goes_without_a_warning(guest, seconds):
    """Processes, memory, disk and network at once."""
    rounds = guest.guest("smp", f"mixed-load {seconds} 10.0.0.1:8080",
                         seconds + 120)
    print(rounds)
    assert len(re.findall(r": [1-9]\d* rounds$", rounds, re.M)) == 4, rounds
    assert_no_trouble(guest)
