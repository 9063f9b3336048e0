# SPDX-License-Identifier: GPL-2.0-or-later
"""CONTROL live-update: another program takes over, and nobody notices."""

import os
import threading
import time

import pytest

from client import StoreError, message, strings
from conftest import BINARY


def control(client, *words):
    return client.ask("CONTROL", strings(*words)).rstrip(b"\0").decode()


def update(client, *words):
    assert control(client, "live-update", "-s", *words) == "OK"


def executable(store):
    return os.stat(f"/proc/{store.pid}/exe").st_ino


@pytest.fixture
def copy(tmp_path):
    """Another file with the same program."""
    path = tmp_path / "pelstored.new"
    path.write_bytes(BINARY.read_bytes())
    path.chmod(0o755)
    return path


def test_connections_watches_and_limits_stay(store, client, copy):
    other = store.client()
    other.watch("/a", "token")
    assert other.event() == ("/a", "token")
    client.write("/a/b", b"value")
    assert other.event() == ("/a/b", "token")
    client.ask("SET_PERMS", strings("/a/b", "r3", "b4"))
    assert other.event() == ("/a/b", "token")
    control(client, "quota", "set", "nodes", "77")
    before = executable(store)
    assert control(client, "live-update", "-f", str(copy)) == "OK"
    update(client)
    assert executable(store) != before
    assert client.read("/a/b") == b"value"
    assert client.ask("GET_PERMS", strings("/a/b")) == b"r3\0b4\0"
    client.write("/a/c", b"new")
    assert other.event() == ("/a/c", "token")
    assert other.read("/a/c") == b"new"
    assert " 77 " in control(client, "quota")
    store.client().read("/")  # it accepts new ones


def test_nothing_is_lost_under_load(store, client):
    stop = threading.Event()
    done, trouble = [0] * 4, []

    def load(who):
        mine = store.client()
        try:
            while not stop.is_set():
                tx = mine.begin()
                mine.write(f"/load/{who}", str(done[who] + 1), tx)
                try:
                    mine.end(tx)
                except StoreError as error:
                    assert str(error) == "EAGAIN"
                    continue
                done[who] += 1
                assert mine.read(f"/load/{who}") == b"%d" % done[who]
        except Exception as error:  # pylint: disable=broad-except
            trouble.append(error)

    threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
    for one in threads:
        one.start()
    for _ in range(20):
        seen = sum(done)
        update(client)
        while sum(done) < seen + 20 and not trouble:
            client.read("/")
    stop.set()
    for one in threads:
        one.join(20)
    assert not trouble
    for who in range(4):
        assert client.read(f"/load/{who}") == b"%d" % done[who]


def test_it_waits_for_transactions(store, client):
    other = store.client()
    tx = other.begin()
    other.write("/in", b"it", tx)
    assert control(client, "live-update", "-s", "-t", "0") == "BUSY"
    other.end(tx)
    assert client.read("/in") == b"it"
    tx = other.begin()
    other.write("/lost", b"", tx)
    update(client, "-t", "0", "-F")
    with pytest.raises(StoreError, match="EAGAIN"):
        other.end(tx)
    with pytest.raises(StoreError, match="ENOENT"):
        client.read("/lost")


def ask_for_update(client, *words):
    """The answer; as often as it takes to come between those who wait."""
    while True:
        try:
            return control(client, "live-update", "-s", *words)
        except StoreError as error:
            assert str(error) == "EBUSY"


def wait_until_busy(client):
    """Somebody asked for an update, and it is not yet done."""
    while True:
        try:
            assert control(client, "live-update", "-s", "-t", "0") == "BUSY"
        except StoreError as error:
            assert str(error) == "EBUSY"
            return


def test_who_begins_meanwhile_waits(store, client):
    """It begins under the next program, or when the update is given up."""
    first, second = store.client(), store.client()
    tx = first.begin()
    for words, answer in ((("-t", "86400"), "aborted"),
                          (("-t", "86400"), "OK")):
        ask = threading.Thread(
            target=lambda w=words, a=answer: got.append(
                ask_for_update(client, *w) == a))
        got = []
        ask.start()
        wait_until_busy(store.client())
        start = threading.Thread(target=lambda: ids.append(second.begin()))
        ids = []
        start.start()
        if answer == "aborted":
            assert control(first, "live-update", "-a") == "OK"
        else:
            first.end(tx)
        ask.join(20)
        start.join(20)
        assert got == [True] and len(ids) == 1
        second.end(ids[0])


def test_wrong_steps(store, client, tmp_path):
    def refused(*words):
        with pytest.raises(StoreError, match="EINVAL"):
            control(client, "live-update", *words)

    refused()
    refused("-x")
    refused("-f")
    refused("-s", "-t")
    refused("-s", "-t", "x")
    assert "No such file" in control(client, "live-update", "-f",
                                     str(tmp_path / "none"))
    text = tmp_path / "text"
    text.write_text("not a program")
    text.chmod(0o755)
    client.write("/still", b"here")
    assert control(client, "live-update", "-f", str(text)) == "OK"
    assert "format" in control(client, "live-update", "-s")
    assert client.read("/still") == b"here"
    assert control(client, "live-update", "-a") == "OK"
    update(client)


def test_the_command_line_can_change(store, client, tmp_path):
    journal = tmp_path / "another"
    client.write("/kept", b"1")
    assert control(client, "live-update", "-c",
                   f"--no-domains --socket {store.socket} --pid-file "
                   f"{store.pid_file} --journal {journal}") == "OK"
    update(client)
    assert client.read("/kept") == b"1"
    assert journal.exists()


def cpu_seconds(pid):
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as f:
        return int(f.read().split()[0]) / 1e9


def test_who_goes_while_it_waits_costs_nothing(store, client):
    waits, asker = store.client(), store.client()
    client.begin()
    asker.send(message("CONTROL", strings("live-update", "-s")))
    client.read("/")
    waits.send(message("TRANSACTION_START", b"\0"))
    client.read("/")
    waits.close()
    before = cpu_seconds(store.pid)
    time.sleep(0.4)
    assert cpu_seconds(store.pid) - before < 0.05
    assert control(client, "live-update", "-a") == "OK"
    assert asker.receive()[3] == b"aborted\0"
