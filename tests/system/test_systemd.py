# SPDX-License-Identifier: GPL-2.0-or-later
"""A control domain whose init is Debian's systemd runs the units as they are.

systemd runs in the emulated machine only: to dom0's image is added what the
package has, our units, and one that takes the test's commands.
"""

import os
import shutil
import subprocess

import pytest

import machine as vm
from test_lifecycle import config

pytestmark = [
    pytest.mark.only(hv="pellicle", tools="pel"),
    pytest.mark.skipif(not os.path.exists("/lib/systemd/systemd"),
                       reason="there is no systemd here")]

UNITS = os.path.join(vm.TOP, "configs/systemd")
THEIRS = "/lib/systemd/system"
TARGETS = ("sysinit", "basic", "multi-user", "shutdown", "umount", "final",
           "sockets", "timers", "paths", "slices")
WANTED = ("pelstored.service", "peld.service", "pelstored-native.service",
          "commands.service")
COMMANDS = """\
[Unit]
After=pelstored.service peld.service pelstored-native.service
[Service]
ExecStartPre=/bin/sh -c "mount -t tmpfs tmp /tmp; echo systemd >/run/tools"
ExecStart=/jobs/commands
Environment=SYSTEMD_PAGER= TERM=dumb
StandardInput=tty-force
StandardOutput=tty
TTYPath=/dev/hvc0
"""
HELLO = """\
kernel = "/boot/guest-pv/hello.elf"
ramdisk = ""
memory = 16
on_poweroff = "preserve"
"""


def image(folder):
    """dom0's image with systemd and the units behind it; its path."""
    tree = folder / "tree"
    system = tree / "etc/systemd/system"
    wants = system / "multi-user.target.wants"
    wants.mkdir(parents=True)
    for unit in os.listdir(UNITS):
        shutil.copy(os.path.join(UNITS, unit), system)
    for target in TARGETS:
        shutil.copy(f"{THEIRS}/{target}.target", system)
    (system / "commands.service").write_text(COMMANDS)
    (tree / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    (tree / "etc/group").write_text("root:x:0:\n")
    links = [f"link ../{unit} etc/systemd/system/multi-user.target.wants/{unit}"
             for unit in WANTED]
    links += ["link multi-user.target etc/systemd/system/default.target"]
    links += [f"link /bin/{program} usr/{place}/{program}"
              for place, program in (("sbin", "pelstored"), ("sbin", "peld"),
                                     ("bin", "xenstore-write"),
                                     ("bin", "mount"), ("bin", "umount"))]
    words = " ".join([
        "program /lib/systemd/systemd lib/systemd/systemd",
        "program /bin/systemctl bin/systemctl", *links]).split()
    more = folder / "systemd.cpio"
    subprocess.run([os.path.join(vm.TOP, "configs/host/image"), more,
                    "tree", tree, *words], check=True)
    whole = folder / "dom0.initrd"
    with open(whole, "wb") as out:
        for part in (os.path.join(vm.qemu.IMAGES, "dom0.initrd"), more):
            with open(part, "rb") as f:
                shutil.copyfileobj(f, out)
    return str(whole)


@pytest.fixture(scope="module")
def host(host, tmp_path_factory):
    with host.boot("systemd", initrd=image(tmp_path_factory.mktemp("systemd")),
                   dom0_args="rdinit=/lib/systemd/systemd "
                             "systemd.show_status=0") as m:
        yield m.boot()


def show(m, unit, what):
    return m.ok(f"systemctl show -P {what} {unit}")


def test_units_are_active(host):
    for unit in WANTED[:3]:
        assert show(host, unit, "ActiveState") == "active", \
            host.run(f"systemctl status {unit}")
    assert host.ok("systemctl --failed --plain --no-legend") == ""
    assert "Domain-0" in host.tool_ok("list")


def test_the_native_store_serves_without_rights(host):
    pid = show(host, "pelstored-native", "MainPID")
    assert host.ok(f"awk '/^Uid/ {{ print $2 }}' /proc/{pid}/status") != "0"
    assert host.ok(f"awk '/^CapEff/ {{ print $2 }}' /proc/{pid}/status") == \
        "0" * 16
    host.ok("export XENSTORED_PATH=/run/pelstored/socket; "
            "xenstore-write /a b && [ $(xenstore-read /a) = b ]")


def test_a_killed_store_comes_back_and_nothing_is_lost(host):
    host.tool_ok(f"create {config(host, 'hello', HELLO)}")
    daemon = show(host, "peld", "MainPID")
    before = host.ok("xenstore-ls -fp /")
    host.ok("systemctl kill -s KILL --kill-who=main pelstored")
    host.until('[ "$(systemctl show -P NRestarts pelstored)" = 1 ] && '
               "systemctl -q is-active pelstored")
    assert host.ok("xenstore-ls -fp /") == before
    assert show(host, "peld", "MainPID") == daemon
    assert "hello" in host.tool_ok("list")
    host.tool_ok("destroy hello")


def test_a_live_update_keeps_the_unit(host):
    pid = show(host, "pelstored", "MainPID")
    host.tool_ok("store -- live-update -s")
    host.tool_ok("store check")
    assert show(host, "pelstored", "MainPID") == pid
    assert show(host, "pelstored", "ActiveState") == "active"


def test_a_killed_daemon_comes_back(host):
    pid = show(host, "peld", "MainPID")
    host.ok(f"kill -9 {pid}")
    host.until(f'[ "$(systemctl show -P MainPID peld)" != {pid} ] && '
               "systemctl -q is-active peld")
    host.tool_ok(f"create {config(host, 'hello', HELLO)}")
    host.tool_ok("destroy hello")
