# SPDX-License-Identifier: GPL-2.0-or-later
"""Words that make no sense together end pel with 2, whatever the host."""

import subprocess
from pathlib import Path

import pytest

PEL = Path(__file__).parents[2] / "build/bin/pel"

LINES = {
    "nothing": "no command",
    "help nothing": "no command",
    "pause": "pause wants DOMAIN",
    "shutdown": "which domain",
    "shutdown -a g": "takes no domain",
    "create -F g.cfg": "see \"pel help create\"",
    "restore -F image": "no option -F",
    "sched-credit2 -w 3": "-d",
    "sched-credit2 -r 5": "belongs to -s",
    "snapshot make g": "no \"snapshot make\"",
    "snapshot revert g": "snapshot revert wants",
    "snapshot create -p g s": "snapshot create has no option -p",
    "snapshot delete -j g s": "has no option -j",
    "migrate g": "wants DOMAIN HOST",
    "migrate --keep g": "--keep wants",
    "migrate --resolve g h": "--resolve wants",
    "migrate --connect h:7000 -s x g": "--connect or --ssh",
    "migrate --tls /tmp g h": "--tls wants",
    "migrate-receive --tls /tmp": "--tls wants",
    "migrate --overwrite g h": "--overwrite wants",
    "migrate-receive --overwrite": "--overwrite wants",
    "migrate-receive --storage here": "absolute path",
}


@pytest.mark.parametrize("line", LINES)
def test_senseless_lines_end_with_2(line):
    p = subprocess.run([PEL, *line.split()], capture_output=True, text=True,
                       timeout=20, check=False)
    assert (p.returncode, p.stdout) == (2, "")
    assert LINES[line] in p.stderr and p.stderr.count("\n") == 1


def test_a_line_that_makes_sense_fails_with_1():
    p = subprocess.run([PEL, "create", "/no/such.cfg"], capture_output=True,
                       text=True, timeout=20, check=False)
    assert p.returncode == 1 and p.stderr.count("\n") == 1
