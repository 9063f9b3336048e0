/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each vCPU has for itself. */
#ifndef PV_CPU_H
#define PV_CPU_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <pv/trap.h>

/* vCPUs that the guest uses at most. */
#define CPUS_MAX 4

/* A stack and its alignment: the structure below lies at its low end. */
#define STACK_SIZE 32768

struct cpu {
    unsigned int id;
    struct vcpu_info *info;      /* in shared_info, or where registered */
    struct catch_link *catching; /* innermost trap_catch() */
    struct user_session *user;   /* user_run() in progress */
    uint64_t upcalls;            /* event callbacks so far */
};

/** cpu_self - this vCPU's structure, found by the stack */
static inline struct cpu *cpu_self(void)
{
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    return (struct cpu *)(here & ~(uintptr_t)(STACK_SIZE - 1));
}

#endif
