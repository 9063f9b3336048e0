# SPDX-License-Identifier: GPL-2.0-or-later
"""The bootable image starts dom0 on machines with a BIOS and with EFI."""

import machine as vm
import pytest

# The image holds our hypervisor and our tools.
pytestmark = pytest.mark.only(hv="pellicle", tools="pel")

BOOT_SECONDS = 120

# VGA text that reaches a console of Linux on the screen.
TEXT_MEMORY, TEXT_BYTES = 0xb8000, 0x8000


def at_prompt(m, command, answer):
    """Type a command at dom0's shell and wait for its answer."""
    start = len(m.console.text)
    m.send(command + "\n")
    return m.wait(answer, 30, start)


def check_text(m, folder):
    """dom0 uses the text mode that the BIOS left."""
    path = folder / "memory"
    vm.qmp(m, {"execute": "pmemsave", "arguments": {
        "val": TEXT_MEMORY, "size": TEXT_BYTES, "filename": str(path)}})
    assert b"press Enter to activate" in path.read_bytes()[::2]


def check_framebuffer(m, folder):
    """dom0 uses the framebuffer that the loader made, and shows letters."""
    at_prompt(m, "cat /sys/class/graphics/fb0/virtual_size", r"^\d+,\d+$")
    path = folder / "picture"
    vm.qmp(m, {"execute": "screendump", "arguments": {"filename": str(path)}})
    assert len(set(path.read_bytes()[20:][::3])) > 1


def check_nmi(m):
    """An NMI of the machine, and those that CPUs send, reach dom0."""
    vm.qmp(m, {"execute": "inject-nmi"})
    at_prompt(m, "until dmesg | grep 'NMI received for unknown'; do usleep "
              "100000; done", r"NMI received for unknown reason")
    at_prompt(m, "echo l >/proc/sysrq-trigger; dmesg | grep -c 'NMI backtrace "
              "for cpu'", r"^2$")


@pytest.mark.parametrize("firmware,machine,smp", [("bios", "pc", 2),
                                                  ("efi", "q35", 1)])
def test_image_boots_to_a_shell_of_dom0(firmware, machine, smp, tmp_path):
    argv = vm.qemu.disc(firmware, machine=machine, smp=smp,
                        devices=vm.qmp_devices(firmware))
    with vm.Machine("iso-" + firmware, argv) as m:
        m.wait(r"^\(PEL\) Pellicle", vm.START_SECONDS + BOOT_SECONDS)
        m.wait(r"^dom0: ready", BOOT_SECONDS)
        m.wait(r"^dom0# ", 30)
        # The firmware's tables were found, by the hypervisor and by dom0.
        at_prompt(m, "echo $(ls /sys/firmware/acpi/tables)",
                  r"^APIC.* FACP")
        at_prompt(m, "pel list | wc -l", r"^2$")
        if firmware == "bios":
            check_text(m, tmp_path)
            check_nmi(m)
        else:
            check_framebuffer(m, tmp_path)
        m.send("poweroff\n")
        assert m.wait_end(60) == 0
