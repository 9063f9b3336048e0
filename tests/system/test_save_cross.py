# SPDX-License-Identifier: GPL-2.0-or-later
"""An image of stock tools is restored by ours, and the reverse.

Each story has two machines, one with the reference and its tools and one with
ours, and a disk that goes from one to the other.  It runs once, with the pair
of the reference.
"""

import pytest

import machine as vm

CONFIG = """\
name = "traveller"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 addr=10.0.0.2/24"
memory = 128
vcpus = 2
vif = [ "bridge=xenbr0" ]
"""
SECONDS = 240
DISK_MIB = 256
STOCK = {"hv": "xen", "tools": "xl", "cross": True}
OURS = {"hv": "pellicle", "tools": "pel"}


@pytest.fixture(autouse=True)
def once(host):
    if (host.hv, host.tools) != ("xen", "xl"):
        pytest.skip("runs once, with the reference's pair")


@pytest.fixture
def disk(tmp_path):
    path = tmp_path / "disk"
    with open(path, "wb") as f:
        f.truncate(DISK_MIB << 20)
    return path


def boot(name, disk, side):
    devices = ["-drive", f"if=none,id=vd,format=raw,file={disk}",
               "-device", "virtio-blk-pci,drive=vd"]
    # One CPU model for both: a guest keeps what it has seen of its CPU.
    return vm.Dom0(name, smp=2, devices=devices, cpu=vm.qemu.CPUS["xen"],
                   **side)


@pytest.mark.parametrize("source, target", [(STOCK, OURS), (OURS, STOCK)],
                         ids=["stock-to-ours", "ours-to-stock"])
def test_a_guest_travels(disk, source, target):
    with boot("cross-from", disk, source) as m:
        m.boot()
        m.write("/tmp/t.cfg", CONFIG)
        m.tool_ok("create /tmp/t.cfg")
        m.guest("traveller", "X=remembered; dd if=/dev/urandom of=/tmp/noise "
                "bs=1M count=8 2>/dev/null; sha256sum </tmp/noise >/tmp/sum",
                180)
        m.tool_ok("save traveller /dev/vda", SECONDS)
        m.ok("sync; blockdev --flushbufs /dev/vda", 60)
        m.poweroff()
    with boot("cross-to", disk, target) as m:
        m.boot()
        m.tool_ok("restore /dev/vda", SECONDS)
        assert m.guest("traveller", "echo $X; nproc", 120) == "remembered\n2"
        m.guest("traveller", "sha256sum </tmp/noise | cmp - /tmp/sum")
        assert "0% packet loss" in m.ok("ping -c 2 10.0.0.2")
        m.guest("traveller", "sleep 1; date")
        m.tool_ok("destroy traveller")
