# SPDX-License-Identifier: GPL-2.0-or-later
"""Parameters and fixtures of the system tests.

--hv and --tools choose the hypervisor and the toolstack; every story holds
for each pair.  Machines are shared between tests where one leaves nothing
behind for the next: a boot costs a quarter of a minute.
"""

import os
import shutil

import pytest

import machine


# Files are begun in this order, then all others: those that want two CPUs share
# a machine, and after the longest there is something left for both workers.
FIRST = ("test_changes.py", "test_guest.py", "test_smp.py", "test_track.py",
         "test_save.py", "test_lifecycle.py")


def pytest_addoption(parser):
    parser.addoption("--hv", default="pellicle",
                     help="pellicle, xen, or the path of an image")
    parser.addoption("--tools", default="pel", choices=("pel", "xl"))
    parser.addoption("--long", action="store_true",
                     help="only the tests that are too long for every day")
    parser.addoption("--trips", default="1",
                     help="of a guest under load to another host and back")


def applies(item, config):
    """Whether a test makes sense for the chosen hypervisor and tools."""
    return all(config.getoption(f"--{half}") == value
               for mark in item.iter_markers("only")
               for half, value in mark.kwargs.items())


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("--long")
    items[:] = [item for item in items
                if bool(item.get_closest_marker("long")) == wanted and
                applies(item, config)]
    items.sort(key=lambda item: FIRST.index(item.path.name)
               if item.path.name in FIRST else len(FIRST))


def pytest_configure(config):
    config.addinivalue_line("markers", "long: too long for every day")
    config.addinivalue_line(
        "markers", "only(hv=NAME, tools=NAME): a story that other "
        "hypervisors or tools do not promise")
    pair = (os.path.basename(config.getoption("--hv")) + "-" +
            config.getoption("--tools"))
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    machine.LOGS = os.path.join(machine.LOGS, pair)
    if not config.option.collectonly and not worker:
        shutil.rmtree(machine.LOGS, ignore_errors=True)
    machine.LOGS = os.path.join(machine.LOGS, worker or "")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Show the tails of the console and of dom0's messages."""
    report = (yield).get_result()
    m = machine.Machine.latest
    if not report.failed or not m:
        return
    report.sections.append((f"tail of the console, {m.log}",
                            m.console.tail()))
    if isinstance(m, machine.Dom0) and m.usable and m.alive():
        try:
            messages = m.run("dmesg | tail -n 10").output
        except machine.Timeout as e:
            messages = str(e)
        report.sections.append(("dom0's messages", messages))


class Host:
    """Boots dom0 with the chosen hypervisor and toolstack."""

    def __init__(self, hv, tools):
        self.hv, self.tools = hv, tools

    def boot(self, name, **options):
        return machine.Dom0(name, hv=self.hv, tools=self.tools,
                            cross=(self.hv, self.tools) != ("pellicle", "pel"),
                            **options)


@pytest.fixture(scope="session")
def host(request):
    return Host(request.config.getoption("--hv"),
                request.config.getoption("--tools"))


class Shared:
    """The machine that most tests share; a broken one is replaced.

    It has one CPU unless a file asks for two: a second one is a thread of QEMU
    that the first often waits for while the test machine's own CPUs are all
    busy, and starting a guest takes two to three times as long.
    """

    MAX_BOOTS = 4  # a machine that breaks again and again wastes hours

    def __init__(self, host):
        self.host, self.machine, self.boots = host, None, 0

    def get(self, smp=1):
        m = self.machine
        if m and m.smp != smp:
            self.close()
            self.boots = 0
        elif m and not (m.alive() and m.usable):
            self.close()
        if not self.machine:
            assert self.boots < self.MAX_BOOTS, "dom0 broke too often"
            self.boots += 1
            self.machine = self.host.boot("shared", smp=smp)
            self.machine.boot()
        return self.machine

    def close(self):
        if self.machine:
            self.machine.kill()
            self.machine = None


@pytest.fixture(scope="session")
def shared(host):
    pool = Shared(host)
    yield pool
    pool.close()


@pytest.fixture
def dom0(shared):
    """A booted dom0 without guests; guests of a failed test are removed."""
    m = shared.get()
    yield m
    if m.alive() and m.usable:
        m.run(f"for g in $({m.tools} list | awk 'NR > 2 {{ print $1 }}'); do "
              f"{m.tools} destroy $g; done", 60)
