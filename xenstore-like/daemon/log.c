/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages for the administrator. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <syslog.h>

#include <store/log.h>

#include "log.h"

static bool to_syslog;

void log_to_syslog(void)
{
    openlog("pelstored", LOG_PID, LOG_DAEMON);
    to_syslog = true;
}

void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    if (to_syslog) {
        vsyslog(LOG_NOTICE, format, args);
    } else {
        fputs("pelstored: ", stderr);
        vfprintf(stderr, format, args);
        fputc('\n', stderr);
    }
    va_end(args);
}
