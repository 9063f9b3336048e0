/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * peld: carries guests' consoles and acts on guests that shut down.  It keeps
 * nothing that the hypervisor and the store do not know, so it may be killed
 * and started again at any time.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <syslog.h>
#include <unistd.h>

#include <pel/ctx.h>

#include "consoles.h"
#include "guests.h"
#include "loop.h"
#include "reap.h"

#define PID_FILE "/run/peld.pid"
#define FINISH_MS 20000 /* for work on guests when told to stop */

struct options {
    bool foreground, no_consoles, to_syslog;
    const char *pid_file;
    const char *reap, *restart; /* what a process of peld's own is to do */
};

struct daemon {
    struct pel_ctx ctx;
    struct loop loop;
    struct consoles consoles;
    struct reaper reaper;
    struct guests guests;
    struct source signals;
    bool has_consoles;
};

static void log_syslog(enum pel_log_level level, const char *line, void *arg)
{
    static const int priority[] = {
        [PEL_LOG_WARN] = LOG_WARNING,
        [PEL_LOG_INFO] = LOG_INFO,
        [PEL_LOG_DEBUG] = LOG_DEBUG,
    };

    (void)arg;
    syslog(priority[level], "%s", line);
}

static void report_to_syslog(struct pel_ctx *ctx)
{
    openlog("peld", LOG_PID, LOG_DAEMON);
    ctx->log_fn = log_syslog;
}

static int usage(FILE *to, int status)
{
    fprintf(to, "usage: peld [--foreground] [--no-consoles] "
                "[--pid-file FILE]\n"
                "  --foreground      stay, and report to standard error\n"
                "  --no-consoles     leave consoles to another daemon\n"
                "  --pid-file FILE   default " PID_FILE "\n"
                "  --help            this text\n");

    return status;
}

static int parse_options(int argc, char **argv, struct options *o)
{
    static const struct option longopts[] = {
        { "foreground", no_argument, NULL, 'f' },
        { "no-consoles", no_argument, NULL, 'n' },
        { "pid-file", required_argument, NULL, 'p' },
        { "reap", required_argument, NULL, 'r' },
        { "restart", required_argument, NULL, 'R' },
        { "syslog", no_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int c;

    *o = (struct options){ .pid_file = PID_FILE };
    while ((c = getopt_long(argc, argv, "", longopts, NULL)) != -1) {
        if (c == 'f')
            o->foreground = true;
        else if (c == 'n')
            o->no_consoles = true;
        else if (c == 'p')
            o->pid_file = optarg;
        else if (c == 'r')
            o->reap = optarg;
        else if (c == 'R')
            o->restart = optarg;
        else if (c == 's')
            o->to_syslog = true;
        else
            return c == 'h' ? 'h' : -1;
    }

    return optind == argc ? 0 : -1;
}

/*
 * A piece of work on one guest.  It ends with its parent, whose successor
 * would otherwise do the same work beside it.
 */
static int run_worker(const struct options *o)
{
    pid_t parent = getppid();
    struct pel_ctx ctx;
    unsigned long domid;
    char *end;
    int rc;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        return 1;
    reaper_be_worker();
    pel_ctx_init(&ctx);
    ctx.log_level = PEL_LOG_INFO;
    if (o->to_syslog)
        report_to_syslog(&ctx);
    if (o->reap) {
        domid = strtoul(o->reap, &end, 10);
        if (!domid || *end || domid > UINT16_MAX)
            return usage(stderr, 2);
        rc = reap_domain(&ctx, (uint32_t)domid);
    } else {
        rc = reap_restart(&ctx, o->restart);
    }
    if (rc)
        pel_log(&ctx, PEL_LOG_WARN, "%s", pel_error_message(&ctx));
    pel_ctx_close(&ctx);

    return rc ? 1 : 0;
}

/* The lock, not the file's presence, says that a peld runs. */
static int lock_pid_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

    if (fd < 0) {
        fprintf(stderr, "peld: cannot open %s: %s\n", path, strerror(errno));
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB)) {
        fprintf(stderr, "peld: another one is running: %s is locked\n", path);
        close(fd);
        return -1;
    }

    return fd;
}

static void write_pid(int fd)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "%d\n", getpid());

    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
        fprintf(stderr, "peld: cannot write the pid file\n");
}

/*
 * Leaves the caller's terminal.  The first process stays until the daemon
 * says through @ready that it works, and tells it with its exit status.
 */
static int background(int *ready)
{
    int fds[2];
    char byte;
    pid_t pid;

    if (pipe2(fds, O_CLOEXEC))
        return -1;
    pid = fork();
    if (pid < 0)
        return -1;
    if (pid > 0) {
        close(fds[1]);
        _exit(read(fds[0], &byte, 1) == 1 ? 0 : 1);
    }
    close(fds[0]);
    *ready = fds[1];

    return setsid() < 0 || chdir("/") ? -1 : 0;
}

static void detach_output(void)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int i = 0; i <= 2 && fd >= 0; i++)
        dup2(fd, i);
    if (fd > 2)
        close(fd);
}

static void signal_ready(void *arg, uint32_t events)
{
    struct daemon *d = arg;
    struct signalfd_siginfo si;

    (void)events;
    if (read(d->signals.fd, &si, sizeof(si)) != sizeof(si))
        return;
    if (si.ssi_signo == SIGCHLD) {
        if (reaper_collect(&d->reaper))
            guests_scan(&d->guests);
    } else if (si.ssi_signo == SIGHUP) {
        if (d->has_consoles)
            consoles_reopen_logs(&d->consoles);
    } else {
        d->loop.stop = true;
    }
}

static int watch_signals(struct daemon *d)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    /* Threads of libraries inherit the mask: signals come here alone. */
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    d->signals = (struct source){
        .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
        .events = EPOLLIN,
        .ready = signal_ready,
        .arg = d,
    };
    if (d->signals.fd < 0 || loop_add(&d->loop, &d->signals))
        return pel_fail_sys(&d->ctx, PEL_EIO, "cannot take signals");

    return 0;
}

static int start(struct daemon *d, const struct options *o)
{
    int rc;

    rc = loop_init(&d->loop);
    if (rc) {
        errno = -rc;
        return pel_fail_sys(&d->ctx, PEL_EIO, "cannot make an event loop");
    }
    rc = watch_signals(d);
    if (!rc && !o->no_consoles) {
        rc = consoles_init(&d->consoles, &d->ctx, &d->loop);
        d->has_consoles = !rc;
    }
    if (rc)
        return rc;
    d->reaper = (struct reaper){ .ctx = &d->ctx, .to_syslog = !o->foreground };
    d->guests = (struct guests){
        .ctx = &d->ctx,
        .loop = &d->loop,
        .consoles = d->has_consoles ? &d->consoles : NULL,
        .reaper = &d->reaper,
    };

    return guests_init(&d->guests);
}

static int run_daemon(const struct options *o, int pid_fd, int ready)
{
    static struct daemon d;
    int rc;

    pel_ctx_init(&d.ctx);
    d.ctx.log_level = PEL_LOG_INFO;
    rc = start(&d, o);
    if (rc) {
        fprintf(stderr, "peld: %s\n", pel_error_message(&d.ctx));
        return 1;
    }
    write_pid(pid_fd);
    if (ready >= 0) {
        report_to_syslog(&d.ctx);
        detach_output();
        rc = write(ready, "", 1) == 1 ? 0 : -EPIPE;
        close(ready);
    }
    if (!rc)
        rc = loop_run(&d.loop);
    reaper_finish(&d.reaper, FINISH_MS);

    if (d.has_consoles)
        consoles_close(&d.consoles);
    guests_close(&d.guests);
    pel_ctx_close(&d.ctx);
    unlink(o->pid_file);

    return rc ? 1 : 0;
}

int main(int argc, char **argv)
{
    struct options o;
    int ready = -1;
    int rc, pid_fd;

    rc = parse_options(argc, argv, &o);
    if (rc)
        return rc == 'h' ? usage(stdout, 0) : usage(stderr, 2);
    if (o.reap || o.restart)
        return run_worker(&o);

    pid_fd = lock_pid_file(o.pid_file);
    if (pid_fd < 0)
        return 1;
    if (!o.foreground && background(&ready)) {
        fprintf(stderr, "peld: cannot leave for the background: %s\n",
                strerror(errno));
        return 1;
    }

    return run_daemon(&o, pid_fd, ready);
}
