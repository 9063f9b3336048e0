# SPDX-License-Identifier: GPL-2.0-or-later
"""CONTROL: figures, limits, the access log."""

import re

import pytest

from client import StoreError, strings


def control(client, *words):
    return client.ask("CONTROL", strings(*words)).rstrip(b"\0").decode()


def pages(client, *words):
    """All lines of a long answer, which comes in parts."""
    text = ""
    while more := control(client, *words, str(len(text))):
        text += more
    return text.splitlines()


def samples(client):
    """The Prometheus text, checked for its grammar: values by name."""
    values, typed = {}, set()
    for line in pages(client, "stats", "prometheus"):
        if line.startswith("# TYPE "):
            typed.add(line.split()[2])
        if line.startswith("#"):
            continue
        match = re.fullmatch(r'([a-z_]+)(\{[a-z]+="[^"]+"\})? ([0-9.e+-]+)',
                             line)
        assert match, line
        base = re.sub("_(bucket|sum|count)$", "", match[1])
        assert base in typed or match[1] in typed, line
        assert line.rsplit(" ", 1)[0] not in values, line
        values[line.rsplit(" ", 1)[0]] = float(match[3])
    return values


def test_figures_count_what_happens(client):
    before = samples(client)
    for n in range(7):
        client.write(f"/n/{n}", b"x")
    client.watch("/n", "t")
    client.write("/n/0")
    for _ in range(3):
        with pytest.raises(StoreError):
            client.read("/missing")
    after = samples(client)

    def grew(name):
        return after.get(name, 0) - before.get(name, 0)

    assert grew('pelstore_requests_total{type="WRITE"}') == 8
    assert grew('pelstore_errors_total{type="READ"}') == 3
    assert grew("pelstore_events_total") == 2
    assert grew("pelstore_watches") == 1
    assert grew("pelstore_nodes") == 8
    assert grew('pelstore_domain_nodes{domid="0"}') == 8
    count = after["pelstore_request_seconds_count"]
    assert after['pelstore_request_seconds_bucket{le="+Inf"}'] == count
    assert count >= sum(v for k, v in after.items() if "requests_total" in k)
    assert 0 < after["pelstore_request_seconds_sum"] < 20


def test_the_slowest_are_told(client):
    client.write("/some/where", b"x")
    text = "\n".join(pages(client, "stats"))
    slow = [int(n) for n in re.findall(r"slow +(\d+) us", text)]
    assert slow and slow == sorted(slow, reverse=True)
    assert re.search(r"domain_nodes +domain +0 +\d+$", text, re.M)


def test_what_is_told_can_be_printed(client):
    with pytest.raises(StoreError):
        client.read("/red\x1b[31m\nslow    77 us")
    text = control(client, "stats")
    assert "/red.[31m.slow" in text
    assert all(c == "\n" or c.isprintable() for c in text)


def test_memory_is_reported(client):
    client.write("/big", b"x" * 4000)
    report = "\n".join(pages(client, "memreport"))
    assert int(re.search(r"domain +0 .* bytes +(\d+)", report)[1]) > 4000


def test_limits(client):
    assert control(client, "quota", "set", "watches", "5") == "OK"
    assert re.search(r"watches +: +5 ", control(client, "quota"))
    assert control(client, "quota", "set", "outstanding", "9") == "OK"
    assert re.search(r"outstanding +: +9 ", control(client, "quota"))
    assert "nodes" in control(client, "quota", "0")
    for words in (("set", "nonsense", "1"), ("set", "watches", "x"),
                  ("set", "watches"), ("40000",),
                  ("set", "1", "2", "3", "4")):
        with pytest.raises(StoreError, match="EINVAL"):
            control(client, "quota", *words)
    with pytest.raises(StoreError, match="ENOENT"):
        control(client, "quota", "set", "9", "nodes", "7")  # not known
    client.ask("SET_PERMS", strings("/tool", "n9"))
    assert control(client, "quota", "set", "9", "nodes", "7") == "OK"
    assert re.search(r"own limits:\nnodes +: +7 ",
                     control(client, "quota", "9"))
    assert not re.search(r"nodes +: +7 ", control(client, "quota"))


def test_help_names_every_command(client):
    names = [ln.split("\t")[0] for ln in control(client, "help").splitlines()]
    assert names == sorted(names)
    assert {"check", "help", "live-update", "log", "memreport", "print",
            "quota", "stats"} <= set(names)
    for bad in (("frobnicate",), ("stats", "x"), ("log", "maybe"),
                ("check", "more")):
        with pytest.raises(StoreError, match="EINVAL"):
            control(client, *bad)


def test_the_access_log(start, tmp_path):
    path = tmp_path / "access"
    client = start("--access-log", path).client()
    client.write("/logged", b"a\nb")
    with pytest.raises(StoreError):
        client.read("/none")
    assert control(client, "log", "off") == "OK"
    client.write("/silent")
    assert control(client, "log", "on") == "OK"
    client.read("/")
    client.read("/")  # the line of the first was written before its answer
    text = path.read_text()
    assert re.search(r"^0 1 0 WRITE 0 \d+ /logged\.a\.b$", text, re.M)
    assert re.search(r"^0 2 0 READ -2 \d+ /none\.$", text, re.M)
    assert "/silent" not in text
    assert re.search(r"READ 0 \d+ /\.$", text, re.M)
    with pytest.raises(StoreError, match="ENOENT"):
        control(start().client(), "log", "on")
