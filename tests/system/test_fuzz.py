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
