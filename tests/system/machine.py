# SPDX-License-Identifier: GPL-2.0-or-later
"""One emulated machine under test, driven through its serial console.

Every wait has a limit of its own; what runs out of time raises Timeout.  QEMU
is always ended, by its own process.
"""

import base64
import ctypes
import importlib.util
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
LOGS = os.path.join(TOP, "build/tests/system")
TAIL_LINES = 40
END_SECONDS = 10

# QEMU may have to queue for the machine that it runs on.
START_SECONDS = float(os.environ.get("PEL_START", "30"))

# Xen's serial line keeps 128 characters that dom0 has not read yet.
LINE_CHARS = 100
LINE_SECONDS = 10
QMP_SECONDS = 20  # for an answer

# Limits are for one emulated machine on two idle cores, and two run at a time;
# a slower machine multiplies them further.
SLOW = float(os.environ.get("PEL_SLOW", "2"))

_spec = importlib.util.spec_from_file_location(
    "qemu_machine", os.path.join(TOP, "configs/qemu/machine.py"))
qemu = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(qemu)


_libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def end_with_parent():
    """Make the child end when the test run does, however that happens."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Timeout(Exception):
    """Something did not happen in time."""


class Console:
    """The bytes that a process prints, kept and searched while they come."""

    def __init__(self, stream, log):
        self.text = ""
        self.closed = False
        self.changed = threading.Condition()
        self._stream, self._log = stream, log
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        with open(self._log, "wb") as log:
            while data := os.read(self._stream.fileno(), 65536):
                log.write(data)
                log.flush()
                with self.changed:
                    self.text += data.decode("utf-8", "replace").replace(
                        "\r", "")
                    self.changed.notify_all()
        with self.changed:
            self.closed = True
            self.changed.notify_all()

    def wait(self, regex, seconds, start=0):
        """Return the match of a pattern in the text from offset start on."""
        pattern = re.compile(regex, re.M)
        deadline = time.monotonic() + seconds * SLOW
        with self.changed:
            while True:
                match = pattern.search(self.text, start)
                if match:
                    return match
                left = deadline - time.monotonic()
                if self.closed or left <= 0:
                    why = "the machine ended" if self.closed else \
                        f"{seconds} s passed"
                    raise Timeout(f"no {regex!r}: {why}")
                self.changed.wait(left)

    def tail(self):
        return "\n".join(self.text.splitlines()[-TAIL_LINES:])


class Machine:
    """A running QEMU; use as a context manager, so that it ends."""

    _serial = itertools.count(1)
    latest = None  # the machine that was used last

    def __init__(self, name, argv=None, **options):
        os.makedirs(LOGS, exist_ok=True)
        self.log = os.path.join(LOGS, f"{next(self._serial):02}-{name}.log")
        argv = argv or qemu.command(**options)
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, bufsize=0,
            preexec_fn=end_with_parent)
        self.console = Console(self.process.stdout, self.log)
        Machine.latest = self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def alive(self):
        return self.process.poll() is None

    def kill(self):
        """End QEMU now, by its process; also when it has ended already."""
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdin.close()

    def send(self, text):
        try:
            self.process.stdin.write(text.encode())
        except OSError as e:
            raise Timeout("the machine ended") from e

    def wait(self, regex, seconds, start=0):
        Machine.latest = self
        return self.console.wait(regex, seconds, start)

    def wait_end(self, seconds):
        """Wait until QEMU ends by itself; its exit status."""
        try:
            return self.process.wait(seconds * SLOW)
        except subprocess.TimeoutExpired as e:
            raise Timeout(f"QEMU still runs after {seconds} s") from e


def qmp_devices(name):
    """Arguments that give a machine of this name the socket that qmp() uses."""
    path = os.path.join(tempfile.gettempdir(), f"pel-{os.getpid()}-{name}")
    return ["-qmp", f"unix:{path},server=on,wait=off"]


def qmp(m, *commands):
    """Run QMP commands in a machine, each a dict; the last one's answer.

    OSError: it does not take them, or is about to end.
    """
    argv = m.process.args
    path = argv[argv.index("-qmp") + 1].split(",")[0].removeprefix("unix:")
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(QMP_SECONDS)
        s.connect(path)
        stream = s.makefile("rw")
        stream.readline()  # the greeting
        for command in ({"execute": "qmp_capabilities"}, *commands):
            stream.write(json.dumps(command) + "\n")
            stream.flush()
            answer = {"event": None}
            while "event" in answer:
                line = stream.readline()
                if not line:
                    raise ConnectionError("QMP: the machine has ended")
                answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{command}: {answer['error']}")
    return answer.get("return")


class Result:
    """What a command in dom0 did."""

    def __init__(self, command, status, output):
        self.command, self.status, self.output = command, status, output

    def __repr__(self):
        return (f"$ {self.command}\n{self.output}\n"
                f"(exit status {self.status})")


class Dom0(Machine):
    """A machine whose dom0 runs the job that takes commands."""

    BOOT_SECONDS = 90
    # What a hypervisor prints of its own may stand between dom0's lines.
    HV_LINE = re.compile(r"^\((XEN|PEL|d\d+|pellicle)\).*\n?", re.M)

    def __init__(self, name, tools="pel", dom0_args="", hv_args="", smp=1,
                 cross=False, **options):
        if cross:
            options["initrd"] = os.path.join(qemu.IMAGES, "cross.initrd")
        super().__init__(
            name, dom0_args=f"job=commands tools={tools} {dom0_args}".strip(),
            hv_args=f"dom0_max_vcpus={smp} {hv_args}".strip(), smp=smp,
            **options)
        self.tools, self.smp = tools, smp
        self.hv = options.get("hv", "pellicle")
        self.usable = False
        self._marks = itertools.count(1)

    def boot(self):
        self.wait(r".", START_SECONDS)
        self.wait(r"^dom0: ready", self.BOOT_SECONDS)
        self.usable = True
        return self

    def run(self, command, seconds=30):
        """Run a shell command in dom0 and return its Result."""
        mark = f"mark{next(self._marks)}"
        self.usable = False
        script = base64.b64encode(command.encode()).decode()
        for at in range(0, len(script), LINE_CHARS):
            start = len(self.console.text)
            self.send(script[at:at + LINE_CHARS] + "\n")
            self.wait(r"^\+$", LINE_SECONDS, start)
        start = len(self.console.text)
        self.send(f".{mark}\n")
        # With its newline: the last digits may come later than the first.
        end = self.wait(rf"^{mark}> (\d+)\n", seconds, start)
        self.usable = True
        begin = self.console.text.index(f"{mark}<\n", start) + len(mark) + 2
        output = self.HV_LINE.sub("", self.console.text[begin:end.start()])
        return Result(command, int(end.group(1)), output.strip("\n"))

    def ok(self, command, seconds=30):
        """Run a command that must succeed; its output."""
        result = self.run(command, seconds)
        assert result.status == 0, result
        return result.output

    def tool(self, command, seconds=60):
        """Run the toolstack's command line; it need not succeed."""
        return self.run(f"{self.tools} {command}", seconds)

    def tool_ok(self, command, seconds=60):
        return self.ok(f"{self.tools} {command}", seconds)

    def write(self, path, text):
        """Write a small text file in dom0."""
        self.ok(f"cat >{path} <<'END_OF_FILE'\n{text}\nEND_OF_FILE")

    def guest(self, name, command, seconds=60):
        """Run a command in a guest's shell; it must succeed; its output."""
        assert "'" not in command
        return self.ok(f"in-guest {name} {int(seconds * SLOW)} '{command}'",
                       seconds + 10)

    def until(self, condition, seconds=30):
        """Wait in dom0 until a shell condition holds."""
        now = "$(cut -d. -f1 /proc/uptime)"
        return self.ok(
            f"end=$(({now} + {int(seconds * SLOW)}))\n"
            f"until {condition}; do\n"
            f"[ {now} -lt $end ] || exit 1; usleep 100000; done",
            seconds + 30)

    def console_log(self, name):
        """Where the console daemon keeps what a guest printed."""
        if self.tools == "pel":
            return f"/var/log/pellicle/console/{name}.log"
        return f"/var/log/xen/console/guest-{name}.log"

    def poweroff(self, command="poweroff", seconds=60):
        """Switch the machine off with this command; QEMU's exit status."""
        try:
            self.run(command, seconds)
        except Timeout:
            pass
        self.usable = False
        return self.wait_end(seconds)
