/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places in the code whose bytes depend on the machine.  Each is recorded
 * beside the code, and written once at boot (cpu/patch.c).
 */
#pragma once

#define PATCH_SMAP 1    /* stac and clac */
#define PATCH_VERW 2    /* clear buffers on the way to a guest */
#define PATCH_JUMP 3    /* indirect branches need no retpoline */
#define PATCH_XPTI 4    /* tables without the hypervisor in guest mode */
#define PATCH_STRETCH 5 /* how long a CPU stays in ring 0 is measured */

/* clang-format off */
#ifdef __ASSEMBLER__
/* At @label, if @when holds, the code that follows is to stand. */
        .macro  patch_site label, when, code:vararg
        .pushsection .patch_sites, "a"
        .long   \label - .
        .byte   \when
        .byte   7772f - 7771f
7771:   \code
7772:   .skip   10 - (7772b - 7771b)
        .popsection
        .endm
#else
/* clang-format on */
#include <hv/types.h>

struct patch_site {
    int32_t at; /* from here to the code */
    uint8_t when, len;
    uint8_t code[10];
};

/* patch_apply - write all sites of @when, before other CPUs run */
void patch_apply(unsigned int when);
#endif
