/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a host does not answer, for tests of migration in dom0:
 *
 *   silence ADDRESS [MILLISECONDS]
 *
 * Sends an echo request each 10 (or so many) milliseconds.  When SIGTERM ends
 * it, it prints the longest time between two answers.
 */
#include <arpa/inet.h>
#include <netinet/ip_icmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int sig)
{
    (void)sig;
    ended = 1;
}

static uint64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

/* The sum of a header without data. */
static uint16_t sum(const struct icmphdr *h)
{
    const uint16_t *p = (const uint16_t *)h;
    uint32_t n = 0;

    for (size_t i = 0; i < sizeof(*h) / 2; i++)
        n += p[i];
    n = (n >> 16) + (n & 0xffff);
    return ~(n + (n >> 16));
}

static void ask(int sock, uint16_t number)
{
    struct icmphdr h = { .type = ICMP_ECHO };

    h.un.echo.id = htons(getpid() & 0xffff);
    h.un.echo.sequence = htons(number);
    h.checksum = sum(&h);
    if (send(sock, &h, sizeof(h), 0) < 0)
        return; /* an answer that will not come */
}

/* Takes what has come until a moment; how many answers of ours there were. */
static unsigned int listen_until(int sock, uint64_t end_us, uint64_t *last,
                                 uint64_t *longest)
{
    unsigned int nr = 0;
    uint64_t now;

    while (!ended && (now = now_us()) < end_us) {
        struct timeval left = { .tv_usec = end_us - now };
        struct {
            struct iphdr ip;
            struct icmphdr icmp;
        } answer;

        setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &left, sizeof(left));
        if (recv(sock, &answer, sizeof(answer), 0) < (ssize_t)sizeof(answer) ||
            answer.icmp.type != ICMP_ECHOREPLY ||
            answer.icmp.un.echo.id != htons(getpid() & 0xffff))
            continue;
        now = now_us();
        if (*last && now - *last > *longest)
            *longest = now - *last;
        *last = now;
        nr++;
    }
    return nr;
}

int main(int argc, char **argv)
{
    struct sockaddr_in addr = { .sin_family = AF_INET };
    unsigned int step = argc > 2 ? strtoul(argv[2], NULL, 10) : 10;
    uint64_t last = 0, longest = 0, next = now_us();
    struct sigaction act = { .sa_handler = end };
    unsigned int asked = 0, answered = 0;
    int sock = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

    if (argc < 2 || inet_pton(AF_INET, argv[1], &addr.sin_addr) != 1 || !step)
        return 2;
    if (sock < 0 || connect(sock, (struct sockaddr *)&addr, sizeof(addr))) {
        perror("silence");
        return 1;
    }
    sigaction(SIGTERM, &act, NULL);
    while (!ended) {
        ask(sock, asked++);
        next += step * 1000;
        if (next < now_us())
            next = now_us() + step * 1000;
        answered += listen_until(sock, next, &last, &longest);
    }
    printf("%u asked, %u answered, longest silence %llu ms\n", asked, answered,
           (unsigned long long)longest / 1000);
    return 0;
}
