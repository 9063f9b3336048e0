# SPDX-License-Identifier: GPL-2.0-or-later
"""configs/host/vmlinux takes the ELF out of a bzImage, or says why not."""

import gzip
import lzma
import os
import resource
import struct
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
TOOL = os.path.join(TOP, "configs/host/vmlinux")
ELF = b"\x7fELF" + bytes(range(256)) * 64


def pipe(*argv):
    return lambda data: subprocess.run(argv, input=data, check=True,
                                       stdout=subprocess.PIPE).stdout


SIZE = struct.pack("<I", len(ELF))
PACKERS = {  # gzip ends in the size by itself
    "gzip": gzip.compress,
    "xz": lambda d: lzma.compress(d) + SIZE,
    "zstd": lambda d: pipe("zstd", "-qc")(d) + SIZE,
    "lz4": lambda d: pipe("lz4", "-qlc")(d) + SIZE,
}


def bzimage(payload, version=0x20f):
    """The least that has a setup header and this payload."""
    head = bytearray(3 * 512)
    head[0x1f1] = 1
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, version)
    struct.pack_into("<II", head, 0x248, 512, len(payload))
    return bytes(head) + payload


def run(tmp_path, image):
    (tmp_path / "in").write_bytes(image)
    result = subprocess.run([TOOL, tmp_path / "in", tmp_path / "out"],
                            stderr=subprocess.PIPE, text=True, check=False)
    return result.returncode, result.stderr


@pytest.mark.parametrize("name", PACKERS)
def test_elf_comes_out_of_each_compression(tmp_path, name):
    assert run(tmp_path, bzimage(PACKERS[name](ELF))) == (0, "")
    assert (tmp_path / "out").read_bytes() == ELF


BAD = {
    "not a bzImage": b"\0" * 4096,
    "empty": b"",
    "older than 2.08": bzimage(gzip.compress(ELF), 0x207),
    "truncated": bzimage(gzip.compress(ELF))[:-100],
    "unknown compression": bzimage(b"BZh9" + ELF),
    "damaged": bzimage(gzip.compress(b"no ELF" * 100)),
}


@pytest.mark.parametrize("why", BAD)
def test_bad_image_is_one_line_and_no_file(tmp_path, why):
    status, error = run(tmp_path, BAD[why])
    assert status == 1
    assert len(error.splitlines()) == 1
    assert why in error or why == "empty"
    assert not (tmp_path / "out").exists()


def test_a_full_disk_is_one_line_and_no_file(tmp_path):
    (tmp_path / "in").write_bytes(bzimage(gzip.compress(ELF)))
    limit = len(ELF) // 2
    result = subprocess.run(
        [TOOL, tmp_path / "in", tmp_path / "out"], stderr=subprocess.PIPE,
        text=True, check=False, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (limit, limit)))
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert f"{tmp_path}/out" in result.stderr
    assert os.listdir(tmp_path) == ["in"]
