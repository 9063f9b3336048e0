# SPDX-License-Identifier: GPL-2.0-or-later
"""A loader of PVH kernels starts the hypervisor: QEMU, without multiboot."""

import os

import machine as vm
import pytest

# The reference as a PVH kernel is not our business.
pytestmark = pytest.mark.only(hv="pellicle")

# QEMU prefers multiboot where it finds this, and then wants a 32-bit file.
MULTIBOOT_MAGIC = b"\x02\xb0\xad\x1b"


def test_pvh_entry(tmp_path):
    image = tmp_path / "pellicle"
    with open(os.path.join(vm.TOP, "build/hypervisor/pellicle"), "rb") as f:
        image.write_bytes(f.read().replace(MULTIBOOT_MAGIC, bytes(4), 1))
    argv = vm.qemu.bare(memory_mb=256) + [
        "-kernel", str(image), "-append", "console=com1 dom0_mem=64M",
        "-initrd", os.path.join(vm.TOP, "build/guest-pv/hello.elf")]
    with vm.Machine("pvh", argv) as m:
        m.wait(r"^\(PEL\) Command line: console=com1 dom0_mem=64M",
               vm.START_SECONDS + 30)
        m.wait(r"^\(PEL\) ACPI: 1 CPUs, 1 IOAPICs, SCI 9", 10)
        m.wait(r"^hello: ", 30)
        assert m.wait_end(30) == 0
