/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One line for the administrator. */
#ifndef STORE_LOG_H
#define STORE_LOG_H

/** log_line - a message without newline, to stderr or to syslog */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
