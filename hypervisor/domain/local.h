/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of domain/ share. */
#pragma once

#include <hv/types.h>

struct domain;
struct vcpu;

/* debugreg_load - all of @v's debug registers into the processor */
void debugreg_load(const struct vcpu *v);

/* debugreg_check - make *@val acceptable; -EPERM if impossible, -ENODEV no such
 * register */
int debugreg_check(unsigned int reg, unsigned long *val);

/* domain_free - the last reference is gone */
void domain_free(struct domain *d);

/* vcpu_info_reset - back to the slot in shared_info; drops the page */
void vcpu_info_reset(struct vcpu *v);
