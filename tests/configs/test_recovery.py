# SPDX-License-Identifier: GPL-2.0-or-later
"""The recovery drill tells a good snapshot from others, and cleans up.

What it calls is stood in for; with real guests it runs in the system tests.
"""

import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
DRILL = TOP / "configs/recovery/pel-drill"

# Notes each call; what goes wrong is in a file of that name.
PEL = """\
#!/bin/sh
cd "$TOP" && echo "$*" >>calls
case $1 in
snapshot) ! [ -e damaged ] ;;
clone) [ -e no-memory ] && exit 1
    for name; do :; done; echo "$name" >name
    : >"disk.$name"
    ! [ -e killed ] || kill $PPID ;;
domid) [ -e name ] && echo 7 ;;
unpause) ! [ -e ended ] || rm name ;;
list) name=$(cat name) id=$(cat id 2>/dev/null || echo 7)
    [ "$name" ] || exit 1
    if [ "$2" = -l ]; then
        printf '        "target": "%s/read-only"\\n' "$TOP"
        printf '        "target": "%s/disk.%s",\\n' "$TOP" "$name"
    else
        echo "Name ID Mem VCPUs State Time(s)"
        echo "$name $id 160 1 $(cat state 2>/dev/null || echo -b----) 0.1"
    fi ;;
destroy) rm name ;;
esac
"""
LIST = "#!/bin/sh\necho 51712\n"
READ = '#!/bin/sh\necho "$1" >>"$TOP/calls"\ncat "$TOP/connected"\n'
PROGRAM = '#!/bin/sh\necho "asked $1 $2" >>"$TOP/calls"\n! [ -e "$TOP/no" ]\n'


@pytest.fixture
def top(tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("pel", PEL), ("xenstore-list", LIST),
                       ("xenstore-read", READ), ("ask", PROGRAM)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (tmp_path / "connected").write_text("4\n")
    (tmp_path / "read-only").touch()
    return tmp_path


def drill(top, *words):
    return subprocess.run(
        [DRILL, "-s", "1", *words], text=True, capture_output=True, timeout=60,
        env={"PATH": f"{top}/bin:/usr/bin:/bin", "TOP": str(top)}, check=False)


def calls(top):
    return (top / "calls").read_text().splitlines()


def assert_clean(top):
    assert not list(top.glob("disk.*"))
    assert not (top / "name").exists()
    assert (top / "read-only").exists()


def test_one_that_is_good(top):
    result = drill(top, "-d", "/place", "-c", f"{top}/bin/ask", "web", "s1")
    assert (result.returncode, result.stderr) == (0, ""), result
    assert result.stdout == "recovered web/s1\n"
    assert calls(top)[0] == "snapshot verify -q -d /place web s1"
    assert calls(top)[1].startswith("clone -q -p -N -d /place web/s1 drill-")
    assert "/local/domain/7/device/vbd/51712/state" in calls(top)
    assert any(call.startswith("asked drill-") for call in calls(top))
    assert_clean(top)


def test_copies_of_disks_go_to_a_folder(top):
    result = drill(top, "-D", "/a folder", "web", "s1")
    assert (result.returncode, result.stderr) == (0, ""), result
    assert " -D /a folder web/s1 drill-" in calls(top)[1]
    assert_clean(top)


@pytest.mark.parametrize("wrong, text, told", [
    ("damaged", "", "is damaged"),
    ("no-memory", "", "cannot be started"),
    ("state", "---sc-", "has ended or crashed"),
    ("id", "8", "has ended or crashed"),  # restarted after a crash
    ("ended", "", "has ended or crashed"),  # and was removed
    ("no", "", "says no"),
])
def test_one_that_is_not(top, wrong, text, told):
    (top / wrong).write_text(text)
    result = drill(top, "-c", f"{top}/bin/ask", "web", "s1")
    assert result.returncode == 1, result
    assert result.stderr.startswith("pel-drill: web/s1: ")
    assert told in result.stderr
    assert "recovered" not in result.stdout
    assert_clean(top)


def test_one_that_is_told_to_stop_while_the_clone_is_made(top):
    (top / "killed").touch()
    result = drill(top, "web", "s1")
    assert (result.returncode, result.stdout) == (1, ""), result
    assert_clean(top)


@pytest.mark.parametrize("words", [[], ["web"], ["-x", "web", "s1"],
                                   ["web", "s1", "more"]])
def test_usage(top, words):
    assert drill(top, *words).returncode == 2
    assert not (top / "calls").exists()
