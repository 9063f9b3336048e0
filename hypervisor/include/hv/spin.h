/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Waiting for another CPU. */
#pragma once

/**
 * spin_relax - the body of every loop that waits for another CPU
 *
 * Interrupts are off in ring 0, so whoever waits answers the requests to
 * flush that others wait for: otherwise two CPUs could wait for each other.
 */
void spin_relax(void);

/**
 * spin_wait - the same, for who holds no lock and is in no half-done state
 *
 * A CPU that wants to hold all others need not be able to go on first.
 */
void spin_wait(void);
