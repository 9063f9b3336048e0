# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests' rings under load, with a store that dies or is replaced."""

import collections
import random
import signal
import threading

import pytest

from client import LIMIT_SECONDS, TYPES, Client, message, strings
from conftest import TOP, make
from guest import Folder, Guest
from test_crash import Killable

KILLS = 200
UPDATES = 200


@pytest.fixture(scope="module")
def standin():
    make("tests/bench/store")
    return TOP / "build/tests/bench/store/standin.so"


class Load(threading.Thread):
    """A guest with many requests under way, which wants all their answers.

    Each write has one event and one answer, in order; more of them than the
    rings hold are under way, so that either side waits for the other.
    """

    def __init__(self, guest, least):
        super().__init__()
        self.guest, self.least = guest, least
        self.enough, self.trouble, self.done = False, None, 0

    def run(self):
        try:
            self.guest.watch("n", "token")
            assert self.guest.event()[1] == "token"
            while not self.enough or self.done < self.least:
                self.burst(random.randrange(1, 40))
        except Exception as error:  # pylint: disable=broad-except
            self.trouble = error

    def burst(self, size):
        wanted = collections.deque()
        for _ in range(size):
            self.done += 1
            wanted.append(self.done)
            value = str(self.done).encode() + b" " * random.randrange(300)
            self.guest.send(message("WRITE", strings("n") + value, 0,
                                    self.done))
        for number in wanted:
            kind, _, _, payload = self.guest.receive()
            assert kind == TYPES["WATCH_EVENT"]
            assert payload == strings("n", "token")
            kind, req, _, payload = self.guest.receive()
            assert (kind, req) == (TYPES["WRITE"], number), payload

    def finish(self):
        self.enough = True
        self.join(3 * LIMIT_SECONDS)
        assert not self.is_alive() and not self.trouble, self.trouble


class Store(Killable):
    """A store with one guest, whose signals are lost while nobody serves."""

    options = ()

    def __init__(self, folder, standin):
        super().__init__(folder)
        self.rings = Folder(folder)
        self.env = {"STANDIN": str(folder), "LD_PRELOAD": str(standin)}

    def start(self, *extra):
        self.rings.forget_signals()
        super().start(*extra)

    def introduce(self):
        guest = Guest(self.rings, 1)
        client = Client(self.socket)
        client.ask("INTRODUCE", strings("1", "1", "1"))
        client.write("/local/domain/1")
        client.ask("SET_PERMS", strings("/local/domain/1", "n1"))
        client.close()
        return guest


@pytest.fixture
def store(tmp_path, standin):
    one = Store(tmp_path, standin)
    one.start()
    yield one
    client = Client(one.socket)
    assert client.ask("CONTROL", b"check\0") == b"OK\0"
    client.close()
    one.process.send_signal(signal.SIGTERM)
    assert one.process.wait(LIMIT_SECONDS) == 0


def pass_time(store):
    """A random amount of work, not of time."""
    client = Client(store.socket)
    for _ in range(random.randrange(100)):
        client.read("/")
    client.close()


def last(store):
    client = Client(store.socket)
    number = int(client.read("/local/domain/1/n"))
    client.close()
    return number


def test_a_guest_has_each_answer_once(store):
    load = Load(store.introduce(), 5000)
    load.start()
    load.finish()
    assert last(store) == load.done


def test_a_guest_has_each_answer_once_when_the_store_is_killed(store):
    load = Load(store.introduce(), 0)
    load.start()
    for _ in range(KILLS):
        pass_time(store)
        store.kill()
        store.start()
    load.finish()
    assert last(store) == load.done > KILLS
    assert "not as it was left" not in store.log()


def test_a_guest_has_each_answer_once_when_the_store_is_replaced(store):
    load = Load(store.introduce(), 0)
    load.start()
    client = Client(store.socket)
    for _ in range(UPDATES):
        pass_time(store)
        assert client.ask("CONTROL", b"live-update\0-s\0") == b"OK\0"
    load.finish()
    assert last(store) == load.done > UPDATES
    client.close()
