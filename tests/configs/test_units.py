# SPDX-License-Identifier: GPL-2.0-or-later
"""systemd takes the units of configs/systemd as they stand.

Only its checker runs, on a tree of its own: nothing is started.
"""

import pathlib
import shutil
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
UNITS = sorted((TOP / "configs/systemd").iterdir())
PROGRAMS = ("usr/sbin/pelstored", "usr/sbin/peld", "usr/bin/xenstore-write",
            "sbin/modprobe")
SYSTEMD = ("sysinit.target", "shutdown.target", "multi-user.target")

checked = pytest.mark.skipif(not shutil.which("systemd-analyze"),
                             reason="there is no systemd here")


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "etc/systemd/system"
    folder.mkdir(parents=True)
    for unit in UNITS:
        shutil.copy(unit, folder)
    for name in SYSTEMD:
        (folder / name).write_text("[Unit]\n")
    for program in PROGRAMS:
        path = tmp_path / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o755)
    return tmp_path


def verify(root):
    return subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={root}",
         *(u.name for u in UNITS)], text=True, capture_output=True,
        timeout=60, check=False)


@checked
def test_units_are_taken(root):
    done = verify(root)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@checked
def test_a_wrong_line_is_found(root):
    """The check can fail: of a setting that systemd does not know."""
    unit = root / "etc/systemd/system" / UNITS[0].name
    unit.write_text(unit.read_text().replace("[Service]",
                                             "[Service]\nReastart=no"))
    assert "Reastart" in verify(root).stderr


@pytest.mark.parametrize("name", ["pelstored", "peld"])
def test_daemons_come_back_however_often_they_end(name):
    """By default systemd gives up after five times in ten seconds."""
    lines = (TOP / f"configs/systemd/{name}.service").read_text().splitlines()
    assert "Restart=always" in lines
    assert "StartLimitIntervalSec=0" in lines
    assert "RestartSec=0" not in lines  # it would turn round and round
    # Without the hypervisor there is nothing to do, which is no failure.
    assert "ConditionPathExists=/proc/xen/xsd_port" in lines
