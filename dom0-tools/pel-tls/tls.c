/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TLS between two hosts, and the bytes that pass through it. */
#include <errno.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "tls.h"

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define HANDSHAKE_MS 30000
#define DEAD_MS 60000 /* until a silent network counts as a lost one */
#define BUFFER 16384
#define PLACE_MAX 256
#define SERVED_MAX 64 /* connections at a time */

/* ---- who we are ------------------------------------------------------------
 */

static int no_tls(struct pel_ctx *ctx, const char *what, int err)
{
    return pel_fail(ctx, PEL_EIO, "%s: %s", what, gnutls_strerror(err));
}

static int load(struct pel_ctx *ctx, const char *dir,
                gnutls_certificate_credentials_t *cred)
{
    char ca[PLACE_MAX], cert[PLACE_MAX], key[PLACE_MAX];
    int err;

    snprintf(ca, sizeof(ca), "%s/ca.pem", dir);
    snprintf(cert, sizeof(cert), "%s/cert.pem", dir);
    snprintf(key, sizeof(key), "%s/key.pem", dir);
    if (gnutls_certificate_allocate_credentials(cred))
        return pel_fail_oom(ctx);
    err =
        gnutls_certificate_set_x509_trust_file(*cred, ca, GNUTLS_X509_FMT_PEM);
    if (err <= 0)
        return pel_fail(ctx, PEL_EIO, "cannot read the certificate in %s", ca);
    err = gnutls_certificate_set_x509_key_file(*cred, cert, key,
                                               GNUTLS_X509_FMT_PEM);
    if (err < 0)
        return pel_fail(ctx, PEL_EIO, "cannot use %s with %s: %s", cert, key,
                        gnutls_strerror(err));
    return 0;
}

/* @host: the name that the other side has to show; NULL: any of our CA's. */
static int shake_hands(struct pel_ctx *ctx, int fd, const char *host,
                       gnutls_certificate_credentials_t cred,
                       gnutls_session_t *out)
{
    gnutls_session_t s;
    gnutls_datum_t text;
    int err;

    if (gnutls_init(&s, host ? GNUTLS_CLIENT : GNUTLS_SERVER))
        return pel_fail_oom(ctx);
    gnutls_priority_set_direct(s, PRIORITY, NULL);
    gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, cred);
    gnutls_session_set_verify_cert(s, host, 0);
    if (!host)
        gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUIRE);
    gnutls_handshake_set_timeout(s, HANDSHAKE_MS);
    gnutls_transport_set_int(s, fd);
    do
        err = gnutls_handshake(s);
    while (err < 0 && !gnutls_error_is_fatal(err));
    if (!err) {
        *out = s;
        return 0;
    }
    if (err == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR &&
        !gnutls_certificate_verification_status_print(
            gnutls_session_get_verify_cert_status(s), GNUTLS_CRT_X509, &text,
            0)) {
        pel_fail(ctx, PEL_EIO, "the other host's certificate: %s", text.data);
        gnutls_free(text.data);
    }
    gnutls_deinit(s);
    return no_tls(ctx, "no TLS with the other host", err);
}

/* ---- carrying bytes
 * ---------------------------------------------------------- */

struct way {
    char buf[BUFFER];
    size_t at, end;
    bool closed; /* nothing comes any more */
};

struct pump {
    gnutls_session_t s;
    int sock, in, out;
    struct way there, back;
};

static bool again(ssize_t n)
{
    return n == GNUTLS_E_AGAIN || n == GNUTLS_E_INTERRUPTED ||
           n == GNUTLS_E_REHANDSHAKE;
}

/* Whoever has said the last word hears no more: the other side may be gone. */
static bool ended(const struct way *w) { return w->closed && w->at == w->end; }

/* One step in one direction each; false: the connection is lost. */
static bool step_there(struct pump *p)
{
    struct way *w = &p->there;
    ssize_t n;

    if (w->at == w->end && !w->closed) {
        n = read(p->in, w->buf, BUFFER);
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        w->at = 0;
        w->end = n;
        if (n == 0) {
            w->closed = true;
            gnutls_bye(p->s, GNUTLS_SHUT_WR);
        }
    }
    if (w->at == w->end)
        return true;
    n = gnutls_record_send(p->s, w->buf + w->at, w->end - w->at);
    if (n > 0)
        w->at += n;
    return n > 0 || again(n);
}

static bool step_back(struct pump *p)
{
    struct way *w = &p->back;
    ssize_t n;

    if (w->at == w->end && !w->closed) {
        n = gnutls_record_recv(p->s, w->buf, BUFFER);
        if (n < 0)
            return again(n);
        w->at = 0;
        w->end = n;
        w->closed = n == 0;
    }
    if (w->at == w->end)
        return true;
    n = write(p->out, w->buf + w->at, w->end - w->at);
    if (n > 0)
        w->at += n;
    return n > 0 || errno == EAGAIN || errno == EINTR;
}

static void wait_for_work(struct pump *p)
{
    bool send = p->there.at < p->there.end, give = p->back.at < p->back.end;
    struct pollfd fds[3] = {
        { .fd = send || p->there.closed ? -1 : p->in, .events = POLLIN },
        { .fd = p->sock,
          .events =
              (send ? POLLOUT : 0) | (give || p->back.closed ? 0 : POLLIN) },
        { .fd = give ? p->out : -1, .events = POLLOUT },
    };

    if (!give && gnutls_record_check_pending(p->s))
        return;
    poll(fds, 3, -1);
}

/* Until the other side has no more to say, or the connection is lost. */
static int carry(struct pel_ctx *ctx, gnutls_session_t s, int sock, int in,
                 int out)
{
    struct pump *p = calloc(1, sizeof(*p));
    bool ok = true;

    if (!p)
        return pel_fail_oom(ctx);
    p->s = s;
    p->sock = sock;
    p->in = in;
    p->out = out;
    fcntl(sock, F_SETFL, fcntl(sock, F_GETFL) | O_NONBLOCK);
    fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
    fcntl(out, F_SETFL, fcntl(out, F_GETFL) | O_NONBLOCK);
    while (ok && !ended(&p->back) && !ended(&p->there)) {
        wait_for_work(p);
        ok = step_there(p) && (ended(&p->there) || step_back(p));
    }
    free(p);
    return ok ? 0 : pel_fail(ctx, PEL_EIO, "the connection is lost");
}

/* ---- sockets
 * ------------------------------------------------------------------ */

/* Takes "HOST:PORT" or "[HOST]:PORT" apart, in @place; *@host may be "". */
static int split(struct pel_ctx *ctx, const char *where, char *place,
                 char **host, char **port)
{
    char *colon;

    snprintf(place, PLACE_MAX, "%s", where);
    colon = strrchr(place, ':');
    *host = place;
    *port = colon ? colon + 1 : place;
    if (!colon)
        *host = "";
    else
        *colon = '\0';
    if (**host == '[' && (*host)[strlen(*host) - 1] == ']') {
        (*host)[strlen(*host) - 1] = '\0';
        ++*host;
    }
    return **port ? 0 : pel_fail(ctx, PEL_EINVAL, "%s has no port", where);
}

static void tune(int fd)
{
    unsigned int ms = DEAD_MS;
    int on = 1, idle = 10;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &idle, sizeof(idle));
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

/* @use: connect() or bind(), tried with each address. */
static int open_socket(struct pel_ctx *ctx, const char *host, const char *port,
                       int (*use)(int, const struct sockaddr *, socklen_t),
                       int *out)
{
    struct addrinfo how = {
        .ai_socktype = SOCK_STREAM,
        .ai_flags = *host ? 0 : AI_PASSIVE,
    };
    struct addrinfo *list;
    int on = 1, err = getaddrinfo(*host ? host : NULL, port, &how, &list);

    if (err)
        return pel_fail(ctx, PEL_EIO, "cannot find %s:%s: %s", host, port,
                        gai_strerror(err));
    *out = -1;
    for (struct addrinfo *a = list; a && *out < 0; a = a->ai_next) {
        int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

        if (fd < 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (use(fd, a->ai_addr, a->ai_addrlen)) {
            err = errno;
            close(fd);
            errno = err;
            continue;
        }
        *out = fd;
    }
    freeaddrinfo(list);
    return *out >= 0
               ? 0
               : pel_fail_sys(ctx, PEL_EIO, "cannot use %s:%s", host, port);
}

int tls_connect(struct pel_ctx *ctx, const char *where, const char *dir)
{
    gnutls_certificate_credentials_t cred;
    char place[PLACE_MAX], *host, *port;
    gnutls_session_t s;
    int fd, rc = split(ctx, where, place, &host, &port);

    if (!rc && !*host)
        rc = pel_fail(ctx, PEL_EINVAL, "%s names no host", where);
    if (!rc)
        rc = load(ctx, dir, &cred);
    if (!rc)
        rc = open_socket(ctx, host, port, connect, &fd);
    if (rc)
        return rc;
    tune(fd);
    rc = shake_hands(ctx, fd, host, cred, &s);
    return rc ? rc : carry(ctx, s, fd, STDIN_FILENO, STDOUT_FILENO);
}

/* In a process of its own; @serve gets another. */
static int serve_one(struct pel_ctx *ctx, int fd,
                     gnutls_certificate_credentials_t cred, void (*serve)(void))
{
    gnutls_session_t s;
    int ends[2], rc;
    pid_t child;

    tune(fd);
    rc = shake_hands(ctx, fd, NULL, cred, &s);
    if (rc)
        return rc;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return pel_fail_sys(ctx, PEL_EIO, "cannot make a pipe");
    child = fork();
    if (child == 0) {
        close(ends[0]);
        close(fd);
        dup2(ends[1], STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        serve();
        _exit(EXIT_FAILURE);
    }
    close(ends[1]);
    if (child < 0)
        return pel_fail_sys(ctx, PEL_EIO, "cannot start another process");
    rc = carry(ctx, s, fd, ends[0], ends[0]);
    close(ends[0]);
    close(fd);
    waitpid(child, NULL, 0);
    return rc;
}

int tls_listen(struct pel_ctx *ctx, const char *where, const char *dir,
               void (*serve)(void))
{
    gnutls_certificate_credentials_t cred;
    char place[PLACE_MAX], *host, *port;
    int fd, sock, rc = split(ctx, where, place, &host, &port);

    if (!rc)
        rc = load(ctx, dir, &cred);
    if (!rc)
        rc = open_socket(ctx, host, port, bind, &sock);
    if (!rc && listen(sock, 8))
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot listen at %s", where);
    if (rc)
        return rc;
    signal(SIGCHLD, SIG_DFL);
    for (unsigned int nr = 0;;) {
        pid_t child;

        /* Anybody may connect; only so many at a time are listened to. */
        while (nr && waitpid(-1, NULL, nr < SERVED_MAX ? WNOHANG : 0) > 0)
            nr--;
        fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
                       errno == ENOBUFS)) {
            sleep(1); /* it passes */
            continue;
        }
        if (fd < 0)
            return pel_fail_sys(ctx, PEL_EIO, "cannot accept connections");
        child = fork();
        if (child == 0) {
            close(sock);
            if (serve_one(ctx, fd, cred, serve))
                fprintf(stderr, "pel-tls: %s\n", pel_error_message(ctx));
            _exit(0);
        }
        nr += child > 0;
        close(fd);
    }
}
