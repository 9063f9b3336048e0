# SPDX-License-Identifier: GPL-2.0-or-later
"""Strangers' programs: Debian's xenstore-utils, which use libxenstore."""

import pytest


def test_write_read_list(store):
    store.tool("xenstore-write", "/a/b", "one", "/a/c", "two words")
    assert store.tool("xenstore-read", "/a/b", "/a/c").stdout == (
        "one\ntwo words\n")
    assert store.tool("xenstore-list", "/a").stdout == "b\nc\n"
    assert store.tool("xenstore-read", "-p", "/a/b").stdout == "/a/b: one\n"


def test_ls(store):
    store.tool("xenstore-write", "/a/b", "one")
    assert store.tool("xenstore-ls", "-f").stdout == (
        '/a = ""\n/a/b = "one"\n/tool = ""\n/tool/xenstored = ""\n')
    assert store.tool("xenstore-ls", "/a").stdout == 'b = "one"\n'


def test_exists_and_rm(store):
    store.tool("xenstore-write", "/a/b", "one")
    assert store.tool("xenstore-exists", "/a/b").returncode == 0
    store.tool("xenstore-rm", "/a")
    assert store.tool("xenstore-exists", "/a/b", check=False).returncode == 1
    gone = store.tool("xenstore-read", "/a/b", check=False)
    assert gone.returncode == 1 and "couldn't read path /a/b" in gone.stderr


def test_rm_tidy(store):
    store.tool("xenstore-write", "/x/y/z", "v")
    store.tool("xenstore-rm", "-t", "/x/y/z")
    assert store.tool("xenstore-list", "/").stdout == "tool\n"


def test_chmod(store):
    store.tool("xenstore-write", "/a/b", "one")
    store.tool("xenstore-chmod", "-r", "/a", "n1", "r2")
    assert store.tool("xenstore-ls", "-f", "-p", "/a").stdout == (
        '/a/b = "one"   (n1,r2)\n')


def test_watch(store):
    watch = store.start_tool("xenstore-watch", "-n", "3", "/w")
    assert watch.stdout.readline() == "/w\n"
    store.tool("xenstore-write", "/w/x", "v")
    store.tool("xenstore-rm", "/w/x")
    assert watch.communicate(timeout=20)[0] == "/w/x\n/w/x\n"
    assert watch.returncode == 0


def test_ls_of_a_large_directory(store, client):
    for i in range(3000):
        client.write(f"/big/name-{i}")
    lines = store.tool("xenstore-ls", "/big").stdout.splitlines()
    assert len(lines) == 3000


@pytest.mark.parametrize("order", [["0", "1", "2", "9", "10", "11"]])
def test_devices_are_listed_by_number(store, client, order):
    for name in reversed(order):
        client.write(f"/device/vif/{name}")
    assert store.tool("xenstore-list", "/device/vif").stdout.split() == order
