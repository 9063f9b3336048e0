# SPDX-License-Identifier: GPL-2.0-or-later
"""A small guest moves between two hosts, and has one owner after each fault.

It is a kernel of ours, which checks all of its memory whenever it goes on.
"""

import json
import subprocess
import tempfile

import pytest

from pair import ADDRESS, JOURNALS, MOVED, NAME, OTHER, SECONDS, Pair

# Debian's Xen has no log-dirty mode for PV guests.
pytestmark = pytest.mark.only(hv="pellicle", tools="pel")

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
        m.run(f"grep -c beat {log} >/tmp/beats") # status 1: none yet
        m.until(f"[ $(grep -c beat {log}) -gt $(($(cat /tmp/beats) + 1)) ]")
        assert m.run(f"grep wrong {log}").output == ""
        self.assert_no_residue(OTHER[side])


@pytest.fixture(scope="module")
def pair(host):
    with tempfile.TemporaryDirectory() as folder:
        both = Nomads(host, folder, memory_mb=800, smp=1)
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
    pytest.param("", "built:kill", "a", 1, marks=pytest.mark.long),
    pytest.param("committed:lone", "", "a", None, marks=pytest.mark.long),
    pytest.param("commit-sent:cut", "", "", None, marks=pytest.mark.long),
    ("", "taken:kill", "b", 0),
])
def test_a_fault_leaves_one_owner(pair, fault, target_fault, owner, status):
    pair.stay(pair.check, fault, target_fault, owner, status)


@pytest.mark.long
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


@pytest.mark.long
def test_it_waits_for_no_reader(pair):
    """Events go into a pipe that is full, then to a reader that has gone."""
    a, b = pair.hosts["a"], pair.hosts["b"]
    assert pair.owner() == "a"
    b.ok(": >/tmp/fault")
    a.ok("mkfifo /tmp/pipe; (exec 3<>/tmp/pipe; head -c 65536 /dev/zero >&3; "
         f"{pair.command('a', '--json')} >&3; echo $? >/tmp/status) "
         ">/dev/null 2>&1 &")
    b.until(f"pel list | grep -q '^{NAME} '", SECONDS)
    assert pair.owner() == "b"
    a.ok("head -c 65536 /tmp/pipe >/dev/null; rm /tmp/pipe")
    a.until("[ -s /tmp/status ]")
    assert a.ok("cat /tmp/status; rm /tmp/status") == "0"
    pair.check("b")
    a.ok(": >/tmp/fault")
    b.ok(f"({pair.command('b', '--json')}; echo $? >/tmp/status) | true",
         SECONDS)
    b.until("[ -s /tmp/status ]", SECONDS)
    assert b.ok("cat /tmp/status") == "0"
    pair.check("a")


@pytest.mark.long
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


@pytest.mark.long
def test_it_moves_over_ssh(pair):
    """As an admin types it."""
    a, b = pair.hosts["a"], pair.hosts["b"]
    home = "/tmp/home"
    key = {}
    for m in (a, b):
        m.ok(f"echo root::0:0::{home}:/bin/sh >/etc/passwd; "
             f"mkdir -p {home}/.ssh; chmod 700 {home} {home}/.ssh; "
             f"dropbearkey -t ed25519 -f {home}/.ssh/id_dropbear >/tmp/key")
        key[m] = m.ok("awk '/^ssh-ed25519/ { print $1, $2 }' /tmp/key")
    b.write(f"{home}/.ssh/authorized_keys", key[a])
    a.write(f"{home}/.ssh/known_hosts", f"{ADDRESS['b']} {key[b]}")
    b.ok(f"dropbear -r {home}/.ssh/id_dropbear")
    assert MOVED.search(a.ok(
        f"HOME={home} pel migrate {NAME} {ADDRESS['b']}", SECONDS))
    pair.check("b")
    b.ok("kill $(pidof dropbear)")
    assert pair.move("b").status == 0
    pair.check("a")


def certificates(pair, folder):
    """Give both hosts one certificate, of its own authority."""
    where = ",".join(f"IP:{address}" for address in ADDRESS.values())
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=hosts",
         "-addext", f"subjectAltName={where}"],
        check=True, capture_output=True)
    for m in pair.hosts.values():
        m.ok("mkdir -p /etc/pellicle/tls")
        for name in ("key", "cert"):
            m.write(f"/etc/pellicle/tls/{name}.pem",
                    (folder / f"{name}.pem").read_text())
        m.ok("cd /etc/pellicle/tls && cp cert.pem ca.pem")


@pytest.mark.long
def test_it_moves_over_tls_with_each_option(pair, tmp_path):
    """There with all that pel can be asked for, and back with nothing."""
    a, b = pair.hosts["a"], pair.hosts["b"]
    certificates(pair, tmp_path)
    for m in (a, b):
        m.ok("pel migrate-receive --listen 7443 >/tmp/tls.log 2>&1 & "
             "sleep 1")
    out = a.tool_ok("migrate --connect 10.0.0.3:7443 --compress --json -p "
                    f"--max-downtime 1000 --max-rounds 5 --bandwidth 50 {NAME}",
                    SECONDS)
    events = [json.loads(line) for line in out.splitlines()]
    assert [e["event"] for e in events if e["event"] != "round"] == [
        "begun", "suspended", "sent", "ready", "done"]
    assert 1 <= events[-1]["rounds"] <= 5
    assert pair.states()["b"].strip("-") == "p"
    b.tool_ok(f"unpause {NAME}")
    pair.check("b")
    out = b.tool_ok(f"migrate --connect 10.0.0.1:7443 {NAME}", SECONDS)
    assert MOVED.search(out)
    assert pair.owner() == "a"
    pair.check("a")


SOURCE = ["hello", "round", "suspended", "sent", "ready", "committed",
          "commit-sent", "done", "destroyed"]
TARGET = ["made", "whole", "built", "ready-sent", "commit-heard", "taken", "running"]


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
