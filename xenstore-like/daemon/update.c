/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Another program takes this one's place, with its state and descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <store/handover.h>
#include <store/log.h>

#include "update.h"

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void keep_at_exec(int fd, bool keep)
{
    fcntl(fd, F_SETFD, keep ? 0 : FD_CLOEXEC);
}

/* Sockets that clients hold open go to the next program, or stay ours. */
static void sockets_hand(struct server *srv, bool hand)
{
    struct list *pos, *next;
    struct conn *c;
    int fd;

    for (LIST_EACH(pos, next, &srv->conns)) {
        c = list_entry(pos, struct conn, link);
        fd = socket_fd(c);
        if (fd < 0)
            continue;
        c->handed_fd = hand ? fd : 0;
        keep_at_exec(fd, hand);
    }
}

/* The words of @line, as a command line for @program. */
static char **split(char *program, char *line, char *handed)
{
    char **argv = calloc(strlen(line) / 2 + 5, sizeof(*argv)), *save;
    int nr = 0;

    if (!argv)
        return NULL;
    argv[nr++] = program;
    for (char *word = strtok_r(line, " ", &save); word;
         word = strtok_r(NULL, " ", &save))
        argv[nr++] = word;
    argv[nr++] = "--live-update";
    argv[nr++] = handed;
    return argv;
}

/* The descriptors stay open for the other program, or are ours alone. */
static void hand(const struct handed *h, bool keep)
{
    keep_at_exec(h->state, keep);
    keep_at_exec(h->listener, keep);
    keep_at_exec(h->pid_file, keep);
}

/* Become the other program.  Returns only a negative errno. */
static int become(struct server *srv, const struct options *opt,
                  const struct handed *h)
{
    char self[] = "/proc/self/exe", handed[32], **argv;
    char *program = srv->update.program ? srv->update.program : self;
    char *words = srv->update.arguments ? strdup(srv->update.arguments) : NULL;
    int err;

    snprintf(handed, sizeof(handed), "%d,%d,%d", h->state, h->listener,
             h->pid_file);
    argv = words ? split(program, words, handed)
                 : options_argv(opt, program, handed);
    if (!argv) {
        free(words);
        return -ENOMEM;
    }
    hand(h, true);
    execv(program, argv);
    err = -errno;
    hand(h, false);
    free(argv);
    free(words);
    return err;
}

static void perform(struct server *srv, const struct options *opt,
                    struct listener *l, int pid_file)
{
    int state = memfd_create("pelstored-state", MFD_CLOEXEC), err;
    const struct handed h = { state, l->src.fd, pid_file };
    unsigned int answer = update_answer(srv, "OK");

    err = state < 0 ? -errno : 0;
    if (opt->user && opt->domains)
        err = -EPERM; /* the next program could not open the devices */
    sockets_hand(srv, true);
    if (!err)
        err = handover_write(srv, state);
    if (!err) {
        log_line("live update: %s takes over",
                 srv->update.program ? srv->update.program : "this program");
        err = become(srv, opt, &h);
    }

    /* It failed: all goes on as it was. */
    if (state >= 0)
        close(state);
    sockets_hand(srv, false);
    log_line("live update: %s", strerror(-err));
    update_take_back(srv, answer);
    update_answer(srv, strerror(-err));
    update_end(srv);
}

int update_round(struct server *srv, const struct options *opt,
                 struct listener *l, int pid_file)
{
    struct update *u = &srv->update;
    int64_t now = u->pending ? now_ms() : 0;
    unsigned int open;

    if (!u->pending)
        return -1;
    if (!list_empty(&srv->dirty) ||
        (srv->records && buf_len(&srv->records->batch)))
        return 0; /* another round settles that */
    open = update_open(srv);
    if (!u->deadline)
        u->deadline = now + (int64_t)u->patience_s * 1000;
    if (open && now < u->deadline)
        return u->deadline - now < 1000 ? u->deadline - now : 1000;
    if (!open || u->force) {
        perform(srv, opt, l, pid_file);
    } else {
        update_answer(srv, "BUSY");
        update_end(srv);
    }
    return 0;
}

int handed_parse(const char *text, struct handed *h)
{
    char end;

    if (sscanf(text, "%d,%d,%d%c", &h->state, &h->listener, &h->pid_file,
               &end) != 3 ||
        h->state < 3 || h->listener < 3 || h->pid_file < 3)
        return -EINVAL;
    hand(h, false);
    return 0;
}
