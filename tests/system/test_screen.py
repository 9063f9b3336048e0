# SPDX-License-Identifier: GPL-2.0-or-later
"""The hypervisor's lines are on the screen: VGA text, linear framebuffer."""

import os
import re
import subprocess

import machine as vm
import pytest

# The reference hands its screen over in other ways.
pytestmark = pytest.mark.only(hv="pellicle")

# A kernel that sleeps for ever leaves the screen to the hypervisor.
KERNEL = os.path.join(vm.TOP, "build/guest-pv/tiny.elf")
FONT = os.path.join(vm.TOP, "build/hypervisor/console/font.S")
LAST_LINE = r"^\(PEL\) dom0: .* initrd \d+ KiB"
TEXT_MEMORY, COLUMNS, ROWS = 0xb8000, 80, 25
GLYPH_WIDTH, GLYPH_HEIGHT, FIRST_GLYPH = 8, 16, 32

MENU = """\
insmod all_video
set timeout=0
menuentry test {
  set gfxpayload=auto
  multiboot2 /boot/pellicle console=com1,vga com1=115200,8n1 dom0_mem=64M
  module2 /boot/tiny.elf
}
"""


def text_screen(m, path):
    """The characters in VGA text memory, a string a line."""
    vm.qmp(m, {"execute": "pmemsave", "arguments": {
        "val": TEXT_MEMORY, "size": COLUMNS * ROWS * 2,
        "filename": str(path)}})
    cells = path.read_bytes()[::2].decode("latin1")
    return [cells[i:i + COLUMNS].rstrip()
            for i in range(0, len(cells), COLUMNS)]


def glyphs():
    """Characters by the bytes of their glyphs."""
    with open(FONT, encoding="ascii") as f:
        rows = re.findall(r"\.byte\s+([\d, ]+)", f.read())
    return {bytes(map(int, r.split(","))): chr(FIRST_GLYPH + i)
            for i, r in enumerate(rows)}


def pixel_screen(m, path):
    """The characters that a picture of the screen shows; ~ unknown ones."""
    vm.qmp(m, {"execute": "screendump",
               "arguments": {"filename": str(path)}})
    header = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", path.read_bytes())
    width, height = map(int, header.groups())
    pixels = path.read_bytes()[header.end():][::3]
    known = glyphs()

    def cell(x, y):
        at = [(y * GLYPH_HEIGHT + r) * width + x * GLYPH_WIDTH
              for r in range(GLYPH_HEIGHT)]
        return known.get(bytes(
            sum(0x80 >> i for i in range(GLYPH_WIDTH) if pixels[a + i])
            for a in at), "~")

    return ["".join(cell(x, y) for x in range(width // GLYPH_WIDTH)).rstrip()
            for y in range(height // GLYPH_HEIGHT)]


def printed(m):
    """What the serial line has of the hypervisor, in lines."""
    return re.findall(r"^\(PEL\) .+$", m.console.text, re.M)


def test_vga_text(tmp_path):
    with vm.Machine("screen-text", kernel=KERNEL, initrd="", memory_mb=256,
                    dom0_mb=64, hv_args="console=com1,vga",
                    devices=vm.qmp_devices("text")) as m:
        m.wait(LAST_LINE, vm.START_SECONDS + 30)
        shown = " ".join(text_screen(m, tmp_path / "memory"))
        for line in printed(m):
            assert line[:COLUMNS] in shown


@pytest.mark.parametrize("firmware", ["bios", "efi"])
def test_framebuffer(firmware, tmp_path):
    menu, disc = tmp_path / "grub.cfg", tmp_path / "disc.iso"
    menu.write_text(MENU)
    subprocess.run(["grub-mkrescue", "-o", disc, f"/boot/grub/grub.cfg={menu}",
                    f"/boot/pellicle={vm.TOP}/build/hypervisor/pellicle",
                    f"/boot/tiny.elf={KERNEL}"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    argv = vm.qemu.disc(firmware, image=disc, memory_mb=256,
                        devices=vm.qmp_devices(firmware))
    with vm.Machine("screen-" + firmware, argv) as m:
        m.wait(LAST_LINE, vm.START_SECONDS + 60)
        shown = pixel_screen(m, tmp_path / "picture")
        for line in printed(m):
            assert line in shown
