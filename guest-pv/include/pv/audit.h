/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hypervisor's auditor, for the initial domain. */
#ifndef PV_AUDIT_H
#define PV_AUDIT_H

/**
 * audit - have the hypervisor recount all frames, by debug key
 *
 * Returns the violations that it reports, or -1 if it does not say: another
 * hypervisor, or a domain that may not ask.
 */
long audit(void);

#endif
