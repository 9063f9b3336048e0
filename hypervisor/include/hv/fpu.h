/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x87, SSE, AVX state of guests (cpu/fpu.c). */
#ifndef HV_FPU_H
#define HV_FPU_H

#include <hv/types.h>

struct vcpu;

struct fpu {
    void *area;    /* XSAVE or FXSAVE area, 64-byte aligned */
    uint64_t xcr0; /* the guest's; 1 at least */
};

void fpu_init_cpu(void);
int fpu_vcpu_init(struct vcpu *v);
void fpu_vcpu_destroy(struct vcpu *v);

/* fpu_save, fpu_load - at a context switch; load also sets XCR0 and CR0.TS */
void fpu_save(struct vcpu *v);
void fpu_load(struct vcpu *v);

/**
 * fpu_set_xcr0 - XSETBV of register 0 by the current vCPU
 *
 * Returns: false: a component that it does not have, or an invalid set.
 */
bool fpu_set_xcr0(struct vcpu *v, uint64_t xcr0);

/* fpu_set_context, fpu_get_context - the 512 bytes of vcpu_guest_context */
void fpu_set_context(struct vcpu *v, const void *fxsave, bool valid);
void fpu_get_context(struct vcpu *v, void *fxsave);

#endif
