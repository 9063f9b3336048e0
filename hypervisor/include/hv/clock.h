/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System time and what guests see of it (time/). */
#ifndef HV_CLOCK_H
#define HV_CLOCK_H

#include <hv/types.h>

struct domain;
struct vcpu;

/* clock_init - calibrate the TSC against HPET, PM timer or PIT */
void clock_init(void);

/* now_ns - nanoseconds since boot, monotonic on all CPUs */
uint64_t now_ns(void);

extern uint32_t tsc_khz;

/* guest_time_update - vcpu_time_info of @v (at switch, creation, resume) */
void guest_time_update(struct vcpu *v);

/* wallclock_update - write the wall clock into @d's shared_info */
void wallclock_update(struct domain *d);

/* wallclock_set - settime64 of dom0: UTC at system time @at_ns */
void wallclock_set(uint64_t secs, uint32_t nsecs, uint64_t at_ns);

/* runstate_change - account the time of the old state (RUNSTATE_*) */
void runstate_change(struct vcpu *v, int state);

/* runstate_publish - copy the area to the guest; @v is current and loaded */
void runstate_publish(struct vcpu *v);

/* delay_us - busy wait; boot and reset only */
void delay_us(unsigned int us);

#endif
