# SPDX-License-Identifier: GPL-2.0-or-later
"""Strangers' libraries: Debian's libxenstore, and pyxs, which is pure Python."""

import ctypes
import errno
import threading

import pytest
import pyxs

LIB = ctypes.CDLL("libxenstore.so.4", use_errno=True)
LIBC = ctypes.CDLL("libc.so.6")
XS_PATH, XS_TOKEN = 0, 1
READ, WRITE, OWNER = 1, 2, 4


class Permission(ctypes.Structure):
    _fields_ = [("id", ctypes.c_uint), ("perms", ctypes.c_int)]


def declare(name, result, *arguments):
    function = getattr(LIB, name)
    function.restype, function.argtypes = result, arguments


P, S, U = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint
declare("xs_open", P, ctypes.c_ulong)
declare("xs_close", None, P)
declare("xs_read", P, P, U, S, ctypes.POINTER(U))
declare("xs_write", ctypes.c_bool, P, U, S, S, U)
declare("xs_mkdir", ctypes.c_bool, P, U, S)
declare("xs_rm", ctypes.c_bool, P, U, S)
declare("xs_directory", P, P, U, S, ctypes.POINTER(U))
declare("xs_watch", ctypes.c_bool, P, S, S)
declare("xs_unwatch", ctypes.c_bool, P, S, S)
declare("xs_read_watch", P, P, ctypes.POINTER(U))
declare("xs_check_watch", P, P)
declare("xs_transaction_start", U, P)
declare("xs_transaction_end", ctypes.c_bool, P, U, ctypes.c_bool)
declare("xs_get_permissions", P, P, U, S, ctypes.POINTER(U))
declare("xs_set_permissions", ctypes.c_bool, P, U, S,
        ctypes.POINTER(Permission), U)
declare("xs_get_domain_path", P, P, U)
declare("xs_is_domain_introduced", ctypes.c_bool, P, U)
declare("xs_introduce_domain", ctypes.c_bool, P, U, ctypes.c_ulong, U)
declare("xs_release_domain", ctypes.c_bool, P, U)
declare("xs_control_command", P, P, S, P, U)


def fails_with(number, call, *args):
    ctypes.set_errno(0)
    return not call(*args) and ctypes.get_errno() == number


@pytest.fixture
def xs(store, monkeypatch):
    monkeypatch.setenv("XENSTORED_PATH", str(store.socket))
    handle = LIB.xs_open(0)
    assert handle
    yield handle
    LIB.xs_close(handle)


def taken(pointer, size):
    """Copy what the library allocated, and free it."""
    assert pointer
    data = ctypes.string_at(pointer, size)
    LIBC.free(ctypes.c_void_p(pointer))
    return data


def read(xs, path, tx=0):
    size = U()
    return taken(LIB.xs_read(xs, tx, path, size), size.value)


def names(xs, path):
    count = U()
    pointer = LIB.xs_directory(xs, 0, path, count)
    assert pointer
    array = ctypes.cast(pointer, ctypes.POINTER(S))
    result = [array[i] for i in range(count.value)]
    LIBC.free(ctypes.c_void_p(pointer))
    return result


def event(xs):
    count = U()
    pointer = LIB.xs_read_watch(xs, count)
    assert pointer
    array = ctypes.cast(pointer, ctypes.POINTER(S))
    result = array[XS_PATH], array[XS_TOKEN]
    LIBC.free(ctypes.c_void_p(pointer))
    return result


def test_library_nodes(xs):
    assert LIB.xs_write(xs, 0, b"/a/b", b"v\0w", 3)
    assert read(xs, b"/a/b") == b"v\0w"
    assert LIB.xs_mkdir(xs, 0, b"/a/c")
    assert names(xs, b"/a") == [b"b", b"c"]
    assert LIB.xs_rm(xs, 0, b"/a")
    assert fails_with(errno.ENOENT, LIB.xs_read, xs, 0, b"/a", U())
    assert fails_with(errno.EINVAL, LIB.xs_mkdir, xs, 0, b"/a//b")
    assert fails_with(errno.EINVAL, LIB.xs_rm, xs, 0, b"/")


def test_library_lists_large_directories(xs):
    want = [b"entry-%05d" % i for i in range(2000)]
    for name in want:
        assert LIB.xs_write(xs, 0, b"/big/" + name, b"", 0)
    assert names(xs, b"/big") == want


def test_library_transactions(xs):
    tx = LIB.xs_transaction_start(xs)
    assert tx
    assert LIB.xs_write(xs, tx, b"/t", b"in", 2)
    assert fails_with(errno.ENOENT, LIB.xs_read, xs, 0, b"/t", U())
    assert LIB.xs_transaction_end(xs, tx, False)
    assert read(xs, b"/t") == b"in"

    tx = LIB.xs_transaction_start(xs)
    assert read(xs, b"/t", tx) == b"in"
    assert LIB.xs_write(xs, 0, b"/t", b"other", 5)
    assert LIB.xs_write(xs, tx, b"/t", b"mine", 4)
    assert fails_with(errno.EAGAIN, LIB.xs_transaction_end, xs, tx, False)
    assert read(xs, b"/t") == b"other"


def test_library_watches(xs):
    assert LIB.xs_watch(xs, b"/w", b"token")
    assert event(xs) == (b"/w", b"token")
    assert LIB.xs_write(xs, 0, b"/w/x", b"", 0)
    assert event(xs) == (b"/w/x", b"token")
    assert LIB.xs_unwatch(xs, b"/w", b"token")
    assert fails_with(errno.ENOENT, LIB.xs_unwatch, xs, b"/w", b"token")
    assert LIB.xs_write(xs, 0, b"/w/x", b"", 0)
    assert fails_with(errno.EAGAIN, LIB.xs_check_watch, xs)


def test_library_permissions(xs):
    given = (Permission * 3)(Permission(3, READ), Permission(4, WRITE),
                             Permission(5, READ | WRITE))
    assert LIB.xs_mkdir(xs, 0, b"/p")
    assert LIB.xs_set_permissions(xs, 0, b"/p", given, 3)
    count = U()
    pointer = LIB.xs_get_permissions(xs, 0, b"/p", count)
    array = ctypes.cast(pointer, ctypes.POINTER(Permission))
    assert [(array[i].id, array[i].perms & ~OWNER)
            for i in range(count.value)] == [
                (3, READ), (4, WRITE), (5, READ | WRITE)]
    LIBC.free(ctypes.c_void_p(pointer))


def test_library_domains(xs):
    pointer = LIB.xs_get_domain_path(xs, 5)
    assert ctypes.string_at(pointer) == b"/local/domain/5"
    LIBC.free(ctypes.c_void_p(pointer))
    assert not LIB.xs_is_domain_introduced(xs, 5)
    assert fails_with(errno.ENOENT, LIB.xs_release_domain, xs, 5)
    pointer = LIB.xs_control_command(xs, b"check", None, 0)
    assert ctypes.string_at(pointer) == b"OK"
    LIBC.free(ctypes.c_void_p(pointer))


@pytest.fixture
def pure(store):
    with pyxs.Client(unix_socket_path=str(store.socket)) as client:
        yield client


def test_pyxs_nodes(pure):
    pure[b"/a/b"] = b"value"
    assert pure[b"/a/b"] == b"value"
    pure.mkdir(b"/a/c")
    assert pure.list(b"/a") == [b"b", b"c"]
    assert pure.exists(b"/a/c") and not pure.exists(b"/x")
    assert [top for top, _, _ in pure.walk(b"/a")] == [b"/a", b"/a/b",
                                                       b"/a/c"]
    pure.delete(b"/a")
    assert pure.read(b"/a", b"none") == b"none"
    with pytest.raises(pyxs.exceptions.PyXSError) as info:
        pure.read(b"/a")
    assert info.value.args[0] == errno.ENOENT


def test_pyxs_permissions(pure):
    pure.mkdir(b"/p")
    pure.set_perms(b"/p", [b"b0", b"r1"])
    assert pure.get_perms(b"/p") == [b"b0", b"r1"]


def test_pyxs_domains(pure):
    assert pure.get_domain_path(7) == b"/local/domain/7"
    assert not pure.is_domain_introduced(7)


def test_pyxs_transactions(pure):
    pure.transaction()
    pure[b"/t"] = b"in"
    assert pure.commit()
    assert pure[b"/t"] == b"in"
    pure.transaction()
    pure[b"/t"] = b"never"
    pure.rollback()
    assert pure[b"/t"] == b"in"


def test_pyxs_conflicts(store, pure):
    pure[b"/t"] = b"0"
    with pyxs.Client(unix_socket_path=str(store.socket)) as other:
        pure.transaction()
        assert pure[b"/t"] == b"0"
        other[b"/t"] = b"1"
        pure[b"/t"] = b"2"
        assert not pure.commit()
        assert other[b"/t"] == b"1"


def test_pyxs_watches(store, pure):
    seen, done = [], threading.Event()

    def listen():
        with pyxs.Client(unix_socket_path=str(store.socket)) as client:
            with client.monitor() as monitor:
                monitor.watch(b"/w", b"token")
                for got in monitor.wait():
                    seen.append(tuple(got))
                    done.set()
                    if len(seen) == 2:
                        return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert done.wait(20)
    pure[b"/w/x"] = b""
    thread.join(20)
    assert seen == [(b"/w", b"token"), (b"/w/x", b"token")]


