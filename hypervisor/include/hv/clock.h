/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System time and what guests see of it (time/). */
#pragma once

#include <hv/scale.h>
#include <hv/types.h>
#include <xen/xen.h>
#include <xen/vcpu.h>

struct domain;
struct vcpu;

/**
 * clock_init - learn the TSC's frequency, read the wall clock (boot CPU)
 *
 * From CPUID if the processor or the hypervisor below tells it, else against
 * HPET, PM timer or PIT.  After acpi_init() and features_init().
 */
void clock_init(void);

/* System time is scale_apply(clock_scale, TSC - clock_base), on all CPUs. */
extern struct time_scale clock_scale;
extern uint64_t clock_base; /* TSC at system time 0 */
extern uint32_t tsc_khz;

/*
 * Guests may take the TSC for equal on all CPUs, for good: so CPUID says, or
 * the machine is virtual, or has one CPU.  Each CPU is compared as it starts.
 */
extern bool tsc_stable;

/* now_ns - nanoseconds since clock_init(), monotonic on all CPUs; 0 before */
uint64_t now_ns(void);

/* delay_us - busy wait; boot and reset only, after clock_init() */
void delay_us(unsigned int us);

/*
 * Guest time (time/guest_time.c).
 */

/**
 * guest_time_update - vcpu_time_info of @v (at switch, creation, resume)
 *
 * Also writes the copy at the guest's registered address (VCPUOP 13) when
 * @v is current.  A copy that cannot be written is forgotten.
 */
void guest_time_update(struct vcpu *v);

/* wallclock_update - write the wall clock into @d's shared_info */
void wallclock_update(struct domain *d);

/* wallclock_set - settime64 of dom0: UTC at system time @at_ns; all domains */
void wallclock_set(uint64_t secs, uint32_t nsecs, uint64_t at_ns);

/* runstate_init - a new vCPU is offline since now */
void runstate_init(struct vcpu *v);

/* runstate_change - account the time of the old state (RUNSTATE_*) */
void runstate_change(struct vcpu *v, int state);

/* runstate_change_at - the same, for callers that know the time */
void runstate_change_at(struct vcpu *v, int state, uint64_t now);

/* runstate_get - the times up to now; see vcpu_get_runstate() */
void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *out);

/**
 * runstate_publish - copy the area to the guest; @v is current and loaded
 *
 * Works in guest user mode too: the area is a kernel address.  With
 * VMASST_TYPE_runstate_update_flag the guest can tell a half-written copy.
 */
void runstate_publish(struct vcpu *v);
