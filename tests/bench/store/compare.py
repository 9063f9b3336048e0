#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Measure the store beside Debian's two, all natively and in one run.

usage: compare.py [--quick | --turns N] [--only ours|debian|ocaml]
                  [--json FILE] LOAD STANDIN

LOAD is store-load, STANDIN the library that stands in for the hypervisor
(see standin.c).  Debian's stores are looked for where `make bench-store` puts
them; without them only ours is measured.  A table goes to stdout, and every
figure to the JSON file.

With --turns they run side by side and take turns, N short ones for each of a
few units: what else the machine does then falls on all of them, and the table
has the median of the quotients.
"""

import argparse
import json
import os
import pathlib
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[3]
OURS = os.environ.get("PELSTORED", TOP / "build/bin/pelstored")
DEBIAN = TOP / "build/debian-xen/usr/lib/xen-4.17/bin/xenstored"
OCAML = DEBIAN.with_name("oxenstored")
LIBRARIES = TOP / "build/debian-xen/usr/lib/x86_64-linux-gnu"

# It serves no other socket than the one in /run, so it gets a /run of its own;
# without the node for dom0's ring, which no request comes by.  It renames a log
# that has grown, even /dev/null: hence the link, and no limit to the lines.
OCAML_SCRIPT = """\
mount --bind "$1" /run && mkdir /run/xenstored && ln -s /dev/null /run/null &&
for log in xenstored-log access-log; do
    echo "$log-file = /run/null" && echo "$log-nb-lines = 1000000000"
done >/run/config &&
export LD_PRELOAD="$2" LD_LIBRARY_PATH="$3" &&
exec "$4" --no-fork --no-domain-init --config-file=/run/config
"""

UNITS = ["read", "write", "list", "transaction", "fire", "create60",
         "create86"]
CLIENTS = [1, 8, 64]
TURN_ROWS = [f"{u}:{c}" for u in ("read", "write", "list", "transaction")
             for c in (1, 64)]
TURN_MS = "150"


class Server:
    """A store that runs in a folder of its own."""

    def __init__(self, kind, standin):
        self.kind = kind
        # On tmpfs, where a store keeps its files in service.
        self.folder = tempfile.mkdtemp(
            prefix="bench-store-",
            dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.socket = os.path.join(self.folder, "socket")
        pid_file = os.path.join(self.folder, "pid")
        env = dict(os.environ, LD_PRELOAD=str(standin))
        if kind == "ours":
            argv = [OURS, "--foreground", "--socket", self.socket,
                    "--pid-file", pid_file]
        elif kind == "ocaml":
            self.socket = os.path.join(self.folder, "xenstored/socket")
            del env["LD_PRELOAD"]
            argv = ["unshare", "-m", "sh", "-c", OCAML_SCRIPT, "sh",
                    self.folder, standin, LIBRARIES, OCAML]
        else:
            argv = [DEBIAN, "--no-fork", "--pid-file", pid_file]
            env.update(XENSTORED_PATH=self.socket,
                       XENSTORED_RUNDIR=self.folder,
                       XENSTORED_ROOTDIR=self.folder)
        self.process = subprocess.Popen(
            argv, env=env, stdout=subprocess.DEVNULL,
            stderr=open(os.path.join(self.folder, "log"), "wb"))
        limit = time.monotonic() + 20
        while not os.path.exists(self.socket):
            if self.process.poll() is not None or time.monotonic() > limit:
                self.stop()
                raise OSError(f"{argv[0]} does not serve its socket")
            time.sleep(0.01)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder)


def scenarios(quick):
    """Name and rows of each; a row is a word for store-load."""
    sizes = [10, 1000, 100_000] if quick else [10, 1000, 100_000, 1_000_000]
    many = 1000 if quick else 8000
    biggest = sizes[-1]
    for nodes in sizes:
        yield (f"nodes={nodes}", ["prepare:64", f"fill:{nodes}"] +
               [f"{u}:{c}" for u in UNITS for c in CLIENTS])
    yield f"memory={biggest}", ["value:8", f"fill:{biggest}"]
    yield f"idle sockets={many}", ["fill:1000", f"idle:{many}", "read:1"]
    yield f"idle rings={many}", ["fill:1000", f"rings:{many}", "read:1"]
    yield ("unrelated watches=20000",
           ["fill:1000", "watches:20000", "write:1"])
    yield "fire 1000 watches", ["prepare:64", "fire1000:1"]
    yield "same nodes", ["prepare:64", "same:64"]
    yield "siblings", ["prepare:64", "siblings:64"]
    for nr in (many // 8, many):
        yield f"domains={nr}", ["prepare:64", f"domains:{nr}", "create86:1"]


def load(server, name, rows, env, args):
    """The figures of some rows: a list of dictionaries."""
    try:
        run = subprocess.run(
            [args.load, server.socket, str(server.process.pid), *rows],
            env=dict(os.environ, **env), text=True, capture_output=True,
            timeout=900, check=False)
    except subprocess.TimeoutExpired as late:
        run = subprocess.CompletedProcess(
            late.cmd, 1, (late.stdout or b"").decode(), "out of time")
    if run.returncode:
        print(f"{server.kind}: {name}: {run.stderr.strip()}", file=sys.stderr)
    lines = [ln for ln in run.stdout.splitlines() if ln.endswith("}")]
    return [dict(json.loads(line), server=server.kind, scenario=name)
            for line in lines]


def measure(kind, name, rows, args):
    """The figures of one scenario, by a fresh server."""
    env = {"RUN_MS": "200" if args.quick else "400",
           "FILL_SECONDS": "10" if args.quick else "30"}
    server = Server(kind, args.standin)
    try:
        return load(server, name, rows, env, args)
    finally:
        server.stop()


def take_turns(kinds, args):
    """The figures of all servers' turns, side by side."""
    fill, env, figures = "fill:1000", {"RUN_MS": TURN_MS}, []
    servers = []
    try:
        for kind in kinds:
            servers.append(Server(kind, args.standin))
            load(servers[-1], "turns", ["prepare:64", fill], env, args)
        for _ in range(args.turns):
            for row in TURN_ROWS:
                for server in servers:
                    figures += load(server, "turns", [fill, row], env,
                                    args)[1:]
    finally:
        for server in servers:
            server.stop()
    return figures


def turns_table(figures, kinds):
    """Medians of what each took, and of our quotients with the others."""
    others = kinds[1:]
    print("| unit, us |" + "".join(f" {k} |" for k in kinds) +
          "".join(f" ours / {k} |" for k in others))
    print("|---|" + "--:|" * (len(kinds) + len(others)))
    for row in TURN_ROWS:
        unit, clients = row.split(":")
        took = [[f["cpu_us"] for f in figures if f["server"] == k and
                 f["unit"] == unit and f["clients"] == int(clients)]
                for k in kinds]
        turns = [t for t in zip(*took) if all(t)]  # 0: nothing was done
        if not turns:
            continue  # one failed, which stderr tells
        cells = [f"{statistics.median(t):.1f}" for t in zip(*turns)]
        cells += [f"{statistics.median(t[0] / t[k] for t in turns):.2f}"
                  for k in range(1, len(kinds))]
        print(f"| {unit}, {clients} clients | " + " | ".join(cells) + " |")


def label(fig):
    """How a figure stands in the table: its row, and the row's cells."""
    if "unit" in fig:
        row = f"{fig['unit']}, {fig['clients']} clients"
        return row, [f"{fig['cpu_us']:.1f}", f"{fig['per_second']:.0f}",
                     f"{fig['p50_us']:.0f}", f"{fig['p99_us']:.0f}",
                     f"{fig['retries']}/{fig['worst_retries']}"]
    if "filled" in fig:
        cut = "" if fig["complete"] else f" (cut at {fig['filled']})"
        return "fill, per leaf", [
            f"{fig['cpu_us']:.1f} (last tenth {fig['tail_cpu_us']:.1f}){cut}",
            "", "", "", f"{fig['bytes_per_leaf']:.0f} B"]
    if fig.get("complete") is False:
        return "domains made in time", [str(fig["domains"]), "", "", "", ""]
    return None, None


def table(figures, kinds):
    """The figures as one table, servers side by side."""
    columns = ["CPU us", "per s", "p50 us", "p99 us", "retries/worst, memory"]
    print("| scenario | unit |" + "".join(f" {k}: {c} |" for k in kinds
                                          for c in columns))
    print("|---|---|" + "--:|" * (len(kinds) * len(columns)))
    rows = {}
    for fig in figures:
        row, cells = label(fig)
        if row:
            rows.setdefault((fig["scenario"], row), {})[fig["server"]] = cells
    for (scenario, row), by_kind in rows.items():
        cells = [c for k in kinds for c in by_kind.get(k, ["-"] * 5)]
        print(f"| {scenario} | {row} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true",
                        help="smaller sizes and shorter runs")
    parser.add_argument("--turns", type=int, metavar="N",
                        help="take so many turns with a few units")
    parser.add_argument("--only", choices=["ours", "debian", "ocaml"])
    parser.add_argument("--match", default="",
                        help="only scenarios with this in their name")
    parser.add_argument("--json", default=TOP / "build/bench/store.json")
    parser.add_argument("load")
    parser.add_argument("standin")
    args = parser.parse_args()
    if args.turns is not None and args.turns < 1:
        parser.error("--turns wants a number of turns")

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, hard), hard))
    kinds = [args.only] if args.only else ["ours", "debian", "ocaml"]
    for kind, program in (("debian", DEBIAN), ("ocaml", OCAML)):
        if kind in kinds and not program.exists():
            print(f"{program} is missing, and not measured", file=sys.stderr)
            kinds.remove(kind)
    if "ocaml" in kinds and os.geteuid():
        print("only root can measure the OCaml store", file=sys.stderr)
        kinds.remove("ocaml")
    figures = take_turns(kinds, args) if args.turns else []
    for name, rows in [] if args.turns else scenarios(args.quick):
        if args.match not in name:
            continue
        for kind in kinds:
            figures += measure(kind, name, rows, args)
    os.makedirs(os.path.dirname(os.path.abspath(args.json)), exist_ok=True)
    with open(args.json, "w", encoding="utf-8") as out:
        json.dump(figures, out, indent=1)
    (turns_table if args.turns else table)(figures, kinds)


if __name__ == "__main__":
    main()
