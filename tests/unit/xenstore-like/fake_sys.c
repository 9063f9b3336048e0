/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls of the journal, each of which can be made to fail. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <store/sys.h>

#include "fake_sys.h"

unsigned long sys_fail_at, sys_calls;
int sys_fail_errno = EIO;
long sys_room = -1;
int sys_fds;

static int fails(void)
{
    if (++sys_calls != sys_fail_at)
        return 0;
    errno = sys_fail_errno;
    return 1;
}

int sys_open(const char *path, int flags, mode_t mode)
{
    int fd = fails() ? -1 : open(path, flags, mode);

    sys_fds += fd >= 0;
    return fd;
}

int sys_close(int fd)
{
    sys_fds--;
    return close(fd);
}

ssize_t sys_pwritev(int fd, const struct iovec *iov, int nr, off_t at)
{
    ssize_t all = 0, put, done = 0;

    if (fails())
        return -1;
    for (int i = 0; i < nr; i++)
        all += iov[i].iov_len;
    if (sys_room < 0 || all <= sys_room) {
        sys_room -= sys_room < 0 ? 0 : all;
        return pwritev(fd, iov, nr, at);
    }
    /* The disk is full half-way. */
    for (int i = 0; i < nr && sys_room > 0; i++) {
        put = (ssize_t)iov[i].iov_len < sys_room ? (ssize_t)iov[i].iov_len
                                                 : sys_room;
        put = pwrite(fd, iov[i].iov_base, put, at + done);
        done += put;
        sys_room -= put;
    }
    errno = ENOSPC;
    return done ? done : -1;
}

ssize_t sys_pwrite(int fd, const void *data, size_t len, off_t at)
{
    return fails() ? -1 : pwrite(fd, data, len, at);
}

int sys_ftruncate(int fd, off_t len)
{
    return fails() ? -1 : ftruncate(fd, len);
}

int sys_fsync(int fd) { return fails() ? -1 : fsync(fd); }

int sys_flock(int fd, int how) { return fails() ? -1 : flock(fd, how); }

int sys_rename(const char *from, const char *to)
{
    return fails() ? -1 : rename(from, to);
}

int sys_link(const char *from, const char *to)
{
    return fails() ? -1 : link(from, to);
}

int sys_unlink(const char *path) { return unlink(path); }

void *sys_map_file(int fd, size_t len)
{
    return fails() ? MAP_FAILED
                   : mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
}
