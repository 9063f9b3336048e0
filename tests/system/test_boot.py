# SPDX-License-Identifier: GPL-2.0-or-later
"""dom0 boots on every machine that we promise, owns the machine's devices,
complains of nothing, and switches the machine off."""

import hashlib
import os
import re

import pytest

import machine as vm

REFERENCE_WARNINGS = os.path.join(os.path.dirname(__file__),
                                  "reference-warnings")
DISK_MIB = 8
FILE_BYTES = 1 << 20

MACHINES = [  # why, machine options, how it is switched off
    ("pc-one-cpu", {"machine": "pc", "smp": 1}, "poweroff"),
    ("q35-four-cpus", {"machine": "q35", "smp": 4}, "reboot"),
    ("few-cpu-features", {"machine": "pc", "smp": 2,
                          "cpu": "max,smap=off,smep=off,xsave=off"},
     "poweroff"),
]


def devices(folder):
    """A disk behind virtio, one behind AHCI; an e1000, a virtio NIC."""
    (folder / "tftp").mkdir()
    (folder / "tftp/file").write_bytes(os.urandom(FILE_BYTES))
    args = ["-device", "ich9-ahci,id=sata"]
    for name, device in (("vd", "virtio-blk-pci"),
                         ("sd", "ide-hd,bus=sata.0")):
        (folder / name).write_bytes(os.urandom(DISK_MIB << 20))
        args += ["-drive", f"if=none,id={name},format=raw,"
                           f"file={folder / name}",
                 "-device", f"{device},drive={name}"]
    for net, device in ((2, "e1000"), (3, "virtio-net-pci")):
        args += ["-netdev", f"user,id=n{net},net=10.0.{net}.0/24,restrict=on,"
                            f"tftp={folder / 'tftp'}",
                 "-device", f"{device},netdev=n{net}"]
    return args


# The machine that most other tests share is a pc with one CPU, too.
@pytest.fixture(scope="module", params=[
    pytest.param(m, id=m[0], marks=[pytest.mark.long] if m[1]["smp"] == 1
                 else []) for m in MACHINES])
def booted(request, host, tmp_path_factory):
    """One booted machine after the other; each test runs on each."""
    why, options, end = request.param
    folder = tmp_path_factory.mktemp("devices")
    with host.boot("boot-" + why, devices=devices(folder), **options) as m:
        m.folder, m.smp, m.end = folder, options["smp"], end
        m.boot()
        yield m


def shape(line):
    """A kernel message without what differs from boot to boot."""
    line = re.sub(r"^<\d+>\[ *[\d.]+\] ", "", line)
    return re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", "N", line)


# Linux measures how long its timer interrupt took: when QEMU itself had to
# wait for a processor, that says nothing about the hypervisor.
SLOW_MACHINE = "hrtimer: interrupt took N ns"


def warnings(dmesg):
    """The messages of level warning or worse, in their shapes."""
    lines = [l for l in dmesg.splitlines() if re.match(r"<\d+>", l) and
             int(l[1:l.index(">")]) & 7 <= 4]
    return [s for s in map(shape, lines) if s != SLOW_MACHINE]


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def test_dom0_is_the_control_domain_with_all_cpus(booted):
    assert booted.ok("nproc") == str(booted.smp)
    assert booted.ok("cat /sys/hypervisor/type") == "xen"
    assert "control_d" in booted.ok("cat /proc/xen/capabilities")


@pytest.mark.parametrize("disk,device", [("vd", "/dev/vda"),
                                         ("sd", "/dev/sda")])
def test_disk_of_the_machine_is_read_and_written(booted, disk, device):
    path = booted.folder / disk
    booted.until(f"[ -b {device} ]")
    got = booted.ok(f"sha256sum <{device}", 60).split()[0]
    assert got == sha256(path.read_bytes())
    got = booted.ok(f"dd if=/dev/urandom of={device} bs=1M count=4 "
                    "conv=notrunc,fsync 2>/dev/null && "
                    "echo 3 >/proc/sys/vm/drop_caches && "
                    f"sha256sum <{device}", 60).split()[0]
    assert got == sha256(path.read_bytes())


@pytest.mark.parametrize("driver,net", [("e1000", "10.0.2"),
                                        ("virtio_net", "10.0.3")])
def test_nic_of_the_machine_fetches_a_file(booted, driver, net):
    path = booted.ok("for n in /sys/class/net/*; do "
                     "d=$(readlink $n/device/driver) && "
                     f"[ ${{d##*/}} = {driver} ] && echo ${{n##*/}}; "
                     "done; true")
    assert path, f"no NIC with the driver {driver}"
    booted.ok(f"ip addr add {net}.15/24 dev {path} && ip link set {path} up")
    booted.until(f"[ $(cat /sys/class/net/{path}/carrier) = 1 ]")
    booted.ok(f"tftp -g -b 1400 -r file -l /tmp/file {net}.2", 60)
    booted.ok(f"ip addr del {net}.15/24 dev {path}")
    want = sha256((booted.folder / "tftp/file").read_bytes())
    assert booted.ok("sha256sum </tmp/file").split()[0] == want


def test_linux_warns_of_nothing_new(booted):
    messages = booted.ok("dmesg -r", 60)
    with open(REFERENCE_WARNINGS, encoding="utf-8") as f:
        known = set(f.read().splitlines())
    new = [w for w in warnings(messages) if w not in known]
    assert not new, "\n".join(new)
    assert "Call Trace" not in messages


def test_machine_switches_off(booted):
    assert booted.poweroff(booted.end) == 0


# Last, because it needs no dom0 that takes commands.
@pytest.mark.parametrize("image", ["hello", "hello-nonotes",
                                   "hello-hcallpage"])
def test_any_pv_kernel_boots_as_dom0(host, image):
    kernel = os.path.join(vm.TOP, f"build/guest-pv/{image}.elf")
    with vm.Machine(image, hv=host.hv, kernel=kernel, initrd="",
                    dom0_args="a b=c,d", dom0_mb=128) as m:
        m.wait(r".", vm.START_SECONDS)
        m.wait(rf"^hello: .* args \".*a b=c,d.*\"", 30)
        assert m.wait_end(30) == 0
