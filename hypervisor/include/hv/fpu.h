/* SPDX-License-Identifier: GPL-2.0-or-later */
/* x87, SSE, AVX state of guests (cpu/fpu.c). */
#pragma once

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

/*
 * The whole state of a vCPU that is not loaded, as the toolstack moves it:
 * XCR0, the components that it ever had (8 bytes each), an XSAVE area of the
 * standard format.
 */

/**
 * fpu_state_size - bytes of it; 0 without XSAVE
 * @mask: set to the components that @v may have
 */
uint64_t fpu_state_size(const struct vcpu *v, uint64_t *mask);

/* fpu_get_state - write fpu_state_size() bytes; what is unused is zero */
void fpu_get_state(const struct vcpu *v, void *to);

/**
 * fpu_set_state - the reverse; @size may be less, the rest is initial
 *
 * Returns: 0; -EINVAL components that @v has not, or a header that XRSTOR
 * would refuse.
 */
int fpu_set_state(struct vcpu *v, const void *from, uint64_t size);
