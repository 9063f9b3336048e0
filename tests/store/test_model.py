# SPDX-License-Identifier: GPL-2.0-or-later
"""The store against a simple model: see model/main.c."""

import os
import subprocess

from conftest import BINARY, TOP

# `make check-long` asks for more.
OPERATIONS = int(os.environ.get("STORE_MODEL_OPERATIONS", "100000"))
CRASHES = int(os.environ.get("STORE_MODEL_CRASHES", "100"))
SEED = int(os.environ.get("STORE_MODEL_SEED", "1"))


def test_random_requests_answer_as_the_model_does(tmp_path):
    for folder in ("tests/bench/store", "tests/store/model"):
        subprocess.run(["make", "-s", "-C", TOP / folder], check=True)
    subprocess.run(
        [TOP / "build/tests/store/model/store-model",
         "-n", str(OPERATIONS), "-s", str(SEED), "-k", str(CRASHES), BINARY,
         TOP / "build/tests/bench/store/standin.so", tmp_path],
        timeout=120 + OPERATIONS / 200, check=True)
