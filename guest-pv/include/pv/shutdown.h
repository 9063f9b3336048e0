/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The end of the guest. */
#ifndef PV_SHUTDOWN_H
#define PV_SHUTDOWN_H

/**
 * pv_shutdown - end the domain once its console has been read
 * @reason: SHUTDOWN_* of <xen/sched.h>
 */
void pv_shutdown(unsigned int reason) __attribute__((noreturn));

#endif
