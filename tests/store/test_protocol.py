# SPDX-License-Identifier: GPL-2.0-or-later
"""Requests and replies over a real socket."""

import socket
import threading

import pytest

from client import TYPES, Closed, StoreError, message, strings


def error(call, *args, **kwargs):
    with pytest.raises(StoreError) as info:
        call(*args, **kwargs)
    return str(info.value)


def test_values_are_bytes(client):
    for value in (b"", b"text", bytes(range(256)), b"v" * 4093):
        client.write("/a", value)
        assert client.read("/a") == value


def test_tree_of_a_new_store(client):
    assert client.list("/") == ["tool"]
    assert client.list("/tool") == ["xenstored"]


def test_errors_have_their_names(client):
    assert error(client.read, "/none") == "ENOENT"
    assert error(client.read, "/a//b") == "EINVAL"
    assert error(client.remove, "/") == "EINVAL"
    assert error(client.ask, "READ", b"/no/nul") == "EINVAL"
    assert error(client.ask, "WATCH", strings("/a")) == "EINVAL"
    assert error(client.ask, 23, strings("1")) == "ENOSYS"
    assert error(client.ask, 20, strings("1")) == "ENOSYS"
    assert error(client.ask, 0xffff, b"") == "ENOSYS"
    assert error(client.ask, "READ", strings("/"), 4711) == "ENOENT"
    assert error(client.ask, "CONTROL", strings("dance")) == "EINVAL"


def test_without_domains_nobody_is_introduced(client):
    intro = strings("7", "1234", "5")
    assert error(client.ask, "INTRODUCE", intro) == "ENOSYS"
    assert client.ask("IS_DOMAIN_INTRODUCED", strings("7")) == b"F\0"
    assert error(client.ask, "RELEASE", strings("7")) == "ENOENT"
    assert (client.ask("GET_DOMAIN_PATH", strings("7")) ==
            b"/local/domain/7\0")


def test_relative_paths_are_domain_0s(client):
    client.write("name", "zero")
    assert client.read("/local/domain/0/name") == b"zero"


def test_permissions_are_stored_and_inherited(client):
    client.write("/p")
    client.ask("SET_PERMS", strings("/p", "n3", "r4", "b5"))
    client.write("/p/q/r")
    assert client.ask("GET_PERMS", strings("/p/q/r")) == b"n3\0r4\0b5\0"
    assert error(client.ask, "SET_PERMS", strings("/p", "z3")) == "EINVAL"


def test_a_long_directory_comes_in_parts(client):
    names = [f"entry-{i:04}" for i in range(2000)]
    for name in names:
        client.write(f"/d/{name}")
    assert error(client.list, "/d") == "E2BIG"
    got, offset, gens = b"", 0, set()
    while not got.endswith(b"\0\0"):
        part = client.ask("DIRECTORY_PART", strings("/d", str(offset)))
        assert len(part) <= 4096
        gen, part = part.split(b"\0", 1)
        gens.add(gen)
        got += part
        offset += len(part)
    assert got[:-1] == strings(*names)
    assert len(gens) == 1
    client.remove("/d/entry-0000")
    part = client.ask("DIRECTORY_PART", strings("/d", "0"))
    assert part.split(b"\0", 1)[0] not in gens


def test_bytes_one_by_one(client):
    data = (message("WRITE", strings("/slow") + b"value", req=1) +
            message("READ", strings("/slow"), req=2))
    for i in range(len(data)):
        client.send(data[i:i + 1])
    assert client.reply()[3] == b"OK\0"
    assert client.reply()[3] == b"value"


def test_many_requests_in_one_write(client):
    data = b"".join(message("WRITE", strings(f"/n/{i}") + b"v", req=i)
                    for i in range(500))
    client.send(data)
    for i in range(500):
        kind, req, _, payload = client.reply()
        assert (kind, req, payload) == (TYPES["WRITE"], i, b"OK\0")
    assert len(client.list("/n")) == 500


def test_too_long_a_payload_closes_that_connection_alone(store, client):
    other = store.client()
    other.send(message("READ", strings("/"), req=5))
    other.send(message("READ", b"", req=6, length=4097))
    assert other.reply()[1] == 5
    with pytest.raises(Closed):
        other.receive()
    assert client.read("/") == b""


@pytest.mark.parametrize("cut", [1, 15, 16, 17])
def test_a_client_that_goes_in_mid_request(store, client, cut):
    other = store.client()
    other.send(message("WRITE", strings("/cut") + b"v")[:cut])
    other.close()
    assert error(client.read, "/cut") == "ENOENT"


def test_requests_before_the_end_are_answered(store):
    other = store.client()
    other.send(message("WRITE", strings("/last") + b"v"))
    other.sock.shutdown(socket.SHUT_WR)
    assert other.reply()[3] == b"OK\0"
    with pytest.raises(Closed):
        other.receive()


def test_garbage(store, client):
    seed = 1
    for _ in range(200):
        other = store.client()
        data = bytearray()
        for _ in range(64):
            seed = (seed * 1103515245 + 12345) % 2 ** 31
            data.append(seed >> 16 & 0xff)
        data[1:4] = data[13:16] = bytes(3)  # known types, short payloads
        try:
            other.send(bytes(data))
        except BrokenPipeError:
            pass
        other.close()
    assert client.read("/") == b""


def test_many_connections(store):
    clients = [store.client() for _ in range(500)]
    for i, one in enumerate(clients):
        one.send(message("WRITE", strings(f"/c/{i}") + b"v"))
    for one in clients:
        assert one.reply()[3] == b"OK\0"
    assert len(clients[0].list("/c")) == 500


def test_a_client_that_reads_nothing_blocks_nobody(store, client):
    client.write("/big", b"v" * 4000)
    lazy = store.client()
    lazy.sock.setblocking(False)
    request = message("READ", strings("/big"))
    sent = 0
    try:
        while sent < 100000:
            sent += lazy.sock.send(request * 50) // len(request)
    except BlockingIOError:
        pass
    assert client.read("/big") == b"v" * 4000
    lazy.sock.settimeout(20)
    for _ in range(sent):
        assert len(lazy.reply()[3]) == 4000


def test_watches(store, client):
    other = store.client()
    client.watch("/w", "tok")
    assert client.event() == ("/w", "tok")
    other.write("/w/a/b", "x")
    other.write("/w", "y")
    other.write("/x", "z")
    other.remove("/w/a")
    assert [client.event() for _ in range(3)] == [
        ("/w/a/b", "tok"), ("/w", "tok"), ("/w/a", "tok")]
    assert client.no_event()
    assert error(client.watch, "/w", "tok") == "EEXIST"
    client.ask("UNWATCH", strings("/w", "tok"))
    other.write("/w", "y")
    assert client.no_event()


def test_events_of_a_change_come_before_its_reply(client):
    client.watch("/w", "tok")
    assert client.event() == ("/w", "tok")
    client.write("/w", "v")
    assert client.events == [("/w", "tok")]


def test_relative_watches(store, client):
    client.watch("rel", "tok")
    assert client.event() == ("rel", "tok")
    store.client().write("/local/domain/0/rel/x")
    assert client.event() == ("rel/x", "tok")


def test_transactions(store, client):
    other = store.client()
    client.write("/a", "1")
    tx = client.begin()
    client.write("/a", "2", tx)
    client.write("/b", "3", tx)
    assert other.read("/a") == b"1"
    assert client.read("/a", tx) == b"2"
    assert error(other.read, "/a", tx) == "ENOENT"
    client.end(tx)
    assert (other.read("/a"), other.read("/b")) == (b"2", b"3")
    assert error(client.end, tx) == "ENOENT"


def test_conflicts(store, client):
    other = store.client()
    client.write("/a", "1")
    mine, theirs = client.begin(), other.begin()
    client.read("/a", mine)
    client.write("/mine", "x", mine)
    other.write("/a", "2", theirs)
    other.end(theirs)
    assert error(client.end, mine) == "EAGAIN"
    assert error(client.read, "/mine") == "ENOENT"

    # Different nodes, also in one directory, do not conflict.
    mine, theirs = client.begin(), other.begin()
    client.write("/dir/mine", "x", mine)
    other.write("/dir2/theirs", "x", theirs)
    other.write("/a", "3")
    other.end(theirs)
    client.end(mine)
    assert client.list("/") == ["a", "dir", "dir2", "tool"]


def test_events_of_a_transaction_come_at_its_end(store, client):
    other = store.client()
    other.watch("/t", "tok")
    assert other.event() == ("/t", "tok")
    tx = client.begin()
    for name in ("x", "y", "x", "z"):
        client.write(f"/t/{name}", "v", tx)
    assert other.no_event()
    client.end(tx)
    assert [other.event() for _ in range(3)] == [
        ("/t/x", "tok"), ("/t/y", "tok"), ("/t/z", "tok")]
    assert other.no_event()
    tx = client.begin()
    client.write("/t/q", "v", tx)
    client.end(tx, commit=False)
    assert other.no_event()


def test_a_closed_connection_leaves_nothing(store, client):
    other = store.client()
    other.watch("/w", "t")
    tx = other.begin()
    other.write("/w", "v", tx)
    other.close()
    client.write("/w2", "v")
    assert error(client.read, "/w") == "ENOENT"


def test_concurrent_counters(store):
    """Each increment is a transaction; a lost one would be missing."""
    clients = [store.client() for _ in range(8)]
    clients[0].write("/n", "0")
    done, again = 0, 0
    open_ones = [None] * len(clients)
    while done < 200:
        for i, one in enumerate(clients):
            if open_ones[i] is None:
                open_ones[i] = one.begin()
                value = int(one.read("/n", open_ones[i]))
                one.write("/n", str(value + 1), open_ones[i])
                continue
            tx, open_ones[i] = open_ones[i], None
            try:
                one.end(tx)
                done += 1
            except StoreError as err:
                assert str(err) == "EAGAIN"
                again += 1
    assert int(clients[0].read("/n")) == done
    assert again > 0


class Spoiler(threading.Thread):
    """Writes to some nodes, outside of transactions, as fast as it can."""

    def __init__(self, client, paths):
        super().__init__()
        self.client, self.paths = client, paths
        self.enough, self.trouble = False, None

    def run(self):
        try:
            while not self.enough:
                self.client.send(b"".join(
                    message("WRITE", strings(p) + b"v") for p in self.paths))
                for _ in self.paths:
                    assert self.client.reply()[3] == b"OK\0"
        except Exception as error:  # pylint: disable=broad-except
            self.trouble = error


def commits(client, paths):
    """Read and write all of them in a transaction: is it committed?"""
    tx = client.begin()
    for path in paths:
        client.read(path, tx)
        client.write(path, "mine", tx)
    try:
        return client.end(tx) == b"OK\0"
    except StoreError as error:
        assert str(error) == "EAGAIN"
        return False


def test_a_transaction_is_not_starved_by_writes(store, client):
    paths = [f"/hot/{n}" for n in range(4)]
    for path in paths:
        client.write(path, "v")
    others = [Spoiler(store.client(), paths) for _ in range(4)]
    for one in others:
        one.start()
    tries = 0
    for _ in range(20):
        while not commits(client, paths):
            tries += 1
            assert tries < 1000
    for one in others:
        one.enough = True
        one.join(20)
        assert not one.is_alive() and not one.trouble, one.trouble
    print(tries, "refused")
