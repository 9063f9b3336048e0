/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Carry standard input and output over TCP, for tests of migration in dom0:
 *
 *   carry ADDRESS PORT
 *
 * busybox' nc does the same a thousand bytes at a time, which an emulated
 * machine takes minutes for.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static char buf[65536];

static void carry(int from, int to)
{
    ssize_t n;

    while ((n = read(from, buf, sizeof(buf))) > 0)
        for (ssize_t at = 0, done; at < n; at += done) {
            done = write(to, buf + at, n - at);
            if (done <= 0)
                return;
        }
}

int main(int argc, char **argv)
{
    struct sockaddr_in addr = { .sin_family = AF_INET };
    int sock = socket(AF_INET, SOCK_STREAM, 0);

    if (argc != 3 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1)
        return 2;
    addr.sin_port = htons(strtoul(argv[2], NULL, 10));
    if (connect(sock, (struct sockaddr *)&addr, sizeof(addr))) {
        perror("carry");
        return 1;
    }
    /* The other host's end is the end; ours is told to it. */
    if (fork() == 0) {
        close(STDOUT_FILENO);
        carry(STDIN_FILENO, sock);
        shutdown(sock, SHUT_WR);
        return 0;
    }
    close(STDIN_FILENO);
    carry(sock, STDOUT_FILENO);
    return 0;
}
