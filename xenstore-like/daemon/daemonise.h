/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Going to the background, and being the only one there. */
#ifndef DAEMON_DAEMONISE_H
#define DAEMON_DAEMONISE_H

/**
 * daemonise - go on in a background process
 *
 * The caller goes on in the child.  The first process waits for the child's
 * daemon_ready() and then exits 0, or exits 1 if the child ends before.
 * Returns: a descriptor for daemon_ready(); a negative errno.
 */
int daemonise(void);

/** daemon_ready - the service is up: let the first process exit */
void daemon_ready(int fd);

/**
 * pidfile_lock - write our process id to a file, and lock that
 *
 * The lock lasts as long as the descriptor that is returned.
 * Returns: that; -EBUSY a living process has it; another negative errno.
 */
int pidfile_lock(const char *path);

#endif
