/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The auditor's entrance for tests. */
#ifndef MM_AUDIT_H
#define MM_AUDIT_H

#include <hv/types.h>

/**
 * mm_audit_compare - recount everything and compare
 * @strict: nobody but page tables and vCPUs refers to frames
 *
 * Returns: the number of violations; they are logged.
 */
unsigned long mm_audit_compare(bool strict);

#endif
