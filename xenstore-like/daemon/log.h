/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where log_line() writes. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

/** log_to_syslog - from now on, messages go to syslog and not to stderr */
void log_to_syslog(void);

#endif
