/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files may be changed. */
#ifndef DAEMON_FENCE_H
#define DAEMON_FENCE_H

#include "options.h"

/**
 * fence - from now on change no files but those that the store keeps
 *
 * These are the journal's folder and the access log; files can be removed where
 * the socket and the pid file are.  Reading is not limited, nor what is open.
 * It outlives exec.  The caller gave up new privileges.
 * Returns: 0, also when the system cannot, after a message; a negative errno.
 */
int fence(const struct options *opt);

#endif
