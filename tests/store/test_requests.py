# SPDX-License-Identifier: GPL-2.0-or-later
"""Each request with each of its answers, by dom0 and by a guest.

Source: the public description of xenstore, and <xen/io/xs_wire.h>.
"""

import os

import pytest

from client import Client, StoreError, message, strings
from conftest import Daemon, TOP, make
from guest import (CONNECTION, ERROR, REQ_CONS, REQ_PROD, RSP_PROD, Folder,
                   Guest)

LONGEST = "/" + "/".join(["d" * 31] * 64)[:2047]  # of paths outside a home


@pytest.fixture(scope="module")
def standin():
    make("tests/bench/store")
    return TOP / "build/tests/bench/store/standin.so"


class Host:
    """A store with dom0's client and guests 1 and 2."""

    def __init__(self, path, standin):
        self.folder = Folder(path)
        old = dict(os.environ)
        os.environ.update(STANDIN=str(path), LD_PRELOAD=str(standin))
        try:
            self.daemon = Daemon(path, domains=True)
        finally:
            os.environ.clear()
            os.environ.update(old)
        self.dom0 = self.daemon.client()
        self.guest = {n: self.new_guest(n) for n in (1, 2)}

    def new_guest(self, domid):
        new = Guest(self.folder, domid)
        self.dom0.ask("INTRODUCE", strings(str(domid), "1", "1"))
        home = f"/local/domain/{domid}"
        self.dom0.write(home)
        self.dom0.ask("SET_PERMS", strings(home, f"n{domid}"))
        return new


@pytest.fixture
def host(tmp_path, standin):
    one = Host(tmp_path, standin)
    yield one
    check = Client(one.daemon.socket)
    assert check.ask("CONTROL", b"check\0") == b"OK\0"
    check.close()
    one.daemon.stop()


def result(who, kind, payload, tx=0):
    """The reply's payload, or the name of the error."""
    try:
        return who.ask(kind, payload, tx)
    except StoreError as err:
        return str(err)


# Why, request, payload, answer.  dom0 asks; there is /a = "v" with
# /a/b = "" and /a/c = "w", all dom0's and nobody else's.
DOM0 = [
    ("value", "READ", strings("/a"), b"v"),
    ("empty value", "READ", strings("/a/b"), b""),
    ("missing", "READ", strings("/x"), "ENOENT"),
    ("missing below missing", "READ", strings("/x/y"), "ENOENT"),
    ("no NUL", "READ", b"/a", "EINVAL"),
    ("nothing", "READ", b"", "EINVAL"),
    ("empty path", "READ", b"\0", "EINVAL"),
    ("two strings", "READ", strings("/a", "/b"), "EINVAL"),
    ("bad character", "READ", strings("/a b"), "EINVAL"),
    ("slash at the end", "READ", strings("/a/"), "EINVAL"),
    ("empty component", "READ", strings("//a"), "EINVAL"),
    ("special name", "READ", strings("@releaseDomain"), "EINVAL"),
    ("too long", "READ", strings(LONGEST + "dd"), "EINVAL"),
    ("too long relative", "READ", strings("d" * 2049), "EINVAL"),

    ("names", "DIRECTORY", strings("/a"), b"b\0c\0"),
    ("no names", "DIRECTORY", strings("/a/b"), b""),
    ("missing", "DIRECTORY", strings("/x"), "ENOENT"),
    ("bad path", "DIRECTORY", strings("a//b"), "EINVAL"),
    ("missing", "DIRECTORY_PART", strings("/x", "0"), "ENOENT"),
    ("no offset", "DIRECTORY_PART", strings("/a"), "EINVAL"),
    ("bad offset", "DIRECTORY_PART", strings("/a", "-1"), "EINVAL"),

    ("new", "WRITE", strings("/n/e/w") + b"x", b"OK\0"),
    ("old", "WRITE", strings("/a") + b"y", b"OK\0"),
    ("any bytes", "WRITE", strings("/a") + bytes(range(256)), b"OK\0"),
    ("no value", "WRITE", strings("/a"), b"OK\0"),
    ("no NUL", "WRITE", b"/a", "EINVAL"),
    ("bad path", "WRITE", strings("/a/"), "EINVAL"),
    ("new", "MKDIR", strings("/n"), b"OK\0"),
    ("old", "MKDIR", strings("/a"), b"OK\0"),
    ("bad path", "MKDIR", strings("/a:"), "EINVAL"),
    ("with all below", "RM", strings("/a"), b"OK\0"),
    ("missing, parent there", "RM", strings("/a/x"), b"OK\0"),
    ("missing, parent too", "RM", strings("/x/y"), "ENOENT"),
    ("the root", "RM", strings("/"), "EINVAL"),

    ("inherited", "GET_PERMS", strings("/a"), b"n0\0"),
    ("missing", "GET_PERMS", strings("/x"), "ENOENT"),
    ("of a special watch", "GET_PERMS", strings("@releaseDomain"), b"n0\0"),
    ("unknown special", "GET_PERMS", strings("@x"), "EINVAL"),
    ("all kinds", "SET_PERMS", strings("/a", "n1", "r2", "w3", "b4"),
     b"OK\0"),
    ("of a special watch", "SET_PERMS", strings("@releaseDomain", "r0"),
     b"OK\0"),
    ("none", "SET_PERMS", strings("/a"), "EINVAL"),
    ("bad letter", "SET_PERMS", strings("/a", "x1"), "EINVAL"),
    ("bad number", "SET_PERMS", strings("/a", "r"), "EINVAL"),
    ("too high a number", "SET_PERMS", strings("/a", "r32752"), "EINVAL"),
    ("missing", "SET_PERMS", strings("/x", "r1"), "ENOENT"),

    ("one string", "WATCH", strings("/a"), "EINVAL"),
    ("bad path", "WATCH", strings("/a//", "t"), "EINVAL"),
    ("not set", "UNWATCH", strings("/a", "t"), "ENOENT"),
    ("anything", "RESET_WATCHES", b"\0", b"OK\0"),

    ("neither T nor F", "TRANSACTION_END", strings("X"), "EINVAL"),
    ("none begun", "TRANSACTION_END", strings("T"), "ENOENT"),

    ("home", "GET_DOMAIN_PATH", strings("7"), b"/local/domain/7\0"),
    ("no number", "GET_DOMAIN_PATH", strings("x"), "EINVAL"),
    ("known", "IS_DOMAIN_INTRODUCED", strings("1"), b"T\0"),
    ("dom0", "IS_DOMAIN_INTRODUCED", strings("0"), b"T\0"),
    ("itself", "IS_DOMAIN_INTRODUCED", strings("32752"), b"T\0"),
    ("unknown", "IS_DOMAIN_INTRODUCED", strings("9"), b"F\0"),
    ("no number", "IS_DOMAIN_INTRODUCED", strings(""), "EINVAL"),
    ("dom0", "INTRODUCE", strings("0", "1", "1"), "EINVAL"),
    ("no port", "INTRODUCE", strings("3", "1", "0"), "EINVAL"),
    ("two strings", "INTRODUCE", strings("3", "1"), "EINVAL"),
    ("no such ring", "INTRODUCE", strings("9", "1", "1"), "EINVAL"),
    ("known: another port", "INTRODUCE", strings("1", "1", "2"), b"OK\0"),
    ("unknown", "RELEASE", strings("9"), "ENOENT"),
    ("dom0", "RELEASE", strings("0"), "EINVAL"),
    ("known", "RELEASE", strings("1"), b"OK\0"),
    ("known", "RESUME", strings("1"), b"OK\0"),
    ("unknown", "RESUME", strings("9"), "ENOENT"),
    ("known", "SET_TARGET", strings("1", "2"), b"OK\0"),
    ("unknown", "SET_TARGET", strings("9", "1"), "ENOENT"),
    ("unknown target", "SET_TARGET", strings("1", "9"), "ENOENT"),

    ("unknown command", "CONTROL", strings("dance"), "EINVAL"),
    ("check", "CONTROL", strings("check"), b"OK\0"),
    ("not a request", "WATCH_EVENT", strings("/a", "t"), "ENOSYS"),
    ("not a request", "ERROR", strings("EIO"), "ENOSYS"),
    ("unknown", 99, b"", "ENOSYS"),
]

# Guest 1 asks; its home is its own, /open all may read, and the rest is
# dom0's alone.
GUEST = [
    ("its home", "READ", strings("/local/domain/1"), b""),
    ("relative", "WRITE", strings("x") + b"v", b"OK\0"),
    ("dom0's", "READ", strings("/a"), "EACCES"),
    ("below dom0's", "READ", strings("/a/x"), "EACCES"),
    ("another guest's", "READ", strings("/local/domain/2"), "EACCES"),
    ("dom0's", "WRITE", strings("/a") + b"v", "EACCES"),
    ("dom0's", "MKDIR", strings("/a/x"), "EACCES"),
    ("dom0's", "RM", strings("/a"), "EACCES"),
    ("dom0's", "DIRECTORY", strings("/a"), "EACCES"),
    ("dom0's", "GET_PERMS", strings("/a"), "EACCES"),
    ("dom0's", "SET_PERMS", strings("/a", "n1"), "EACCES"),
    ("readable", "READ", strings("/open"), b"v"),
    ("readable only", "WRITE", strings("/open"), "EACCES"),
    ("readable only", "SET_PERMS", strings("/open", "n1"), "EACCES"),
    ("missing, readable above", "READ", strings("/open/x"), "ENOENT"),
    ("gives its own away", "SET_PERMS", strings("/local/domain/1", "n2"),
     "EPERM"),
    ("shares its own", "SET_PERMS", strings("/local/domain/1", "n1", "r2"),
     b"OK\0"),
    ("dom0's right", "INTRODUCE", strings("3", "1", "1"), "EACCES"),
    ("dom0's right", "RELEASE", strings("2"), "EACCES"),
    ("dom0's right", "RESUME", strings("2"), "EACCES"),
    ("dom0's right", "SET_TARGET", strings("1", "2"), "EACCES"),
    ("dom0's right", "CONTROL", strings("check"), "EACCES"),
    ("special", "SET_PERMS", strings("@releaseDomain", "r1"), "EACCES"),
    ("anybody's", "GET_DOMAIN_PATH", strings("1"), b"/local/domain/1\0"),
    ("itself", "IS_DOMAIN_INTRODUCED", strings("32752"), b"T\0"),
]


def test_requests_of_dom0(host):
    wrong = []
    for why, kind, payload, want in DOM0:
        for text in ("/a", "/x", "/n"):
            host.dom0.remove(text)
        host.dom0.write("/a", "v")
        host.dom0.write("/a/b")
        host.dom0.write("/a/c", "w")
        host.dom0.ask("SET_PERMS", strings("@releaseDomain", "n0"))
        if result(host.dom0, "IS_DOMAIN_INTRODUCED", strings("1")) == b"F\0":
            host.new_guest(1)
        got = result(host.dom0, kind, payload)
        if got != want:
            wrong.append(f"{kind}, {why}: {got}, not {want}")
    assert not wrong


def test_requests_of_a_guest(host):
    host.dom0.write("/a", "v")
    host.dom0.write("/open", "v")
    host.dom0.ask("SET_PERMS", strings("/open", "r0"))
    wrong = []
    for why, kind, payload, want in GUEST:
        got = result(host.guest[1], kind, payload)
        if got != want:
            wrong.append(f"{kind}, {why}: {got}, not {want}")
    assert not wrong


def test_the_longest_path_and_value(host):
    assert result(host.dom0, "MKDIR", strings(LONGEST)) == b"OK\0"
    assert result(host.dom0, "READ", strings(LONGEST)) == b""
    value = bytes(4096 - 3)
    assert result(host.dom0, "WRITE", strings("/v") + value) == b"OK\0"
    assert host.dom0.read("/v") == value


def test_transactions_by_number(host):
    tx = host.dom0.begin()
    assert result(host.guest[1], "READ", strings("x"), tx) == "ENOENT"
    assert result(host.dom0, "TRANSACTION_START", b"\0", tx) == "EBUSY"
    host.dom0.write("/t", "in", tx)
    assert result(host.dom0, "READ", strings("/t")) == "ENOENT"
    host.dom0.end(tx)
    assert result(host.dom0, "READ", strings("/t"), tx) == "ENOENT"
    assert host.dom0.read("/t") == b"in"


def test_directory_in_parts(host):
    names = [f"n{i:04}" for i in range(3000)]
    for name in names:
        host.dom0.write(f"/big/{name}")
    assert result(host.dom0, "DIRECTORY", strings("/big")) == "E2BIG"
    data, gen = b"", None
    while not data.endswith(b"\0\0"):
        part = host.dom0.ask("DIRECTORY_PART",
                             strings("/big", str(len(data))))
        assert len(part) <= 4096
        got_gen, part = part.split(b"\0", 1)
        assert gen in (None, got_gen)
        gen = got_gen
        data += part
    assert data[:-1] == strings(*names)
    host.dom0.write("/big/one-more")
    part = host.dom0.ask("DIRECTORY_PART", strings("/big", "0"))
    assert part.split(b"\0", 1)[0] != gen


def test_a_directory_of_a_hundred_thousand(host):
    """It takes a while if any of it takes longer the more there are."""
    nr = 100_000
    for at in range(0, nr, 200):
        host.dom0.send(b"".join(message("WRITE", strings(f"/big/{i}"))
                                for i in range(at, at + 200)))
        for _ in range(200):
            host.dom0.reply()
    data = b""
    while not data.endswith(b"\0\0"):
        part = host.dom0.ask("DIRECTORY_PART",
                             strings("/big", str(len(data))))
        data += part.split(b"\0", 1)[1]
    assert data[:-1] == strings(*(str(i) for i in range(nr)))
    tx = host.dom0.begin()
    host.dom0.write("/big/50000", "v", tx)
    host.dom0.remove("/big/50001", tx)
    host.dom0.write("/big/60000", "other")
    host.dom0.end(tx)
    assert host.dom0.read("/big/50000") == b"v"
    assert result(host.dom0, "READ", strings("/big/50001")) == "ENOENT"
    assert host.dom0.read("/big/60000") == b"other"
    host.dom0.remove("/big")


def test_quota_of_a_guest(host):
    guest = host.guest[1]
    for name, value in (("nodes", 20), ("watches", 3), ("transactions", 2),
                        ("entry-size", 100)):
        result(host.dom0, "CONTROL", strings("quota", "set", name,
                                             str(value)))
    made = 0
    while result(guest, "WRITE", strings(f"n{made}")) == b"OK\0":
        made += 1
        assert made < 30
    assert result(guest, "WRITE", strings("one-more")) == "ENOSPC"
    assert result(guest, "WRITE", strings("n0") + b"x") == b"OK\0"
    assert result(host.dom0, "WRITE", strings("/dom0/is/free")) == b"OK\0"


def test_special_watches(host):
    host.dom0.watch("@introduceDomain", "in")
    host.dom0.watch("@releaseDomain", "out")
    for _ in range(2):
        host.dom0.event()
    host.new_guest(3)
    assert host.dom0.event() == ("@introduceDomain", "in")
    host.folder.destroy(3)
    assert host.dom0.event() == ("@releaseDomain", "out")
    assert result(host.dom0, "IS_DOMAIN_INTRODUCED", strings("3")) == b"F\0"


def test_a_ring_reconnects(host):
    guest = host.guest[1]
    guest.watch("x", "token")
    guest.event()
    assert guest.read("/local/domain/1") == b""
    guest.reconnect()
    assert guest.get(REQ_PROD) == guest.get(RSP_PROD) == 0
    host.dom0.write("/local/domain/1/x", "v")
    assert guest.read("/local/domain/1/x") == b"v"
    assert guest.no_event()


def test_indices_that_make_no_sense(host):
    guest = host.guest[1]
    guest.set(REQ_PROD, guest.get(REQ_CONS) + 5000)
    host.folder.signal(1)
    while not guest.get(ERROR):
        host.folder.wait()
    assert guest.get(ERROR) == 2  # XENSTORE_ERROR_RINGIDX
    assert host.guest[2].read("/local/domain/2") == b""
    guest.reconnect()
    assert guest.get(ERROR) == 0 and guest.get(CONNECTION) == 0
    assert guest.read("/local/domain/1") == b""


def test_a_target_lends_its_rights(host):
    host.guest[2].write("mine", "v")
    path = strings("/local/domain/2/mine")
    assert result(host.guest[1], "READ", path) == "EACCES"
    host.dom0.ask("SET_TARGET", strings("1", "2"))
    assert result(host.guest[1], "READ", path) == b"v"
    assert result(host.guest[1], "WRITE", path) == b"OK\0"
