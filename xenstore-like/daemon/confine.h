/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up what the store does not need. */
#ifndef DAEMON_CONFINE_H
#define DAEMON_CONFINE_H

#include "options.h"

/**
 * confine - from now on have few rights
 *
 * All is open by now.  Takes the user's rights that the options name, gives up
 * getting any more by running a program, changes no other files than its own,
 * and refuses all system calls but those that the store, or the program that
 * takes its place, needs.
 * Returns: 0; a negative errno, after a message.
 */
int confine(const struct options *opt);

#endif
