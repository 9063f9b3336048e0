/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Private to time/. */
#pragma once

/* wallclock_read_rtc - set the wall clock from the CMOS clock (boot) */
void wallclock_read_rtc(void);
