/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pelstored: the store of a Xen-compatible host. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <store/handover.h>
#include <store/journal.h>
#include <store/log.h>
#include <store/replay.h>

#include "access.h"
#include "confine.h"
#include "conn_socket.h"
#include "daemonise.h"
#include "log.h"
#include "mem.h"
#include "nohost.h"
#include "notify.h"
#include "options.h"
#include "update.h"
#include "xen.h"

#define RUN_DIR "/run/xenstored"
#define JOURNAL_DIR "/run/pellicle"
#define FILES_MAX 65536 /* descriptors, if the system allows */

struct daemon {
    struct options opt;
    struct loop loop;
    struct server *srv;
    struct xen xen;
    struct listener listener;
    struct source signals;
    int pid_file; /* locked */
    struct journal journal;
    struct access_log access;
    char boot_id[64];
    struct handed handed; /* by the last program, */
    struct replay replay; /* and its clients */
};

static void signal_event(struct source *src)
{
    struct daemon *d = list_entry(src, struct daemon, signals);

    d->loop.stop = true;
}

static int signals_open(struct daemon *d)
{
    sigset_t mask;

    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    d->signals.fd = signalfd(-1, &mask, SFD_CLOEXEC);
    if (d->signals.fd < 0)
        return -errno;
    d->signals.events = EPOLLIN;
    d->signals.fn = signal_event;
    return loop_add(&d->loop, &d->signals);
}

static void files_raise(void)
{
    struct rlimit lim;

    if (getrlimit(RLIMIT_NOFILE, &lim))
        return;
    lim.rlim_cur = lim.rlim_max < FILES_MAX ? lim.rlim_max : FILES_MAX;
    setrlimit(RLIMIT_NOFILE, &lim);
}

/* All had a turn: what they did is kept, and then they may know. */
static int round_done(void *arg)
{
    struct daemon *d = arg;
    int wait_ms = d->srv->records ? journal_round(&d->journal) : -1;
    int update_ms;

    access_round(&d->access);
    loop_settle(&d->loop, &d->srv->dirty);
    mem_trim();
    update_ms = update_round(d->srv, &d->opt, &d->listener, d->pid_file);
    if (update_ms < 0 || (wait_ms >= 0 && wait_ms < update_ms))
        return wait_ms;
    return update_ms;
}

/* Domains of another boot are others, even if their numbers are the same. */
static const char *boot_id(struct daemon *d)
{
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t len;

    if (fd < 0)
        return "";
    len = read(fd, d->boot_id, sizeof(d->boot_id) - 1);
    close(fd);
    d->boot_id[len > 0 ? len : 0] = '\0';
    d->boot_id[strcspn(d->boot_id, "\n")] = '\0';
    return d->boot_id;
}

static void tell_found(const char *path, const struct journal_found *f)
{
    if (f->foreign)
        log_line("journal %s: of another boot, ignored", path);
    else if (f->any)
        log_line("journal %s: recovered %llu frames, %u domains", path,
                 (unsigned long long)f->frames, f->domains);
    if (f->damaged)
        log_line("journal %s: %llu damaged bytes passed over", path,
                 (unsigned long long)f->damaged);
    if (f->tail && !f->any)
        log_line("journal %s: nothing in it can be read", path);
    else if (f->tail)
        log_line("journal %s: %llu bytes cut off at its end", path,
                 (unsigned long long)f->tail);
    if (f->kept)
        log_line("journal %s: as it was found: %s" JOURNAL_DAMAGED, path, path);
    if (f->lacking)
        log_line("journal %s: the last changes had found no room", path);
}

/* Keep a journal; recover what the last one has, if nothing was handed over. */
static int recover(struct daemon *d)
{
    struct journal_found found = { 0 };
    int err;

    if (!d->opt.journal)
        return 0;
    mkdir(JOURNAL_DIR, 0755); /* if it is missing, the next line says so */
    err = journal_open(&d->journal, d->srv, d->opt.journal,
                       d->opt.domains ? boot_id(d) : NULL,
                       d->opt.handed ? NULL : &found);
    tell_found(d->opt.journal, &found);
    if (err)
        log_line("journal %s: %s", d->opt.journal,
                 err == -EBUSY ? "in use" : strerror(-err));
    return err;
}

/* Take what the last program handed over, but leave its clients for later. */
static int take_over(struct daemon *d)
{
    int err;

    d->replay.srv = d->srv;
    err = handover_read(&d->replay, d->handed.state);
    close(d->handed.state);
    if (err)
        log_line("live update: cannot take over: %s", strerror(-err));
    return err;
}

/* Serve the clients of the last program. */
static int clients_take(struct daemon *d)
{
    int err = listener_take(&d->listener, &d->loop, d->srv, d->handed.listener);

    for (unsigned int fd = 0; !err && fd < d->replay.nr_fds; fd++) {
        if (d->replay.by_fd[fd])
            socket_take(&d->listener, d->replay.by_fd[fd]);
    }
    replay_done(&d->replay);
    return err;
}

static int listen_anew(struct daemon *d)
{
    mkdir(RUN_DIR, 0755); /* if it is missing, bind() says so */
    return listener_open(&d->listener, &d->loop, d->srv, d->opt.socket);
}

/* The loop and its signals: 0, or a negative errno after a message. */
static int loop_start(struct daemon *d)
{
    int err = loop_init(&d->loop);

    if (!err)
        err = signals_open(d);
    if (err)
        log_line("cannot wait for events: %s", strerror(-err));
    d->loop.round_done = round_done;
    d->loop.arg = d;
    return err;
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Figures and the access log: 0, or a negative errno after a message. */
static int watch_itself(struct daemon *d)
{
    int err;

    d->srv->stats.now_ns = now_ns;
    if (!d->opt.access)
        return 0;
    err = access_open(&d->access, d->opt.access, d->srv);
    if (err)
        log_line("%s: %s", d->opt.access, strerror(-err));
    return err;
}

/* The store, as it was: 0, or a negative errno after a message. */
static int store_start(struct daemon *d)
{
    int err = 0;

    d->srv = d->opt.domains ? server_new(&xen_host, &d->xen)
                            : server_new(&no_host, &d->loop);
    if (!d->srv) {
        log_line("not enough memory");
        return -ENOMEM;
    }
    d->loop.srv = d->srv;
    if (d->opt.handed)
        err = take_over(d);
    if (!err)
        err = recover(d);
    if (!err)
        err = watch_itself(d);
    if (err)
        return err;
    if (d->opt.domains)
        return xen_open(&d->xen, &d->loop, d->srv);
    replay_drop_all(d->srv);
    return 0;
}

/* Be the only one: 0, or a negative errno. */
static int single(struct daemon *d)
{
    int err = d->opt.handed ? handed_parse(d->opt.handed, &d->handed) : 0;

    if (err)
        return err;
    d->pid_file =
        d->opt.handed ? d->handed.pid_file : pidfile_lock(d->opt.pid_file);
    return d->pid_file < 0 ? d->pid_file : 0;
}

/* Take up service: 0, or a negative errno after a message. */
static int start(struct daemon *d)
{
    int err;

    err = single(d);
    if (err < 0) {
        log_line("%s: %s", d->opt.pid_file,
                 err == -EBUSY ? "another pelstored is running"
                               : strerror(-err));
        return err;
    }
    err = loop_start(d);
    if (!err)
        err = store_start(d);
    if (err)
        return err;
    err = d->opt.handed ? clients_take(d) : listen_anew(d);
    if (err)
        log_line("%s: %s", d->opt.socket, strerror(-err));
    return err;
}

static void stop(struct daemon *d)
{
    journal_close(&d->journal); /* what goes now is not to be recorded */
    unlink(d->opt.socket);
    sockets_close(d->srv);
    listener_close(&d->listener);
    if (d->opt.domains)
        xen_close(&d->xen);
    server_free(d->srv);
    access_close(&d->access);
    close(d->signals.fd);
    loop_fini(&d->loop);
    unlink(d->opt.pid_file);
}

int main(int argc, char **argv)
{
    static struct daemon d;
    int ready = -1, err;

    options_parse(&d.opt, argc, argv);
    prctl(PR_SET_NAME, "pelstored"); /* it may have come as /proc/self/exe */
    files_raise();
    if (d.opt.handed && !d.opt.foreground)
        log_to_syslog(); /* in the background already */
    else if (!d.opt.foreground) {
        ready = daemonise();
        if (ready < 0) {
            log_line("cannot go to the background: %s", strerror(-ready));
            return EXIT_FAILURE;
        }
    }
    if (start(&d))
        return EXIT_FAILURE;
    if (confine(&d.opt)) {
        stop(&d);
        return EXIT_FAILURE;
    }
    if (ready >= 0) {
        log_to_syslog();
        daemon_ready(ready);
    }

    notify_manager("READY=1\n");

    err = loop_run(&d.loop);
    if (err)
        log_line("cannot wait for events: %s", strerror(-err));
    stop(&d);
    return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
