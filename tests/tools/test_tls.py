# SPDX-License-Identifier: GPL-2.0-or-later
"""pel-tls carries bytes between two ends that show certificates."""

import hashlib
import os
import re
import socket
import subprocess
import time
from pathlib import Path

import pytest

TLS = Path(__file__).parents[2] / "build/bin/pel-tls"
LIMIT = 30
# In place of pel: answers with the sum of all that came before the mark.
PEL = """#!/bin/sh
[ $# = 3 ] && [ "$*" = "migrate-receive --storage /a b" ] && head -c 3000000 | sha256sum
"""


def authority(folder):
    """Make a folder with a certificate of its own authority."""
    folder.mkdir()
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / "key.pem",
         "-out", folder / "cert.pem", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True)
    (folder / "ca.pem").write_bytes((folder / "cert.pem").read_bytes())
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return authority(tmp_path_factory.mktemp("tls") / "here")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listening(port):
    """Whether a socket listens there; asking it would cost a connection."""
    return re.search(rf":{port:04X} 00000000:0000 0A ",
                     Path("/proc/net/tcp").read_text())


@pytest.fixture(scope="module")
def port(folder):
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "pel").write_text(PEL)
    (bin_folder / "pel").chmod(0o755)
    number = free_port()
    env = dict(os.environ, PATH=f"{bin_folder}:{os.environ['PATH']}")
    with subprocess.Popen([TLS, "listen", folder, f"127.0.0.1:{number}",
                           "--storage", "/a b"], env=env) as server:
        end = time.monotonic() + LIMIT
        while not listening(number) and time.monotonic() < end:
            time.sleep(0.05)
        yield number
        server.kill()


def connect(folder, where, data=None):
    """Send the data and wait for the answer with the input still open."""
    with subprocess.Popen([TLS, "connect", folder, where],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as p:
        try:
            if data:
                p.stdin.write(data)
                p.stdin.flush()
            out = p.stdout.read()
            status = p.wait(LIMIT)
        finally:
            p.kill()
        return status, out.decode(), p.stderr.read().decode()


def test_bytes_arrive_and_the_answer_comes_back(folder, port):
    data = os.urandom(3000000)
    for _ in range(3):
        status, out, _ = connect(folder, f"localhost:{port}", data)
        assert status == 0
        assert out.split()[0] == hashlib.sha256(data).hexdigest()


def test_a_foreign_certificate_is_refused(folder, port, tmp_path):
    other = authority(tmp_path / "other")
    assert connect(other, f"localhost:{port}")[0] == 1
    # It believes in the server, but the server does not in it.
    (other / "ca.pem").write_bytes((folder / "ca.pem").read_bytes())
    status, out, _ = connect(other, f"localhost:{port}")
    assert (status, out) == (1, "")


def test_the_name_has_to_be_the_certificates(folder, port):
    status, _, error = connect(folder, f"127.0.0.1:{port}")
    assert status == 1
    assert error.startswith("pel-tls: ")


@pytest.mark.parametrize("where", ["localhost", "localhost:", ":1",
                                   "localhost:1"])
def test_nobody_there_is_one_line(folder, where):
    status, out, error = connect(folder, where)
    assert (status, out, error.count("\n")) == (1, "", 1)


def test_missing_keys_are_named(tmp_path):
    status, _, error = connect(tmp_path, "localhost:1")
    assert status == 1
    assert str(tmp_path) in error


def test_a_wrong_command_line_is_status_2():
    assert subprocess.run([TLS, "carry"], check=False,
                          capture_output=True).returncode == 2
