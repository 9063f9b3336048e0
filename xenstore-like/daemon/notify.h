/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the service manager wants to know. */
#ifndef DAEMON_NOTIFY_H
#define DAEMON_NOTIFY_H

/**
 * notify_manager - tell how the service stands, by the socket that
 *                  NOTIFY_SOCKET names; without that, nothing happens
 * @state: lines like "READY=1"
 *
 * Source: the public description of sd_notify().
 */
void notify_manager(const char *state);

#endif
