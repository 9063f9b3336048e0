/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a guest's last moments of a migration take beside its last pages: the
 * state of vCPUs, page tables and devices at the target.  It depends on both
 * hosts, so it is learned from one migration for the next one.
 */
#ifndef PEL_STANDSTILL_H
#define PEL_STANDSTILL_H

#include <stdint.h>

#ifndef STANDSTILL_FILE /* tests have another */
#define STANDSTILL_FILE "/var/lib/pellicle/migrate-standstill"
#endif
#define STANDSTILL_MS 150u /* as long as nothing is known */
#define STANDSTILL_MAX_MS 5000u

/** standstill_ms - milliseconds to expect */
uint32_t standstill_ms(void);

/**
 * standstill_learn - how long it was this time
 *
 * One that was out of the ordinary counts for half.  What cannot be written
 * is forgotten.
 */
void standstill_learn(int64_t ms);

#endif
