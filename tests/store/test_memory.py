# SPDX-License-Identifier: GPL-2.0-or-later
"""Memory: none leaks in a daemon's life, and what was used is given back."""

import os
import pathlib
import subprocess

from client import message, strings
from conftest import TOP, make

OPERATIONS, CRASHES = 20_000, 5


def test_a_whole_life_with_the_sanitizers(tmp_path):
    """They end the daemon on an error, and fail its end on a leak."""
    daemon = TOP / "build/tests/store/model/pelstored-asan"
    make("tests/bench/store")
    make("tests/store/model", "all", daemon)
    env = dict(os.environ, ASAN_OPTIONS="verify_asan_link_order=0")
    subprocess.run(
        [TOP / "build/tests/store/model/store-model", "-n", str(OPERATIONS),
         "-k", str(CRASHES), daemon,
         TOP / "build/tests/bench/store/standin.so", tmp_path],
        env=env, timeout=600, check=True)


def resident_kib(pid):
    statm = pathlib.Path(f"/proc/{pid}/statm").read_text()
    return int(statm.split()[1]) * os.sysconf("SC_PAGESIZE") // 1024


def send_many(client, messages):
    for at in range(0, len(messages), 100):
        part = messages[at:at + 100]
        client.send(b"".join(part))
        for _ in part:
            client.reply()


def test_nodes_that_go_leave_their_memory(store, client):
    client.write("/warm", "up")
    before = resident_kib(store.pid)
    send_many(client, [message("WRITE", strings(f"/b/{i // 100}/{i % 100}") +
                               b"v" * 32) for i in range(100_000)])
    assert resident_kib(store.pid) > before + 8000
    client.remove("/b")
    client.read("/")
    assert resident_kib(store.pid) < before + 4000


def test_clients_that_go_leave_their_memory(store, client):
    client.read("/")  # it is connected
    before = resident_kib(store.pid)
    handles = len(os.listdir(f"/proc/{store.pid}/fd"))
    others = [store.client() for _ in range(200)]
    for number, other in enumerate(others):
        send_many(other, [message("WATCH", strings(f"/w/{number}/{i}", "t"))
                          for i in range(300)])
        tx = other.begin()
        send_many(other, [message("WRITE", strings(f"/t/{number}/{i}"), tx)
                          for i in range(50)])
    assert resident_kib(store.pid) > before + 8000
    for other in others:
        other.close()
    while len(os.listdir(f"/proc/{store.pid}/fd")) > handles:
        client.read("/")  # not all have been seen to go
    assert resident_kib(store.pid) < before + 6000
