# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at random instants under load: nothing committed is lost."""

import os
import random
import signal
import socket
import subprocess
import threading

import pytest

from client import Client, Closed, StoreError, strings
from conftest import BINARY

# Of `make check`, and of `make check-long`.
KILLS, LONG_KILLS = 200, 1000
WRITERS = 4
KEYS = 8


class Killable:
    """A daemon in the foreground that is killed and started again."""

    options, env = ("-n",), {}

    def __init__(self, folder):
        self.folder = folder
        self.socket = folder / "socket"
        self.process = None

    def start(self, *extra, cwd=None):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, \
                open(self.folder / "log", "ab") as log:
            path = self.folder / "ready"
            path.unlink(missing_ok=True)
            ready.bind(str(path))
            ready.settimeout(20)
            self.process = subprocess.Popen(
                [BINARY, "-f", "-s", self.socket, "-p", self.folder / "pid",
                 *self.options, *extra], stderr=log, cwd=cwd,
                env=dict(os.environ, NOTIFY_SOCKET=str(path), **self.env))
            assert ready.recv(100) == b"READY=1\n", self.log()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def log(self):
        return (self.folder / "log").read_text()


class Writer(threading.Thread):
    """Writes rising numbers until the daemon dies, and knows what it may be.

    Each key has the last number whose write was answered, and perhaps one
    more whose was not.  A transaction sets two keys to the same number.
    """

    def __init__(self, path, who, state):
        super().__init__()
        self.path, self.who, self.state = path, who, state
        self.trouble = None

    def run(self):
        try:
            client = Client(self.path)
            while True:
                self.step(client)
        except (Closed, BrokenPipeError, ConnectionResetError,
                ConnectionRefusedError):
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.trouble = error

    def step(self, client):
        key = random.randrange(KEYS)
        names = ([f"/load/{self.who}/{key}"] if key else
                 [f"/load/{self.who}/pair/{n}" for n in "ab"])
        entry = self.state.setdefault(tuple(names), [0, 0])
        entry[1] = entry[0] + 1
        value = f"{entry[1]} " + "x" * random.randrange(200)
        if key:
            client.write(names[0], value)
        else:
            tx = client.begin()
            for name in names:
                client.write(name, value, tx)
            try:
                client.end(tx)
            except StoreError as error:
                if str(error) != "EAGAIN":
                    raise
                return
        entry[0] = entry[1]


def check(client, states):
    """What must be there is there, and nothing else."""
    for state in states:
        for names, entry in state.items():
            found = []
            for name in names:
                try:
                    found.append(int(client.read(name).split()[0]))
                except StoreError as error:
                    assert str(error) == "ENOENT"
                    found.append(0)
            assert len(set(found)) == 1, (names, found)  # both or none
            assert found[0] in entry, (names, found, entry)
            entry[:] = [found[0]] * 2


def kill_often(folder, kills):
    daemon = Killable(folder)
    seed = random.randrange(2 ** 32)
    print("seed", seed)
    random.seed(seed)
    states = [{} for _ in range(WRITERS)]
    daemon.start()
    for _ in range(kills):
        writers = [Writer(daemon.socket, n, states[n])
                   for n in range(WRITERS)]
        for one in writers:
            one.start()
        client = Client(daemon.socket)
        try:  # a random amount of work, not of time
            for _ in range(random.randrange(400)):
                client.read("/")
        finally:
            daemon.kill()
        for one in writers:
            one.join(20)
            assert not one.is_alive() and not one.trouble, one.trouble
        client.close()
        daemon.start()
        client = Client(daemon.socket)
        check(client, states)
        assert client.ask("CONTROL", b"check\0") == b"OK\0"
        client.close()
    assert sum(e[0] for s in states for e in s.values()) > kills
    daemon.kill()
    assert "damaged" not in daemon.log()


def test_nothing_committed_is_lost(tmp_path):
    kill_often(tmp_path, KILLS)


def test_a_damaged_journal_is_told_of_and_kept(tmp_path):
    daemon = Killable(tmp_path)
    daemon.start()
    client = Client(daemon.socket)
    for n in range(300):
        client.write(f"/n/{n}", "x" * 100)
    daemon.kill()
    client.close()
    journal = tmp_path / "socket.journal"
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 1
    journal.write_bytes(data[:-5])
    daemon.start()
    client = Client(daemon.socket)
    assert len(client.ask("DIRECTORY", b"/n\0").split(b"\0")) == 299
    client.close()
    log = daemon.log()
    assert "damaged bytes passed over" in log
    assert "bytes cut off at its end" in log
    assert f"as it was found: {journal}.damaged" in log
    assert (tmp_path / "socket.journal.damaged").read_bytes() == data[:-5]
    daemon.kill()
    daemon.start()  # that was mended, and the other is as it was
    assert daemon.log().count("damaged bytes") == log.count("damaged bytes")
    daemon.kill()


@pytest.mark.long
def test_nothing_committed_is_lost_in_a_thousand_kills(tmp_path):
    kill_often(tmp_path, LONG_KILLS)
