# SPDX-License-Identifier: GPL-2.0-or-later
"""GRUB loads the hypervisor by multiboot 2, from a disc and a BIOS."""

import os
import shutil
import subprocess

import machine as vm
import pytest

SECONDS = 60
SAYS = r'^hello: .* args "one two"$'

MENU = """\
set timeout=0
menuentry test {
  multiboot2 /boot/pellicle console=com1 com1=115200,8n1 dom0_mem=64M
  module2 /boot/hello.elf one two
}
"""


def make_disc(folder):
    """Return the path of an image that starts the hypervisor and hello."""
    boot = folder / "disc/boot"
    (boot / "grub").mkdir(parents=True)
    (boot / "grub/grub.cfg").write_text(MENU)
    for name in ("hypervisor/pellicle", "guest-pv/hello.elf"):
        shutil.copy(os.path.join(vm.TOP, "build", name), boot)
    disc = folder / "disc.iso"
    subprocess.run(["grub-mkrescue", "-o", disc, folder / "disc"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return disc


def test_grub_starts_it(host, tmp_path):
    if host.hv != "pellicle":
        pytest.skip("the reference is not loaded from a disc here")
    argv = [vm.qemu.QEMU, "-accel", "tcg", "-cpu", "max", "-m", "256",
            "-nographic", "-no-reboot", "-nic", "none", "-cdrom",
            make_disc(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE,
                          preexec_fn=vm.end_with_parent) as qemu:
        console = vm.Console(qemu.stdout, tmp_path / "console.log")
        try:
            console.wait(SAYS, SECONDS * vm.SLOW)
            assert qemu.wait(SECONDS) == 0
        finally:
            qemu.kill()
