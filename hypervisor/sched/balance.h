/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which CPU's queue a vCPU waits in (pure, but for the queues' locks).
 *
 * Virtual times are comparable across queues: a vCPU that waits here and is
 * further behind than all who want another CPU is moved there.  So shares
 * come out as if there were one queue.
 *
 * INVARIANT BL-1: while a vCPU waits in a queue, no CPU that it may use is
 * idle.  Who queues one looks for idle CPUs afterwards; who goes idle says
 * so first and then looks for those who wait.
 *
 * INVARIANT BL-2: a vCPU is queued and runs only on CPUs in its
 * sched_vcpu.allowed; a change of that moves it.
 */
#pragma once

#include <hv/cpumask.h>
#include "runq.h"

/* How often a CPU on which somebody waits compares itself with the others. */
#define BALANCE_NS 4000000UL
/* What a vCPU may at most be owed when it moves, or has a CPU for itself:
 * in its own CPU time and in that of the one it is compared with, because a
 * light one is far ahead after each turn. */
#define BALANCE_LAG_NS 50000000UL
/* A CPU that nobody wanted for so long owes nobody anything. */
#define BALANCE_FORGET_NS 100000000UL

extern struct runq runqs[NR_CPUS];
extern struct cpumask sched_online; /* CPUs that run guests */

/* runq_lock_home - lock the queue that @s belongs to, and return it */
struct runq *runq_lock_home(struct sched_vcpu *s);

/* balance_affinity - work out where @s may run; lock: its queue's */
void balance_affinity(struct sched_vcpu *s);

/**
 * balance_wake - the CPU for @s, which wakes up
 * @q: the queue it belongs to, locked
 *
 * An idle one if there is any: it is then no longer marked as idle, and has
 * to be told even if @s does not come.  Else the last one, or another where
 * it would run at once.
 */
unsigned int balance_wake(const struct sched_vcpu *s, struct runq *q,
                          uint64_t now);

/* balance_requeue - the same for @s that has run and wants to go on */
unsigned int balance_requeue(const struct sched_vcpu *s, const struct runq *q);

/* balance_idle - CPU @cpu has nobody; false: it has said so already */
bool balance_idle(unsigned int cpu);

/* balance_busy - CPU @cpu has somebody */
void balance_busy(unsigned int cpu);

/* balance_pull - queue here somebody who waits elsewhere; was there one? */
bool balance_pull(struct runq *q);

/**
 * balance_push - move who waits here too long in comparison with others
 *
 * Call it whenever CPU time was shared out; it does its work now and then.
 * Returns: the CPU that has to schedule, or NR_CPUS.
 */
unsigned int balance_push(struct runq *q, uint64_t now);
