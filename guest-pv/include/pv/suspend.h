/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Standing still while a toolstack saves the guest or moves it elsewhere. */
#ifndef PV_SUSPEND_H
#define PV_SUSPEND_H

#include <stdbool.h>

/** suspend_init - say where the list of our frames is: then we can be saved */
void suspend_init(void);

/**
 * pv_suspend - stand still until a toolstack lets us go on
 *
 * For one vCPU; no event channel is bound, no grant table mapped.  Afterwards
 * console and store work; time may have jumped.
 *
 * Returns: true: as a new domain, from an image; false: in the old one
 */
bool pv_suspend(void);

#endif
