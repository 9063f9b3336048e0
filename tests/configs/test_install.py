# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make install` puts onto a machine, and what GRUB and the package
manager do with it.

All of it goes into a folder of the test; GRUB's own library, which looks at
the disks of this machine, is stood in for.
"""

import os
import pathlib
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
GRUB_LIB = """\
prepare_grub_to_access_device() { echo "search --set=root --fs-uuid boot"; }
make_system_path_relative_to_its_root() { echo "/boot"; }
"""


def run(*argv, **env):
    return subprocess.run([str(word) for word in argv], text=True,
                          capture_output=True, timeout=120, check=False,
                          env={**os.environ, **env})


@pytest.fixture
def root(tmp_path):
    done = run(TOP / "configs/install", DESTDIR=str(tmp_path / "root"))
    assert done.returncode == 0, done.stderr
    assert "update-grub" in done.stdout
    return tmp_path / "root"


def files(root):
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def test_units_find_their_programs(root):
    """What the units start is where they look for it, or Debian's."""
    names = files(root)
    for unit in (root / "lib/systemd/system").glob("*.service"):
        for line in unit.read_text().splitlines():
            if line.startswith("ExecStart="):
                program = line.split("=")[1].split()[0].lstrip("/")
                assert program in names
                assert os.access(root / program, os.X_OK)


def test_settings_are_kept_and_all_else_removed(root):
    settings = root / "etc/default/pellicle"
    settings.write_text("PELLICLE_CMDLINE=mine\n")
    assert run(TOP / "configs/install", DESTDIR=str(root)).returncode == 0
    assert settings.read_text() == "PELLICLE_CMDLINE=mine\n"
    done = run(TOP / "configs/install", "--remove", DESTDIR=str(root))
    assert done.returncode == 0
    assert "update-grub" in done.stdout
    assert files(root) == set()


def test_a_wrong_word_is_refused(root):
    done = run(TOP / "configs/install", "--purge", DESTDIR=str(root))
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage" in done.stderr


def hook(root, version, where="postinst.d"):
    return run(root / f"etc/kernel/{where}/pellicle", version,
               PELLICLE_BOOT=str(root / "boot"),
               PELLICLE_VMLINUX=str(root / "usr/sbin/pellicle-vmlinux"))


def test_a_kernel_comes_and_goes(root):
    """Unpacked when it is installed; a broken one leaves nothing."""
    boot = root / "boot"
    image = next((TOP / "build/debian/boot").glob("vmlinuz-*"))
    version = image.name.removeprefix("vmlinuz-")
    shutil.copy(image, boot)
    assert hook(root, version).returncode == 0
    unpacked = boot / f"pellicle-{version}.vmlinux"
    assert unpacked.read_bytes()[:4] == b"\x7fELF"
    (boot / image.name).unlink()
    assert hook(root, version, "postrm.d").returncode == 0
    assert not unpacked.exists()

    (boot / "vmlinuz-broken").write_bytes(b"no kernel")
    assert hook(root, "broken").returncode != 0
    assert not list(boot.glob("pellicle-*"))


def menu(root, tmp_path):
    lib = tmp_path / "grub"
    lib.mkdir(exist_ok=True)
    (lib / "grub-mkconfig_lib").write_text(GRUB_LIB)
    return run(root / "etc/grub.d/20_pellicle", pkgdatadir=str(lib),
               PELLICLE_BOOT=str(root / "boot"),
               PELLICLE_DEFAULTS=str(root / "etc/default/pellicle"),
               GRUB_DEVICE_UUID="0815", GRUB_CMDLINE_LINUX="quiet")


def test_the_menu_has_each_kernel(root, tmp_path):
    boot = root / "boot"
    assert menu(root, tmp_path).stdout == ""
    for version in ("6.1.0-9-amd64", "6.1.0-10-amd64"):
        (boot / f"pellicle-{version}.vmlinux").touch()
    (boot / "initrd.img-6.1.0-10-amd64").touch()
    done = menu(root, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines()]
    titles = [line for line in lines if line.startswith("menuentry")]
    assert "6.1.0-10-amd64" in titles[0] and "6.1.0-9-amd64" in titles[1]
    assert ("multiboot2 /boot/pellicle dom0_mem=1024M,max:1024M console=vga"
            in lines)
    assert any(line.startswith("module2 /boot/pellicle-6.1.0-9-amd64.vmlinux "
                               "root=UUID=0815 ro quiet") for line in lines)
    assert [line for line in lines if "initrd" in line] == [
        "module2 /boot/initrd.img-6.1.0-10-amd64"]
    script = tmp_path / "grub.cfg"
    script.write_text(done.stdout)
    assert run("grub-script-check", script).returncode == 0


def test_no_hypervisor_no_menu(root, tmp_path):
    (root / "boot/pellicle").unlink()
    (root / "boot/pellicle-6.1.vmlinux").touch()
    done = menu(root, tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
