# SPDX-License-Identifier: GPL-2.0-or-later
"""A small guest moves between two hosts, and has one owner after each fault.

It is a kernel of ours, which checks all of its memory whenever it goes on.
"""

import tempfile

import pytest

from pair import JOURNALS, MOVED, NAME, OTHER, SECONDS, Pair

# Debian's Xen has no log-dirty mode for PV guests.
pytestmark = [pytest.mark.only(hv="pellicle", tools="pel"), pytest.mark.long]

CONFIG = """\
name = "moved"
kernel = "/boot/guest-pv/nomad.elf"
memory = 32
"""


class Nomads(Pair):
    """The pair, with the guest of our own."""

    def check(self, side):
        """It goes on with all of its memory, and the other host is clean."""
        m = self.hosts[side]
        log = m.console_log(NAME)
        m.ok(f"grep -c beat {log} >/tmp/beats")
        m.until(f"[ $(grep -c beat {log}) -gt $(($(cat /tmp/beats) + 1)) ]")
        assert m.run(f"grep wrong {log}").output == ""
        self.assert_no_residue(OTHER[side])


@pytest.fixture(scope="module")
def pair(host):
    with tempfile.TemporaryDirectory() as folder:
        both = Nomads(host, folder, memory_mb=800)
        a = both.hosts["a"]
        a.write("/tmp/moved.cfg", CONFIG)
        a.tool_ok("create /tmp/moved.cfg")
        a.until(f"grep -q ready {a.console_log(NAME)}")
        yield both
        both.close()


def test_it_moves_there_and_back(pair):
    for source, target in ("ab", "ba"):
        result = pair.move(source)
        assert result.status == 0 and MOVED.search(result.output), result
        print(result.output)
        assert pair.owner() == target
        pair.check(target)


# Who fails where; who owns the guest afterwards ("": that depends), and the
# exit status.
@pytest.mark.parametrize("fault, target_fault, owner, status", [
    ("suspended:kill", "", "a", None),
    ("", "built:kill", "a", 1),
    ("committed:lone", "", "a", None),
    ("commit-sent:cut", "", "", None),
    ("", "taken:kill", "b", 0),
])
def test_a_fault_leaves_one_owner(pair, fault, target_fault, owner, status):
    pair.stay(pair.check, fault, target_fault, owner, status)


def test_it_can_be_called_off(pair):
    """One is slow, and cancelled; another finds nobody."""
    a = pair.hosts["a"]
    assert pair.owner() == "a"
    a.ok(f"{pair.command('a', '--bandwidth 1')} >/tmp/out 2>&1 & "
         "echo $! >/tmp/pid")
    a.until(f"[ -n \"$(ls {JOURNALS})\" ]")
    a.tool_ok(f"migrate --cancel {NAME}")
    a.until("! kill -0 $(cat /tmp/pid)")
    assert "interrupted" in a.ok("cat /tmp/out")
    result = a.tool(f"migrate -s '' {NAME} 'carry 10.0.0.3 7001'")
    assert result.status == 1 and "is lost" in result.output, result
    pair.check("a")


def test_an_undecided_guest_waits_for_the_answer(pair):
    """The other host is lost at the hand-over, and can be reached later."""
    a, b = pair.hosts["a"], pair.hosts["b"]
    assert pair.owner() == "a"
    b.ok(": >/tmp/fault")
    a.ok(f"(PEL_FAULT=commit-sent:cut {pair.command('a')}; "
         "echo status $?) >/tmp/out 2>&1 &")
    b.until(f"[ -n \"$(ls {JOURNALS})\" ]")
    b.ok("kill $(pidof nc)")
    a.until("grep -q status /tmp/out", SECONDS)
    assert "status 3" in a.ok("cat /tmp/out")
    assert a.tool(f"migrate --resolve {NAME}").status == 3
    assert pair.states()["a"].strip("-") == "s"
    pair.listen("b")
    a.tool_ok(f"migrate --resolve {NAME}")
    now = pair.owner()
    pair.check(now)
    if now == "b":
        assert pair.move("b").status == 0
        pair.check("a")


SOURCE = ["hello", "round", "suspended", "sent", "ready", "committed",
          "commit-sent", "done", "destroyed"]
TARGET = ["made", "built", "ready-sent", "commit-heard", "taken", "running"]


@pytest.mark.long
@pytest.mark.parametrize("action", ["kill", "lone", "cut"])
def test_a_fault_of_the_source_leaves_one_owner(pair, action):
    for step in SOURCE:
        pair.stay(pair.check, f"{step}:{action}", "", "", None)


@pytest.mark.long
@pytest.mark.parametrize("action", ["kill", "lone"])
def test_a_fault_of_the_target_leaves_one_owner(pair, action):
    for step in TARGET:
        pair.stay(pair.check, "", f"{step}:{action}", "", None)
