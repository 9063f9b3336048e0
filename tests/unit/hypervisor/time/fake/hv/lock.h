/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The real locks; a test may have something happen once one is free again. */
#ifndef FAKE_HV_LOCK_H
#define FAKE_HV_LOCK_H

#include_next <hv/lock.h>

extern void (*lock_released)(void);

static inline void lock_release_and_tell(struct lock *l)
{
    lock_release(l);
    if (lock_released)
        lock_released();
}

#define lock_release lock_release_and_tell

#endif
