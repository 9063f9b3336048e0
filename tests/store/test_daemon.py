# SPDX-License-Identifier: GPL-2.0-or-later
"""The process: start, socket, signals."""

import os
import signal
import socket
import stat
import subprocess

from conftest import BINARY


def run(*args):
    return subprocess.run([BINARY, *map(str, args)], text=True, timeout=20,
                          capture_output=True, check=False)


def test_socket_is_root_only(store):
    assert stat.S_IMODE(os.stat(store.socket).st_mode) == 0o600


def test_a_second_one_is_refused(store, tmp_path):
    same_pid_file = run("-f", "-n", "-s", tmp_path / "other", "-p",
                        store.pid_file)
    assert same_pid_file.returncode == 1
    assert "another pelstored is running" in same_pid_file.stderr
    same_socket = run("-f", "-n", "-J", "-s", store.socket, "-p",
                      tmp_path / "pid2")
    assert same_socket.returncode == 1
    assert "Address already in use" in same_socket.stderr
    in_background = run("-n", "-s", store.socket, "-p", tmp_path / "pid2")
    assert in_background.returncode == 1
    assert store.alive()


def test_a_stale_socket_is_replaced(tmp_path):
    path = tmp_path / "socket"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(path))
    dead.close()
    with subprocess.Popen([BINARY, "-n", "-f", "-s", path, "-p",
                           tmp_path / "pid"]) as process:
        try:
            for _ in range(20):  # each try waits for the process or a second
                try:
                    client = socket.socket(socket.AF_UNIX)
                    client.connect(str(path))
                    break
                except ConnectionRefusedError:
                    client.close()
                    try:
                        process.wait(0.2)
                    except subprocess.TimeoutExpired:
                        pass
            else:
                raise AssertionError("nobody serves the socket")
            client.close()
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    assert not path.exists()
    assert not (tmp_path / "pid").exists()


def test_usage(tmp_path):
    assert run("--help").returncode == 0
    assert "--no-domains" in run("--help").stdout
    assert run("--frobnicate").returncode == 2
    assert run("operand").returncode == 2


def test_a_folder_that_is_missing(tmp_path):
    gone = run("-f", "-n", "-s", tmp_path / "no/socket", "-p",
               tmp_path / "pid")
    assert gone.returncode == 1
    assert "No such file or directory" in gone.stderr


def test_without_a_hypervisor_it_says_so(tmp_path):
    if os.path.exists("/dev/xen/evtchn"):
        return
    gone = run("-f", "-s", tmp_path / "socket", "-p", tmp_path / "pid")
    assert gone.returncode == 1
    assert "/dev/xen" in gone.stderr
