/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line. */
#ifndef DAEMON_OPTIONS_H
#define DAEMON_OPTIONS_H

#include <stdbool.h>

/* Paths are absolute, so that the next program finds the same files. */
struct options {
    char *socket, *pid_file;
    char *journal; /* NULL: none */
    char *access;  /* file for the access log, or NULL */
    char *user;    /* whose rights to keep, or NULL: all */
    bool foreground, domains;
    const char *handed; /* from the last program, see <handed.h>, or NULL */
};

/** options_parse - exits on --help and on what it does not understand */
void options_parse(struct options *o, int argc, char **argv);

/**
 * options_argv - a command line with the same options for another program
 * @program: its name
 * @handed:  its --live-update
 *
 * Returns: a NULL-terminated list, never freed; NULL there is no memory.
 */
char **options_argv(const struct options *o, char *program, char *handed);

#endif
