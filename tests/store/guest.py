# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests' rings: a folder of the stand-in (see tests/bench/store/standin.c)."""

import mmap
import os
import select
import struct

from client import HEADER, LIMIT_SECONDS, Client

RING = 1024
# Offsets in a ring's page.
REQ_CONS, REQ_PROD, RSP_CONS, RSP_PROD = 2048, 2052, 2056, 2060
CONNECTION, ERROR = 2068, 2072
STATE_CHANGED = 0x7ff4  # no domain: some domain's state is another now


class Folder:
    """What the stand-in needs, and who plays the guests."""

    def __init__(self, path):
        self.path = path
        self.fifo = {}
        for name in ("events", "notify"):
            os.mkfifo(path / name)
            self.fifo[name] = os.open(path / name, os.O_RDWR | os.O_NONBLOCK)

    def forget_signals(self):
        """Nobody served: what was signalled meanwhile reached nobody."""
        try:
            os.read(self.fifo["events"], 65536)
        except BlockingIOError:
            pass

    def signal(self, number):
        os.write(self.fifo["events"], struct.pack("=I", number))

    def wait(self):
        """Until the store signals some guest."""
        assert select.select([self.fifo["notify"]], [], [], LIMIT_SECONDS)[0]
        os.read(self.fifo["notify"], 4096)

    def destroy(self, domid):
        os.unlink(self.path / f"page-{domid}")
        self.signal(STATE_CHANGED)


class Guest(Client):
    """A client behind a ring.  Introduce its domain before asking.

    As Linux it signals only what it adds when all before has been taken, and
    the room that it makes in a full ring.
    """

    def __init__(self, folder, domid):
        self.folder, self.domid = folder, domid
        self.events = []
        self.req = iter(range(1, 1 << 30))
        with open(folder.path / f"page-{domid}", "w+b") as f:
            f.truncate(4096)
            self.page = mmap.mmap(f.fileno(), 4096)
        # The store must never see half of an index.
        self.words = memoryview(self.page).cast("I")

    def close(self):
        self.words.release()
        self.page.close()

    def get(self, offset):
        return self.words[offset // 4]

    def set(self, offset, value):
        self.words[offset // 4] = value & 0xffffffff

    def between(self, cons, prod):
        """How far an index is behind another one."""
        return (self.get(prod) - self.get(cons)) % 2**32

    def put(self, data):
        while data:
            room = RING - self.between(REQ_CONS, REQ_PROD)
            if not room:
                self.folder.wait()
                continue
            at = self.get(REQ_PROD)
            for i, byte in enumerate(data[:room]):
                self.page[(at + i) % RING] = byte
            self.set(REQ_PROD, at + len(data[:room]))
            if (self.get(REQ_CONS) - at) % 2**32 < 2**31:
                self.folder.signal(self.domid)
            data = data[room:]

    def send(self, data):
        self.put(data[:HEADER.size])
        self.put(data[HEADER.size:])

    def exactly(self, size):
        data = bytearray()
        while len(data) < size:
            there = min(self.between(RSP_CONS, RSP_PROD), size - len(data))
            if not there:
                self.folder.wait()
                continue
            at = self.get(RSP_CONS)
            data += bytes(self.page[RING + (at + i) % RING]
                          for i in range(there))
            self.set(RSP_CONS, at + there)
            if (self.get(RSP_PROD) - at) % 2**32 >= RING:
                self.folder.signal(self.domid)
        return bytes(data)

    def no_event(self):
        self.ask("GET_DOMAIN_PATH", b"0\0")  # anybody may
        return not self.events

    def reconnect(self):
        """As a kernel does that has just booted."""
        self.set(CONNECTION, 1)
        self.folder.signal(self.domid)
        while self.get(CONNECTION):
            self.folder.wait()
        self.events = []
