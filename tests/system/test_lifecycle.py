# SPDX-License-Identifier: GPL-2.0-or-later
"""The life of guests as an admin scripts it."""

import json
import re

import pytest

PLAIN = """\
name = "{name}"
kernel = "/boot/vmlinuz.lz4"
ramdisk = "/boot/guest.initrd"
extra = "console=hvc0"
memory = 160
vcpus = 1
"""

DEVICES = """\
disk = [ "file:/tmp/{name}.img,xvda,w" ]
vif = [ "bridge=xenbr0" ]
"""


def config(m, name, extra=""):
    """Write a guest's configuration in dom0; its path.  Lines of extra take
    the place of those with the same key."""
    lines = {}
    for line in (PLAIN + extra).format(name=name).splitlines():
        lines[line.split("=")[0].strip()] = line
    m.write(f"/tmp/{name}.cfg", "\n".join(lines.values()))
    return f"/tmp/{name}.cfg"


def state(m, name):
    """The state column of a guest in the list, "" when it is not there."""
    result = m.tool(f"list {name}")
    if result.status:
        return ""
    return result.output.splitlines()[1].split()[4]


def gone(m, name):
    return f"! {m.tools} list {name} >/dev/null 2>&1"


def free_memory(m):
    """Free memory of the host in KiB; stock tools count in MiB."""
    if m.tools == "pel":
        return json.loads(m.tool_ok("info --json"))["free_memory_kb"]
    return int(re.search(r"^free_memory *: *(\d+)$", m.tool_ok("info"),
                         re.M).group(1)) << 10


def assert_memory_is(m, before):
    """As much is free as before.

    The reference keeps a page for each vCPU of dom0, from the first grant
    that is mapped there on (its list of mapped grants): one vCPU, 4 KiB less
    after the first guest, two vCPUs, 8 KiB, and no more after 27 guests.
    """
    unit = 4 if m.tools == "pel" else 1024
    kept = unit * m.smp if m.hv == "xen" else 0
    assert before - kept <= free_memory(m) <= before


def test_info_knows_the_machine(dom0):
    info = dom0.tool_ok("info")
    assert re.search(r"^nr_cpus *: *[12]$", info, re.M), info
    assert re.search(r"^xen_major *: *4$", info, re.M), info


def test_dmesg_is_the_hypervisors_log(dom0):
    assert dom0.ok(f"{dom0.tools} dmesg | grep -c dom0_mem=512M") != "0"


def test_pause_and_unpause(dom0):
    dom0.tool_ok(f"create -p {config(dom0, 'pausee')}")
    assert "p" in state(dom0, "pausee")
    dom0.tool_ok("unpause pausee")
    assert "p" not in state(dom0, "pausee")
    assert dom0.guest("pausee", "echo $((6 * 7))", 120) == "42"
    dom0.tool_ok("pause pausee")
    assert "p" in state(dom0, "pausee")
    dom0.tool_ok("destroy pausee")
    assert state(dom0, "pausee") == ""


def test_shutdown_waits_until_the_guest_is_off(dom0):
    dom0.tool_ok(f"create {config(dom0, 'stopper')}")
    dom0.guest("stopper", "true", 120)
    dom0.tool_ok("shutdown -w stopper", 120)
    dom0.until(gone(dom0, "stopper"))


def test_poweroff_in_the_guest_removes_it(dom0):
    dom0.tool_ok(f"create {config(dom0, 'leaver')}")
    dom0.guest("leaver", "true", 120)
    dom0.run("in-guest leaver 20 poweroff")
    dom0.until(gone(dom0, "leaver"), 60)


def test_reboot_gives_a_new_guest_of_the_same_name(dom0):
    dom0.tool_ok(f"create {config(dom0, 'phoenix')}")
    dom0.guest("phoenix", "touch /tmp/before", 120)
    get_id = (f"{dom0.tools} list phoenix | awk 'NR == 2 {{ print $2 }}'")
    before = dom0.ok(get_id)
    dom0.tool_ok("reboot phoenix")
    dom0.until(f"id=$({get_id}) && [ \"$id\" ] && [ $id != {before} ]", 60)
    assert dom0.guest("phoenix", "ls /tmp", 120) == ""
    dom0.tool_ok("destroy phoenix")


HELLO = DEVICES + """\
kernel = "/boot/guest-pv/hello.elf"
memory = 16
on_poweroff = "preserve"
"""


def test_twenty_guests_leave_nothing_behind(dom0):
    dom0.ok("truncate -s 1M /tmp/crowd.img /tmp/hello.img")
    guests = [("crowd", config(dom0, "crowd", DEVICES)),
              ("hello", config(dom0, "hello", HELLO))]
    # The first guest makes what stays on purpose, such as empty parents.
    dom0.tool_ok(f"create {guests[0][1]}")
    dom0.tool_ok("destroy crowd")
    memory, store = free_memory(dom0), dom0.ok("xenstore-ls -fp /")
    for i in range(20):
        name, path = guests[i % 5 != 0]
        dom0.tool_ok(f"create {path}")
        dom0.tool_ok(f"destroy {name}")
    dom0.until('[ "$(losetup -a)" = "" ]')
    assert dom0.ok("ls /sys/class/net | grep -c vif || true") == "0"
    assert dom0.ok("xenstore-ls -fp /") == store
    assert_memory_is(dom0, memory)


BAD = {  # why, and what the file says after the plain part
    "no such kernel": 'kernel = "/boot/none"',
    "truncated bzImage": 'kernel = "/tmp/short"',
    "not a kernel": 'kernel = "/etc/profile"',
    "too much memory": "memory = 4000000",
    "no memory": "memory = 0",
    "syntax error": "memory = [",
    "no such disk": 'disk = [ "file:/tmp/none.img,xvda,w" ]',
    "not PV": 'type = "hvm"',
}
BAD_CONFIGS = [pytest.param(text, id=why) for why, text in BAD.items()] + [
    # The stock tools only warn of a key that they do not know.
    pytest.param("memroy = 160", id="unknown key",
                 marks=pytest.mark.only(tools="pel"))]


def everything(m):
    """What a failed operation must leave as it was."""
    guests = [line.split()[:4] for line in m.tool_ok("list").splitlines()]
    return m.ok("xenstore-ls -fp /"), guests


def refused(m, path):
    """Creating from this file fails with one line and leaves nothing."""
    before, memory = everything(m), free_memory(m)
    result = m.tool(f"create {path}", 120)
    assert result.status != 0, result
    assert everything(m) == before
    assert_memory_is(m, memory)
    if m.tools == "pel":
        assert len(result.output.splitlines()) == 1, result
    return result.output


@pytest.mark.parametrize("text", BAD_CONFIGS)
def test_bad_config_is_refused_cleanly(dom0, text):
    dom0.ok("head -c 3000000 /boot/vmlinuz >/tmp/short")
    refused(dom0, config(dom0, "bad", text + "\n"))


def test_duplicate_name_is_refused_cleanly(dom0):
    path = config(dom0, "twin")
    dom0.tool_ok(f"create -p {path}")
    assert "twin" in refused(dom0, path)
    dom0.tool_ok("destroy twin")


@pytest.mark.only(tools="pel")
def test_a_killed_create_leaves_nothing(dom0):
    """It dies while the script of a NIC is at work."""
    dom0.write("/tmp/slow", '#!/bin/sh\n[ "$1" = online ] || exit 0\n'
               "echo $$ >/tmp/slow.pid\nexec sleep 1000\n")
    path = config(dom0, "slow", 'vif = [ "bridge=xenbr0,script=/tmp/slow" ]')
    before, memory = everything(dom0), free_memory(dom0)
    dom0.ok(f"chmod +x /tmp/slow; pel create {path} >/dev/null 2>&1 & "
            "echo $! >/tmp/creator")
    dom0.until("[ -s /tmp/slow.pid ]")
    assert state(dom0, "slow")
    dom0.ok("kill -9 $(cat /tmp/creator)")
    dom0.until(gone(dom0, "slow"))
    dom0.ok("kill $(cat /tmp/slow.pid)")
    dom0.until("! ip link | grep -q vif")
    assert everything(dom0) == before
    assert_memory_is(dom0, memory)


@pytest.mark.parametrize("command", ["pause", "unpause", "destroy",
                                     "shutdown", "reboot", "console"])
def test_unknown_guest_is_an_error(dom0, command):
    result = dom0.tool(f"{command} nobody")
    assert result.status != 0
    assert "nobody" in result.output
