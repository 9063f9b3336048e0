# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest does that writes to its disk all the while.

It keeps in memory what it has written, so that it can tell by itself whether
disk and memory are of the same instant.
"""

# The first 16 MiB of the disk, and the same in memory.
FILL = ("head -c 16777216 /dev/urandom >/tmp/copy; "
        "dd if=/tmp/copy of=/dev/xvda bs=64k 2>/dev/null; sync")
# 16 KiB at a time, wherever it comes, into the disk and into memory.
START = """\
touch /tmp/go; \
(while [ -e /tmp/go ]; do head -c 16384 /dev/urandom >/tmp/piece; \
at=$(($(od -An -N2 -tu2 /dev/urandom) % 1024)); \
dd if=/tmp/piece of=/dev/xvda bs=16k seek=$at conv=notrunc,fsync 2>/dev/null; \
dd if=/tmp/piece of=/tmp/copy bs=16k seek=$at conv=notrunc 2>/dev/null; \
echo $at >>/tmp/written; done; touch /tmp/ended) & true"""
SUM = "head -c 16777216 /dev/xvda | sha256sum"
# Ends it; says how many writes there were, or fails.
STOP = ("rm /tmp/go; until [ -e /tmp/ended ]; do usleep 100000; done; "
        "rm /tmp/ended; sync; echo 3 >/proc/sys/vm/drop_caches; "
        f"{SUM} >/tmp/sum; sha256sum </tmp/copy | cmp - /tmp/sum && "
        "wc -l </tmp/written")
