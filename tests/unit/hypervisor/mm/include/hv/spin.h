/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for another CPU: the machine says what that one does (machine.h). */
#ifndef HV_SPIN_H
#define HV_SPIN_H

void spin_relax(void);

#endif
