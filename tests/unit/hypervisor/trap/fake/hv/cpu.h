/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fake of <hv/cpu.h>: the current vCPU is a variable of the test. */
#ifndef HV_CPU_H
#define HV_CPU_H

struct vcpu;

extern struct vcpu *test_current;

static inline struct vcpu *current_vcpu(void) { return test_current; }

#endif
