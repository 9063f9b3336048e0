/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to time/. */
#ifndef TIME_LOCAL_H
#define TIME_LOCAL_H

/* wallclock_read_rtc - set the wall clock from the CMOS clock (boot) */
void wallclock_read_rtc(void);

#endif
