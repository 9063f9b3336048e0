/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. */
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"

#define SOCKET_PATH "/run/xenstored/socket"
#define PID_FILE "/run/pelstored.pid"
#define JOURNAL_PATH "/run/pellicle/store.journal"

static const char usage[] =
    "Usage: pelstored [OPTION]...\n"
    "Serve the store to programs, by a socket, and to kernels, by rings.\n"
    "\n"
    "  -f, --foreground     stay; messages go to stderr\n"
    "  -s, --socket PATH    listen there (" SOCKET_PATH ")\n"
    "  -p, --pid-file FILE  write the process id there (" PID_FILE ")\n"
    "  -j, --journal FILE   keep the state there (" JOURNAL_PATH ", or\n"
    "                       PATH.journal with another socket)\n"
    "  -J, --no-journal     keep it nowhere\n"
    "  -a, --access-log FILE  add a line for each request to it\n"
    "  -u, --user NAME      have that user's rights as soon as possible\n"
    "  -n, --no-domains     serve the socket alone; no hypervisor is needed\n"
    "  -h, --help           print this and exit\n";

static const struct option long_options[] = {
    { "foreground", no_argument, NULL, 'f' },
    { "socket", required_argument, NULL, 's' },
    { "pid-file", required_argument, NULL, 'p' },
    { "journal", required_argument, NULL, 'j' },
    { "no-journal", no_argument, NULL, 'J' },
    { "access-log", required_argument, NULL, 'a' },
    { "user", required_argument, NULL, 'u' },
    { "no-domains", no_argument, NULL, 'n' },
    { "help", no_argument, NULL, 'h' },
    { "live-update", required_argument, NULL, 'L' }, /* our own use */
    { 0 },
};

static void refuse(void)
{
    fputs(usage, stderr);
    exit(2);
}

static char *absolute(char *path)
{
    static const char deep[] = "pelstored: the working folder is too deep\n";
    char folder[PATH_MAX], *full;

    if (!path[0])
        refuse(); /* a script's variable was not set */
    if (path[0] == '/')
        return path;
    if (!getcwd(folder, sizeof(folder)) ||
        asprintf(&full, "%s/%s", folder, path) < 0) {
        fputs(deep, stderr);
        exit(1);
    }
    return full;
}

static char *journal_default(const char *socket)
{
    static char path[PATH_MAX] = JOURNAL_PATH;

    if (strcmp(socket, SOCKET_PATH))
        snprintf(path, sizeof(path), "%s.journal", socket);
    return path;
}

void options_parse(struct options *o, int argc, char **argv)
{
    static char socket[] = SOCKET_PATH, pid_file[] = PID_FILE;
    bool none = false;
    int c;

    *o = (struct options){ .socket = socket,
                           .pid_file = pid_file,
                           .domains = true };
    while ((c = getopt_long(argc, argv, "fs:p:j:Ja:u:nh", long_options,
                            NULL)) != -1) {
        if (c == 'f') {
            o->foreground = true;
        } else if (c == 's') {
            o->socket = optarg;
        } else if (c == 'p') {
            o->pid_file = absolute(optarg);
        } else if (c == 'j') {
            o->journal = absolute(optarg);
        } else if (c == 'J') {
            none = true;
        } else if (c == 'a') {
            o->access = absolute(optarg);
        } else if (c == 'u') {
            o->user = optarg;
        } else if (c == 'n') {
            o->domains = false;
        } else if (c == 'L') {
            o->handed = optarg;
        } else if (c == 'h') {
            fputs(usage, stdout);
            exit(EXIT_SUCCESS);
        } else {
            refuse();
        }
    }
    if (optind != argc)
        refuse();
    o->socket = absolute(o->socket);
    if (none)
        o->journal = NULL;
    else if (!o->journal)
        o->journal = journal_default(o->socket);
}

char **options_argv(const struct options *o, char *program, char *handed)
{
    char **argv = calloc(20, sizeof(*argv));
    int nr = 0;

    if (!argv)
        return NULL;
    argv[nr++] = program;
    argv[nr++] = "--socket";
    argv[nr++] = o->socket;
    argv[nr++] = "--pid-file";
    argv[nr++] = o->pid_file;
    argv[nr++] = o->journal ? "--journal" : "--no-journal";
    if (o->journal)
        argv[nr++] = o->journal;
    if (o->access) {
        argv[nr++] = "--access-log";
        argv[nr++] = o->access;
    }
    if (o->user) {
        argv[nr++] = "--user";
        argv[nr++] = o->user;
    }
    if (o->foreground)
        argv[nr++] = "--foreground";
    if (!o->domains)
        argv[nr++] = "--no-domains";
    argv[nr++] = "--live-update";
    argv[nr++] = handed;
    return argv;
}
