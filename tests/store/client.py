# SPDX-License-Identifier: GPL-2.0-or-later
"""A small client of the xenstore wire protocol: one socket, no threads."""

import itertools
import socket
import struct

TYPES = {
    "CONTROL": 0, "DIRECTORY": 1, "READ": 2, "GET_PERMS": 3, "WATCH": 4,
    "UNWATCH": 5, "TRANSACTION_START": 6, "TRANSACTION_END": 7,
    "INTRODUCE": 8, "RELEASE": 9, "GET_DOMAIN_PATH": 10, "WRITE": 11,
    "MKDIR": 12, "RM": 13, "SET_PERMS": 14, "WATCH_EVENT": 15, "ERROR": 16,
    "IS_DOMAIN_INTRODUCED": 17, "RESUME": 18, "SET_TARGET": 19,
    "RESET_WATCHES": 21, "DIRECTORY_PART": 22,
}
HEADER = struct.Struct("=IIII")  # type, request, transaction, length
LIMIT_SECONDS = 20               # a reply that takes longer is a failure


class StoreError(Exception):
    """The store answered with an error; str() is its name."""


class Closed(Exception):
    """The store closed the connection."""


def message(kind, payload=b"", tx=0, req=0, length=None):
    """The bytes of one request; LENGTH is a lie about the payload's."""
    number = TYPES.get(kind, kind)
    if length is None:
        length = len(payload)
    return HEADER.pack(number, req, tx, length) + payload


def strings(*words):
    """The words, each with a NUL behind."""
    return b"".join(w if isinstance(w, bytes) else w.encode()
                    for word in words for w in (word, b"\0"))


class Client:
    """A connection.  Events that come while a reply is awaited are kept."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(LIMIT_SECONDS)
        self.sock.connect(str(path))
        self.events = []
        self.req = itertools.count(1)

    def close(self):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                more = self.sock.recv(size - len(data))
            except ConnectionResetError:
                raise Closed from None
            if not more:
                raise Closed
            data += more
        return data

    def receive(self):
        """The next message: type, request, transaction, payload."""
        kind, req, tx, length = HEADER.unpack(self.exactly(HEADER.size))
        return kind, req, tx, self.exactly(length)

    def reply(self):
        """The next message that is not an event."""
        while True:
            kind, req, tx, payload = self.receive()
            if kind != TYPES["WATCH_EVENT"]:
                return kind, req, tx, payload
            self.events.append(self.split_event(payload))

    @staticmethod
    def split_event(payload):
        path, token, rest = payload.split(b"\0")
        assert rest == b""
        return path.decode(), token.decode()

    def ask(self, kind, payload=b"", tx=0):
        """Send a request; its reply's payload, or StoreError."""
        req = next(self.req)
        self.send(message(kind, payload, tx, req))
        got, got_req, got_tx, data = self.reply()
        assert (got_req, got_tx) == (req, tx)
        if got == TYPES["ERROR"]:
            raise StoreError(data.rstrip(b"\0").decode())
        assert got == TYPES.get(kind, kind)
        return data

    def event(self):
        """The next event, waiting for it: path and token."""
        if not self.events:
            kind, _, _, payload = self.receive()
            assert kind == TYPES["WATCH_EVENT"]
            return self.split_event(payload)
        return self.events.pop(0)

    def no_event(self):
        """All events so far have been seen.

        What the store queued for us comes before the reply to a request.
        """
        self.ask("READ", strings("/"))
        return not self.events

    # What the requests mean.
    def read(self, path, tx=0):
        return self.ask("READ", strings(path), tx)

    def write(self, path, value=b"", tx=0):
        if isinstance(value, str):
            value = value.encode()
        return self.ask("WRITE", strings(path) + value, tx)

    def list(self, path, tx=0):
        data = self.ask("DIRECTORY", strings(path), tx)
        return [n.decode() for n in data.split(b"\0")[:-1]]

    def remove(self, path, tx=0):
        return self.ask("RM", strings(path), tx)

    def watch(self, path, token):
        return self.ask("WATCH", strings(path, token))

    def begin(self):
        return int(self.ask("TRANSACTION_START", b"\0").rstrip(b"\0"))

    def end(self, tx, commit=True):
        return self.ask("TRANSACTION_END", strings("T" if commit else "F"),
                        tx)
