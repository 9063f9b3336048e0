/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The system calls of the journal: tests link others, which fail on demand. */
#ifndef STORE_SYS_H
#define STORE_SYS_H

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Each is the system call of its name, with what this program needs; -1 with
 * errno set when it fails. */
int sys_open(const char *path, int flags, mode_t mode);
int sys_close(int fd);
ssize_t sys_pwritev(int fd, const struct iovec *iov, int nr, off_t at);
ssize_t sys_pwrite(int fd, const void *data, size_t len, off_t at);
int sys_ftruncate(int fd, off_t len);
int sys_fsync(int fd);
int sys_flock(int fd, int how);
int sys_rename(const char *from, const char *to);
int sys_link(const char *from, const char *to);
int sys_unlink(const char *path);
void *sys_map_file(int fd, size_t len);

#endif
