# SPDX-License-Identifier: GPL-2.0-or-later
"""The store's fuzz targets: a short run each from the seeds, or a long one."""

import os
import subprocess

import pytest

from conftest import TOP, make

TARGETS = ["parse", "tree", "requests", "replay"]
SECONDS = int(os.environ.get("FUZZ_SECONDS", "600"))


@pytest.fixture(scope="module")
def built():
    make("tests/fuzz/store", f"-j{os.cpu_count()}")


@pytest.mark.parametrize("target", TARGETS)
def test_seeds_and_a_little_more(built, target, tmp_path):
    subprocess.run(
        [TOP / "build/tests/fuzz/store" / target, "-runs=2000", "-seed=1",
         "-max_len=512", f"-artifact_prefix={tmp_path}/", tmp_path,
         TOP / "tests/fuzz/store/seeds" / target],
        timeout=300, check=True)


@pytest.mark.long
def test_all_at_once_for_long(built):
    subprocess.run(["make", "-C", TOP / "tests/fuzz/store", "-j",
                    f"SECONDS={SECONDS}", "fuzz"],
                   timeout=SECONDS * 2 + 600, check=True)
