/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls of the journal, as the system has them. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <store/sys.h>

int sys_open(const char *path, int flags, mode_t mode)
{
    return open(path, flags, mode);
}

int sys_close(int fd) { return close(fd); }

ssize_t sys_pwritev(int fd, const struct iovec *iov, int nr, off_t at)
{
    return pwritev(fd, iov, nr, at);
}

ssize_t sys_pwrite(int fd, const void *data, size_t len, off_t at)
{
    return pwrite(fd, data, len, at);
}

int sys_ftruncate(int fd, off_t len) { return ftruncate(fd, len); }

int sys_fsync(int fd) { return fsync(fd); }

int sys_flock(int fd, int how) { return flock(fd, how); }

int sys_rename(const char *from, const char *to) { return rename(from, to); }

int sys_link(const char *from, const char *to) { return link(from, to); }

int sys_unlink(const char *path) { return unlink(path); }

void *sys_map_file(int fd, size_t len)
{
    return mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0);
}
