# SPDX-License-Identifier: GPL-2.0-or-later
"""Our fuzzing guest (guest-pv/fuzz) against the hypervisor.

Short runs with fixed seeds always; with --long also random seeds, more
vCPUs than CPUs, and guests without privilege that share grants and events.
What was tried is recorded for the runner, which prints it.
"""

import os
import random
import re

import pytest

import machine as vm

# The judge is our hypervisor's auditor.
pytestmark = pytest.mark.only(hv="pellicle")

RESULT = (r"^FUZZ: seed (\d+), (\d+) vCPUs, (\d+) operations, (\d+) refused, "
          r"(\d+) trapped, (\d+) audits, (\d+) violations")
SEEDS = os.path.join(vm.TOP, "tests/fuzz/guest-seeds")
KERNEL = os.path.join(vm.TOP, "build/guest-pv/fuzz.elf")
BAD = r"PANIC|Assertion|FUZZ: .*in round|crashed"


def kept_seeds():
    """The rows of the file of seeds: (vCPUs, words)."""
    with open(SEEDS, encoding="utf-8") as f:
        rows = [line.partition("#")[0].split(None, 1) for line in f]
    return [(int(row[0]), row[1].strip()) for row in rows if row]


def fuzz_as_dom0(host, words, record_property, smp=2, vcpus=2, seconds=120):
    """Boot the fuzzing guest as dom0 and judge its last line."""
    with vm.Machine(f"fuzz-{smp}", hv=host.hv, kernel=KERNEL, initrd="",
                    smp=smp, memory_mb=512, dom0_mb=128, dom0_args=words,
                    hv_args=f"dom0_max_vcpus={vcpus}") as m:
        m.wait(r".", vm.START_SECONDS)
        m.wait(f"{RESULT}|{BAD}", seconds)
        text = m.console.text
    match = re.search(RESULT, text, re.M)
    line = match.group(0) if match else f"died: {words}"
    record_property("report", f"{line} (smp {smp}, {words})")
    assert match and match.group(7) == "0" and int(match.group(6)), text[-3000:]


@pytest.mark.parametrize("smp,vcpus,seed", [(1, 2, 11), (2, 3, 12)])
def test_fixed_seed_as_dom0(host, record_property, smp, vcpus, seed):
    fuzz_as_dom0(host, f"seed={seed} ops=3000 round=500", record_property,
                 smp, vcpus)


@pytest.mark.parametrize("vcpus,words", kept_seeds())
def test_kept_seed_as_dom0(host, record_property, vcpus, words):
    fuzz_as_dom0(host, words, record_property, smp=min(vcpus, 2), vcpus=vcpus)


@pytest.mark.long
@pytest.mark.parametrize("smp,vcpus", [(1, 1), (1, 4), (2, 2), (2, 4), (4, 4)])
@pytest.mark.parametrize("seed", [1, 2, None])
def test_long_as_dom0(host, record_property, smp, vcpus, seed):
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 32)
    fuzz_as_dom0(host, f"seed={seed} ops=40000 round=2000", record_property,
                 smp, vcpus, seconds=600)


GUEST = """\
name = "{name}"
kernel = "/boot/guest-pv/fuzz.elf"
memory = 64
vcpus = {vcpus}
extra = "{words}"
on_poweroff = "preserve"
on_crash = "preserve"
"""
AUDIT = ("pel debug-keys a && "
         "pel dmesg | sed -n 's/.*audit: \\([0-9]*\\) violations.*/\\1/p' | "
         "tail -n 1")


def start(m, name, words, vcpus):
    """Create a fuzzing guest; the file of its console."""
    m.write(f"/tmp/{name}.cfg",
            GUEST.format(name=name, words=words, vcpus=vcpus))
    m.ok(f"rm -f {m.console_log(name)}; pel create -p /tmp/{name}.cfg")
    return m.console_log(name)


def fuzz_as_guests(m, guests, record_property, seconds=300):
    """Run guests, (name, words, vCPUs), at once; audit until all have ended.

    Each ends by itself with nothing lost, and dom0 lives.
    """
    logs = [start(m, *guest) for guest in guests]
    names = " ".join(name for name, _, _ in guests)
    m.ok(f"for g in {names}; do pel unpause $g; done")
    m.ok(f"end=$(($(cut -d. -f1 /proc/uptime) + {int(seconds * vm.SLOW)}))\n"
         f"rm -f /tmp/audits\n"
         f"while :; do n=$({AUDIT}); echo $n >>/tmp/audits\n"
         f"[ $n = 0 ] || exit 1\n"
         f"[ $(cat {' '.join(logs)} | grep -c '^FUZZ: seed') -lt "
         f"{len(logs)} ] || exit 0\n"
         "[ $(cut -d. -f1 /proc/uptime) -lt $end ] || exit 2; sleep 1; done",
         seconds + 60)
    audits = m.ok("wc -l </tmp/audits")
    for (name, words, _), log in zip(guests, logs):
        text = m.ok(f"tail -n 3 {log}").replace("\r", "")
        match = re.search(RESULT, text, re.M)
        record_property("report", f"{match.group(0) if match else text} "
                        f"({name}: {words}; {audits} audits beside it)")
        assert match and match.group(7) == "0", text
    # The pages of one that the other still maps are free with the last.
    m.run(f"for g in {names}; do pel destroy $g; done")
    m.until("[ $(pel list | wc -l) = 2 ]")
    assert m.ok(AUDIT) == "0"
    assert m.run("dmesg | grep -E 'Call Trace|BUG:'").status == 1


@pytest.mark.long
@pytest.mark.parametrize("vcpus,seed", [(1, 21), (2, 22), (3, None)])
def test_long_as_guest(dom0, record_property, vcpus, seed):
    """Without privilege, beside a dom0 that works on."""
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 32)
    fuzz_as_guests(dom0, [("fuzz", f"seed={seed} ops=20000 round=1000", vcpus)],
                   record_property)


@pytest.mark.long
@pytest.mark.parametrize("seed", [31, None])
def test_long_as_pair(dom0, record_property, seed):
    """Two that map, copy and send to each other."""
    if seed is None:
        seed = random.SystemRandom().randrange(1 << 31)
    start(dom0, "fuzz0", "", 1)
    last = int(dom0.tool_ok("domid fuzz0"))
    dom0.tool_ok("destroy fuzz0")
    words = "seed={} ops=20000 round=1000 peer={}"
    fuzz_as_guests(dom0, [("fuzz1", words.format(seed, last + 2), 2),
                          ("fuzz2", words.format(seed + 1, last + 1), 2)],
                   record_property)
