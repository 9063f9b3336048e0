# SPDX-License-Identifier: GPL-2.0-or-later
"""The store against a simple model: see model/main.c."""

import os
import subprocess

import pytest

from conftest import BINARY, TOP, make

# Of `make check`, and of `make check-long`.
OPERATIONS, CRASHES = 100_000, 100
LONG_OPERATIONS = int(os.environ.get("STORE_MODEL_OPERATIONS", "3000000"))
LONG_CRASHES = int(os.environ.get("STORE_MODEL_CRASHES", "1000"))


def play(folder, operations, crashes, seed):
    make("tests/bench/store")
    make("tests/store/model")
    subprocess.run(
        [TOP / "build/tests/store/model/store-model",
         "-n", str(operations), "-s", str(seed), "-k", str(crashes), BINARY,
         TOP / "build/tests/bench/store/standin.so", folder],
        timeout=120 + operations / 200, check=True)


def test_random_requests_answer_as_the_model_does(tmp_path):
    play(tmp_path, OPERATIONS, CRASHES, 1)


@pytest.mark.long
def test_millions_of_random_requests(tmp_path):
    play(tmp_path, LONG_OPERATIONS, LONG_CRASHES,
         int.from_bytes(os.urandom(4), "little"))
