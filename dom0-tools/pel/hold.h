/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signals that ask us to end have to wait while a guest is half made or half
 * saved: they are looked at when there is a way back.
 */
#ifndef PEL_HOLD_H
#define PEL_HOLD_H

#include <stdbool.h>

/** signals_hold - keep SIGINT, SIGTERM, SIGHUP waiting (SIGPIPE is ignored) */
void signals_hold(void);

/** signals_waiting - whether one of them has come since */
bool signals_waiting(void);

/** signals_release - as before signals_hold(); one that waits strikes now */
void signals_release(void);

#endif
