/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code whose registers and addresses are known exactly: entry/probe.S. */
#ifndef PV_PROBE_H
#define PV_PROBE_H

/** probe_registers - a number in every register, then ud2; ignores @arg */
void probe_registers(void *arg);
extern const char probe_registers_ud2[];

/** probe_resume - how many registers a ud2 that a hook skips has changed */
long probe_resume(void);

#endif
