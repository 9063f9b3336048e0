# SPDX-License-Identifier: GPL-2.0-or-later
"""Starts pelstored, natively, on a socket of its own for each test."""

import fcntl
import os
import pathlib
import signal
import subprocess

import pytest

from client import Client

TOP = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("PELSTORED",
                                     TOP / "build/bin/pelstored"))


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true",
                     help="only the tests that are too long for every day")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: too long for every day")


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("--long")
    items[:] = [item for item in items
                if bool(item.get_closest_marker("long")) == wanted]


def make(folder, *targets):
    """Build a folder of the tests; one process at a time does."""
    (TOP / "build").mkdir(exist_ok=True)
    with open(TOP / "build/tests-store.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["make", "-s", "-C", TOP / folder, *targets],
                       check=True)


class Daemon:
    """A running pelstored."""

    def __init__(self, folder, *options, domains=False):
        self.folder = folder
        self.socket = folder / "socket"
        self.pid_file = folder / "pid"
        self.clients = []
        # In the background: the command returns when the socket is ready.
        done = subprocess.run(
            [BINARY, *([] if domains else ["--no-domains"]), "--socket",
             self.socket, "--pid-file", self.pid_file, *options],
            timeout=20, check=True)
        assert done.returncode == 0
        self.pid = int(self.pid_file.read_text())

    def client(self):
        new = Client(self.socket)
        self.clients.append(new)
        return new

    def tool(self, name, *args, check=True, **kwargs):
        """Run a stock client program: its result, with output as text."""
        env = dict(os.environ, XENSTORED_PATH=str(self.socket))
        return subprocess.run([name, *args], env=env, text=True, timeout=20,
                              capture_output=True, check=check, **kwargs)

    def start_tool(self, name, *args):
        env = dict(os.environ, XENSTORED_PATH=str(self.socket))
        return subprocess.Popen([name, *args], env=env, text=True,
                                stdout=subprocess.PIPE)

    def alive(self):
        return self.socket.exists() and Client(self.socket).read("/") == b""

    def stop(self):
        for one in self.clients:
            one.close()
        os.kill(self.pid, signal.SIGTERM)
        fd = os.pidfd_open(self.pid) if hasattr(os, "pidfd_open") else None
        if fd is not None:
            import select
            ended = select.select([fd], [], [], 20)[0]
            os.close(fd)
            assert ended, "pelstored did not end"


@pytest.fixture
def store(tmp_path):
    """A daemon that must still be there, and sound, when the test ends."""
    daemon = Daemon(tmp_path)
    yield daemon
    check = Client(daemon.socket)
    assert check.ask("CONTROL", b"check\0") == b"OK\0"
    check.close()
    try:
        daemon.stop()
    except ProcessLookupError:
        pass
    assert not daemon.socket.exists()


@pytest.fixture
def start(tmp_path):
    """Starts a daemon with the options that a test wants."""
    daemons = []

    def begin(*options):
        folder = tmp_path / f"daemon{len(daemons)}"
        folder.mkdir()
        daemons.append(Daemon(folder, *options))
        return daemons[-1]

    yield begin
    for daemon in daemons:
        daemon.stop()


@pytest.fixture
def client(store):
    return store.client()
