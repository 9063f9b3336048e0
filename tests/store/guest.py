# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests' rings: a folder of the stand-in (see tests/bench/store/standin.c)."""

import mmap
import os
import select
import struct

from client import LIMIT_SECONDS, Client

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
    """A client behind a ring.  Introduce its domain before asking."""

    def __init__(self, folder, domid):
        self.folder, self.domid = folder, domid
        self.events = []
        self.req = iter(range(1, 1 << 30))
        with open(folder.path / f"page-{domid}", "w+b") as f:
            f.truncate(4096)
            self.page = mmap.mmap(f.fileno(), 4096)

    def close(self):
        self.page.close()

    def get(self, offset):
        return struct.unpack_from("=I", self.page, offset)[0]

    def set(self, offset, value):
        struct.pack_into("=I", self.page, offset, value & 0xffffffff)

    def send(self, data):
        for byte in data:
            while (self.get(REQ_PROD) - self.get(REQ_CONS)) % 2**32 == RING:
                self.folder.signal(self.domid)
                self.folder.wait()
            at = self.get(REQ_PROD)
            self.page[at % RING] = byte
            self.set(REQ_PROD, at + 1)
        self.folder.signal(self.domid)

    def exactly(self, size):
        data = bytearray()
        while len(data) < size:
            at = self.get(RSP_CONS)
            if at == self.get(RSP_PROD):
                self.folder.wait()
                continue
            data.append(self.page[RING + at % RING])
            self.set(RSP_CONS, at + 1)
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
