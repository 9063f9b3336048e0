/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going to the background, and being the only one there. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemonise.h"

/* In the first process: the child's end of the pipe tells how it went. */
static void wait_ready(int fd)
{
    char byte;
    ssize_t got;

    do {
        got = read(fd, &byte, 1);
    } while (got < 0 && errno == EINTR);
    _exit(got == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
}

int daemonise(void)
{
    int fds[2];
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC))
        return -errno;
    pid = fork();
    if (pid < 0)
        return -errno;
    if (pid > 0) {
        close(fds[1]);
        wait_ready(fds[0]);
    }
    close(fds[0]);
    setsid();
    return fds[1];
}

void daemon_ready(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (chdir("/"))
        return; /* cannot happen; the first process sees it fail */
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        close(null);
    }
    if (write(fd, "", 1) == 1)
        close(fd);
}

int pidfile_lock(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    char text[16];
    int len;

    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        len = errno == EWOULDBLOCK ? -EBUSY : -errno;
        close(fd);
        return len;
    }
    len = snprintf(text, sizeof(text), "%d\n", getpid());
    if (ftruncate(fd, 0) || write(fd, text, len) != len) {
        close(fd);
        return -EIO;
    }
    return fd;
}
