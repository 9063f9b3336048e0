#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The QEMU machines that `make run`, `make demo` and the tests use.

As a program it becomes QEMU (`machine.py --help`); as a module, command() and
disc() give command lines.  QEMU's own -kernel loads the hypervisor, the first
module is dom0's kernel with its command line, the second its initramfs; or
firmware and GRUB load all of it from the bootable image.
"""

import argparse
import functools
import os
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
IMAGES = os.path.join(TOP, "build/images")
DISC = os.path.join(TOP, "build/pellicle.iso")
OVMF = "/usr/share/OVMF/OVMF_{}_4M.fd"
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")

HYPERVISORS = {
    "pellicle": os.path.join(TOP, "build/hypervisor/pellicle.elf32"),
    "xen": os.path.join(IMAGES, "xen.elf"),
}

# Xen 4.17 crashes under QEMU's software emulation when SMAP is on.
CPUS = {"pellicle": "max", "xen": "max,smap=off,smep=off"}

# QEMU's software emulation does not let XSAVE and XRSTOR fault when CR0.TS is
# set, which Xen 4.17 counts on with this CPU model: programs would get each
# other's registers.  In dom0 some were seen to die.
HV_ARGS = {"xen": "spec-ctrl=eager-fpu"}

PROBE_SECONDS = 5
PROBE_LOOPS = 100_000_000
PROBE_EXIT = 0x2a
PROBE_RESULT = os.path.join(TOP, "build/accelerator")


def probe_kvm():
    """Whether KVM runs code at a processor's speed.

    /dev/kvm can be there and useless, where instructions are emulated one
    by one: so a boot sector counts down before it says that it has booted.
    """
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    code = (b"\x66\xb9" + PROBE_LOOPS.to_bytes(4, "little") +  # mov ecx
            b"\x66\x49" b"\x75\xfc" +                         # dec; jnz
            bytes([0xb0, PROBE_EXIT, 0xe6, 0xf4, 0xf4]))       # out; hlt
    with tempfile.NamedTemporaryFile() as sector:
        sector.write(code.ljust(510, b"\0") + b"\x55\xaa")
        sector.flush()
        try:
            status = subprocess.run(
                [QEMU, "-accel", "kvm", "-cpu", "max", "-display", "none",
                 "-nodefaults", "-drive", f"format=raw,file={sector.name}",
                 "-device", "isa-debug-exit,iobase=0xf4,iosize=1"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=PROBE_SECONDS,
                check=False).returncode
        except (OSError, subprocess.TimeoutExpired):
            return False
    # isa-debug-exit ends QEMU with the value written times two plus one.
    return status == PROBE_EXIT * 2 + 1


@functools.lru_cache
def accelerator():
    """"kvm" where it is of use, else "tcg"; probed once per build tree.

    The environment variable ACCEL overrides the probe.
    """
    if os.environ.get("ACCEL"):
        return os.environ["ACCEL"]
    try:
        with open(PROBE_RESULT, encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        pass
    accel = "kvm" if probe_kvm() else "tcg"
    os.makedirs(os.path.dirname(PROBE_RESULT), exist_ok=True)
    with open(PROBE_RESULT, "w", encoding="utf-8") as f:
        f.write(accel + "\n")
    return accel


def bare(machine="pc", cpu="max", smp=1, memory_mb=2048, accel=None):
    """The arguments of a machine that boots nothing yet.

    accel: QEMU's accelerator; default what accelerator() finds
    """
    if not accel:
        accel = accelerator()
        accel = "tcg,thread=multi" if accel == "tcg" else accel
    return [
        QEMU, "-machine", machine, "-cpu", cpu, "-accel", accel,
        "-smp", str(smp), "-m", str(memory_mb),
        "-nographic", "-no-reboot", "-nic", "none"]


def disc(firmware="bios", image=DISC, devices=(), **options):
    """Return the argument list of a machine that boots a disc image.

    firmware: "bios" or "efi" (OVMF; its settings are not kept)
    options:  as for bare()
    """
    args = bare(**options)
    if firmware == "efi":
        for flash, how in (("CODE", "readonly=on"), ("VARS", "snapshot=on")):
            args += ["-drive", f"if=pflash,format=raw,{how},"
                               f"file={OVMF.format(flash)}"]
    return args + ["-drive", f"if=virtio,format=raw,readonly=on,file={image}",
                   *devices]


def command(hv="pellicle", kernel=None, initrd=None, dom0_args="",
            hv_args="", machine="pc", cpu=None, smp=1, memory_mb=2048,
            dom0_mb=512, devices=(), accel=None, lazy_fpu=False):
    """Return the argument list of one machine.

    hv:        a key of HYPERVISORS, or the path of another image
    kernel:    dom0's ELF; default Debian's kernel
    initrd:    dom0's initramfs; "" for none
    dom0_args: words for dom0's command line;  hv_args: for the hypervisor's
    cpu:       QEMU's CPU model; default what suits the hypervisor
    devices:   further arguments, such as disks and network cards
    accel:     as for bare()
    lazy_fpu:  leave out HV_ARGS: costs as shipped, for one program at a time
    """
    if not lazy_fpu:
        hv_args = f"{HV_ARGS.get(hv, '')} {hv_args}".strip()
    kernel = kernel or os.path.join(IMAGES, "dom0.vmlinux")
    if initrd is None:
        initrd = os.path.join(IMAGES, "dom0.initrd")
    args = f"console=hvc0 {dom0_args}".strip()
    # QEMU splits -initrd at commas; a comma that is meant is written twice.
    modules = [f"{kernel} {args}".replace(",", ",,")]
    if initrd:
        modules.append(initrd.replace(",", ",,"))
    return bare(machine, cpu or CPUS.get(hv, "max"), smp, memory_mb,
                accel) + [
        "-kernel", HYPERVISORS.get(hv, hv),
        "-append", f"console=com1 com1=115200,8n1 "
                   f"dom0_mem={dom0_mb}M,max:{dom0_mb}M {hv_args}".strip(),
        "-initrd", ",".join(modules), *devices]


def main():
    parser = argparse.ArgumentParser(
        description="Run hypervisor and dom0 in QEMU; quit with Ctrl-a x.")
    parser.add_argument("--hv", default="pellicle",
                        help="pellicle, xen, or the path of an image")
    parser.add_argument("--cross", action="store_true",
                        help="the dom0 image that has the stock tools too")
    parser.add_argument("--kernel", help="dom0's kernel, an ELF file")
    parser.add_argument("--dom0-args", default="",
                        help="words for dom0's command line")
    parser.add_argument("--hv-args", default="",
                        help="words for the hypervisor's command line")
    parser.add_argument("--machine", default="pc", help="pc or q35")
    parser.add_argument("--cpu", help="QEMU's CPU model")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--print", action="store_true",
                        help="print the command line instead")
    parser.add_argument("qemu", nargs="*", metavar="-- QEMU ARGUMENT")
    a = parser.parse_args()
    argv = command(hv=a.hv, kernel=a.kernel, dom0_args=a.dom0_args,
                   initrd=os.path.join(IMAGES, "cross.initrd")
                   if a.cross else None,
                   hv_args=a.hv_args, machine=a.machine, cpu=a.cpu,
                   smp=a.smp, devices=a.qemu)
    if a.print:
        print(" ".join(f"'{w}'" if " " in w else w for w in argv))
        return 0
    missing = [f for f in (argv[argv.index("-kernel") + 1],)
               if not os.path.exists(f)]
    if missing:
        print(f"machine: {missing[0]} is not built", file=sys.stderr)
        return 1
    sys.stdout.flush()
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    sys.exit(main())
