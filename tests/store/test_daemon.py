# SPDX-License-Identifier: GPL-2.0-or-later
"""The process: start, socket, signals."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import tempfile

from client import Client, message, strings
from conftest import BINARY, Daemon
from test_crash import Killable


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


def status(pid):
    """What the kernel says of a process: words by name."""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return {ln.split(":")[0]: ln.split()[1:] for ln in file}


def test_it_gives_up_rights(store):
    assert status(store.pid)["Seccomp"] == ["2"]
    assert status(store.pid)["NoNewPrivs"] == ["1"]


FORBIDDEN = """\
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int main(void)
{
    const struct { const char *name; long result; } tried[] = {
        { "fork", fork() },
        { "network", socket(AF_INET, SOCK_STREAM, 0) },
        { "kill", kill(getppid(), 0) },
        { "chmod", chmod("/", 0755) },
        { "another file", open("../another", O_WRONLY | O_CREAT, 0600) },
        { "a file there", open("../there", O_WRONLY) },
        { "cutting it", open("../there", O_RDONLY | O_TRUNC) },
        { "removing it", unlink("../there") },
        { "local", socket(AF_UNIX, SOCK_STREAM, 0) },
        { "its folder", open("mine", O_WRONLY | O_CREAT, 0600) },
    };

    for (int i = 0; i < 10; i++)
        fprintf(stderr, "%s%s\\n", tried[i].name,
                tried[i].result < 0 ? " is refused" : "");
    return 0;
}
"""


def test_calls_that_it_gave_up_are_refused(tmp_path):
    """A program that takes over has no more rights than the store had."""
    program = tmp_path / "program"
    subprocess.run(["gcc", "-xc", "-", "-o", program], input=FORBIDDEN,
                   text=True, check=True)
    folder = tmp_path / "folder"
    folder.mkdir()
    there = tmp_path / "there"
    there.write_text("somebody's")
    store = Killable(folder)
    store.start(cwd=folder)
    client = Client(store.socket)
    client.ask("CONTROL", strings("live-update", "-f", str(program)))
    client.send(message("CONTROL", strings("live-update", "-s")))
    assert store.process.wait(20) == 0
    client.close()
    for name in ("fork", "network", "kill", "chmod"):
        assert f"{name} is refused\n" in store.log()
    for name in ("another file", "a file there", "cutting it", "removing it"):
        assert (f"{name} is refused\n" in store.log() or
                "cannot limit which files" in store.log())
    assert "local\n" in store.log()
    assert "its folder\n" in store.log()
    assert (there.read_text() == "somebody's" or
            "cannot limit which files" in store.log())


def test_it_can_be_another_user():
    if os.geteuid():
        return  # only root can
    nobody = pwd.getpwnam("nobody")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pelstored-"))
    try:
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        store = Daemon(folder, "--user", "nobody")
        assert status(store.pid)["Uid"] == [str(nobody.pw_uid)] * 4
        assert status(store.pid)["Groups"] == []
        client = store.client()
        for n in range(600):  # so that a new journal is made
            client.write("/many", b"x" * 4000)
        assert client.ask("CONTROL", b"live-update\0-s\0") == b"OK\0"
        assert client.read("/many") == b"x" * 4000
        store.stop()
    finally:
        shutil.rmtree(folder)


def test_a_user_who_cannot_keep_the_journal(tmp_path):
    if os.geteuid():
        return
    socket_path = tmp_path / "s"
    refused = run("-f", "-n", "-s", socket_path, "-p", tmp_path / "p",
                  "-u", "nobody")
    assert refused.returncode == 1
    assert (f"user nobody cannot write in {tmp_path}, where the journal is"
            in refused.stderr)
    refused = run("-f", "-n", "-s", socket_path, "-p", tmp_path / "p",
                  "-u", "no-such-user")
    assert "there is no such user" in refused.stderr
    assert not socket_path.exists()


def test_names_that_are_no_use(tmp_path):
    """What is there by another's will stays as it is."""
    file = tmp_path / "file"
    file.write_text("somebody's")
    for path in (file, tmp_path):
        refused = run("-f", "-n", "-J", "-s", path, "-p", tmp_path / "p")
        assert refused.returncode == 1
        assert f"{path}: File exists" in refused.stderr
    for option in ("-s", "-p", "-j", "-a"):
        refused = run("-f", "-n", option, "")
        assert refused.returncode == 2 and "Usage:" in refused.stderr
    store = Daemon(tmp_path, "--journal", file)
    assert store.client().read("/") == b""
    store.stop()
    kept = pathlib.Path(f"{file}.damaged")
    assert kept.read_text() == "somebody's"
    assert file.read_bytes().startswith(b"PELSTOR\n")
