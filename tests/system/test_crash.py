# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that goes wrong ends as crashed, one that is greedy is refused, and
neither harms anybody."""

import time

import pytest

from test_lifecycle import assert_memory_is, free_memory

CONFIG = """\
name = "{name}"
kernel = "{kernel}"
memory = {memory}
vcpus = 1
on_crash = "{on_crash}"
"""

DEBIAN = """\
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0 panic=0"
"""


def crashed(m, name):
    """Shell condition: the list shows the guest as crashed."""
    return (f"{m.tools} list {name} 2>/dev/null | "
            "awk 'NR == 2 && $5 ~ /c/ { found = 1 } END { exit !found }'")


@pytest.fixture(scope="module")
def healthy(shared):
    """A healthy guest that lives beside the sick ones."""
    m = shared.get()
    m.write("/tmp/witness.cfg", CONFIG.format(
        name="witness", kernel="/boot/vmlinuz.lz4", memory=160,
        on_crash="destroy") + DEBIAN)
    m.tool_ok("create /tmp/witness.cfg")
    m.guest("witness", "touch /tmp/alive", 120)
    yield m
    if m.alive() and m.usable:
        m.tool("destroy witness")


@pytest.fixture
def witness(healthy):
    """dom0, with the healthy guest and dom0 itself asked afterwards."""
    yield healthy
    assert healthy.guest("witness", "ls /tmp") == "alive"
    assert healthy.run("dmesg | grep -E 'Call Trace|BUG:'").status == 1


def test_panic_ends_as_crash(witness):
    witness.write("/tmp/sick.cfg", CONFIG.format(
        name="sick", kernel="/boot/vmlinuz.lz4", memory=160,
        on_crash="preserve") + DEBIAN)
    witness.tool_ok("create /tmp/sick.cfg")
    witness.guest("sick", "true", 120)
    witness.run("in-guest sick 5 'echo c >/proc/sysrq-trigger'", 60)
    witness.until(crashed(witness, "sick"), 60)
    witness.tool_ok("destroy sick")


@pytest.mark.parametrize("image", ["crash-panic", "crash-triple",
                                   "crash-garbage"])
def test_wild_kernel_ends_as_crash(witness, image):
    witness.write("/tmp/wild.cfg", CONFIG.format(
        name="wild", kernel=f"/boot/guest-pv/{image}.elf", memory=32,
        on_crash="preserve"))
    witness.tool_ok("create /tmp/wild.cfg")
    witness.until(crashed(witness, "wild"), 30)
    witness.tool_ok("destroy wild")


def test_crash_destroys_when_told_so(witness):
    witness.write("/tmp/brief.cfg", CONFIG.format(
        name="brief", kernel="/boot/guest-pv/crash-garbage.elf", memory=32,
        on_crash="destroy"))
    witness.tool_ok("create /tmp/brief.cfg")
    witness.until(f"! {witness.tools} list brief >/dev/null 2>&1", 30)


NEIGHBOUR = DEBIAN.replace('panic=0"', 'panic=0 addr=10.0.0.4/24"') + """\
disk = [ "file:/tmp/neighbour.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""


@pytest.fixture
def neighbour(witness):
    """A guest with a disk and a network card, and a file to fetch in dom0."""
    m = witness
    m.ok("truncate -s 16M /tmp/neighbour.img; mkdir -p /tmp/www; "
         "head -c 2000000 /dev/urandom >/tmp/www/file; "
         "httpd -p 10.0.0.1:8081 -h /tmp/www")
    m.write("/tmp/neighbour.cfg", CONFIG.format(
        name="neighbour", kernel="/boot/vmlinuz.lz4", memory=160,
        on_crash="destroy") + NEIGHBOUR)
    m.tool_ok("create /tmp/neighbour.cfg", 120)
    m.guest("neighbour", "ping -c 1 10.0.0.1 >/dev/null", 120)
    yield m
    for want in GREEDY: # left by a turn that failed
        m.tool(f"destroy greedy-{want}", 120)
    m.tool_ok("destroy neighbour", 120)
    m.ok("killall httpd; rm -rf /tmp/www /tmp/neighbour.img")


def disk_and_network(m):
    """What the neighbour writes is on its disk, and what it fetches is whole;
    the seconds that it takes."""
    begin = time.monotonic()
    m.guest("neighbour", "for i in 1 2 3 4; do "
            "wget -q -O /tmp/file http://10.0.0.1:8081/file; "
            "cat /tmp/file /tmp/file /tmp/file >/dev/xvda; sync; done", 240)
    seconds = time.monotonic() - begin
    size = 3 * 2000000
    there = m.guest("neighbour", f"head -c {size} /dev/xvda | sha256sum",
                    240)
    here = m.ok("cd /tmp/www; cat file file file | sha256sum; "
                f"head -c {size} /tmp/neighbour.img | sha256sum", 240)
    assert set(here.splitlines()) == {there.strip()}
    return seconds


GREEDY = ["memory", "events", "grants", "maptrack", "console"]


def work(m):
    """What others do must go on beside them: programs and memory in a guest,
    and a guest that is made, speaks and goes."""
    sums = m.guest("witness", "for i in 1 2 3 4 5; do "
                   "head -c 4000000 /dev/zero >/tmp/file && "
                   "sha256sum </tmp/file; done; rm /tmp/file", 120)
    assert len(set(sums.splitlines())) == 1 and sums.count("\n") == 4
    m.ok("xenstore-write /local/domain/0/data/x y && "
         "xenstore-read /local/domain/0/data/x && "
         "xenstore-rm /local/domain/0/data", 120)
    log = m.console_log("modest")
    m.write("/tmp/modest.cfg", CONFIG.format(
        name="modest", kernel="/boot/guest-pv/tick.elf", memory=16,
        on_crash="destroy"))
    m.ok(f"rm -f {log}")
    m.tool_ok("create /tmp/modest.cfg", 120)
    m.until(f"grep -q '^tick 1' {log}", 60)
    m.tool_ok("destroy modest", 120)


def crowd(witness):
    """Make the greedy guests, and wait until each has been refused."""
    logs = {want: witness.console_log(f"greedy-{want}") for want in GREEDY}
    for want in GREEDY:
        witness.write(f"/tmp/{want}.cfg", CONFIG.format(
            name=f"greedy-{want}", kernel="/boot/guest-pv/greedy.elf",
            memory=32, on_crash="preserve") + f'extra = "want={want}"\n')
        witness.ok(f"rm -f {logs[want]}")
        witness.tool_ok(f"create /tmp/{want}.cfg", 120)
    for want in GREEDY[:-1]:
        witness.until(f"grep -q '^greedy: {want} refused after [1-9]' "
                      f"{logs[want]}", 120)
    witness.until(f"[ $(wc -c <{logs['console']}) -gt 100000 ]", 120)
    return logs


def disperse(witness, logs):
    states = witness.tool_ok("list | awk '/^greedy/ { print $5 }'")
    assert states.count("\n") == 4 and "c" not in states, states
    for want in GREEDY:
        witness.tool_ok(f"destroy greedy-{want}", 120)
    witness.ok(f"rm -f {' '.join(logs.values())}")


def turn(witness):
    """They come, others work beside them, they go; what disk_and_network() says
    of that time."""
    logs = crowd(witness)
    work(witness)
    seconds = disk_and_network(witness)
    disperse(witness, logs)
    return seconds


@pytest.mark.long
def test_guests_that_take_all_they_can_harm_nobody(neighbour, record_property):
    """Each has exhausted what it may have of something, and goes on asking.

    What dom0 and the neighbour needed at once they keep, for event channels and
    grants, so one turn after another is taken until one takes nothing.
    """
    witness = neighbour
    alone = disk_and_network(witness)
    turn(witness)
    for _ in range(3):
        before = free_memory(witness)
        beside = turn(witness)
        if free_memory(witness) == before:
            break
    record_property("report", "disk and network of a neighbour: "
                    f"{alone:.1f} s alone, {beside:.1f} s beside "
                    f"{len(GREEDY)} that are greedy")
    assert_memory_is(witness, before)
