/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signals that have to wait. */
#include <signal.h>
#include <stddef.h>
#include "hold.h"

static sigset_t held, before;

void signals_hold(void)
{
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigprocmask(SIG_BLOCK, &held, &before);
}

bool signals_waiting(void)
{
    sigset_t pending;

    sigpending(&pending);
    for (int sig = 1; sig < NSIG; sig++)
        if (sigismember(&held, sig) == 1 && sigismember(&pending, sig) == 1)
            return true;
    return false;
}

void signals_release(void) { sigprocmask(SIG_SETMASK, &before, NULL); }
