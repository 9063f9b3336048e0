/* SPDX-License-Identifier: GPL-2.0-or-later */
/* On the host nobody else runs, or the system's threads do. */
#ifndef FAKE_HV_SPIN_H
#define FAKE_HV_SPIN_H

#ifdef SPIN_UNDER_TEST
void spin_relax(void);
void spin_wait(void);
#else
static inline void spin_relax(void) { __builtin_ia32_pause(); }
#endif

#endif
