/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The instruction that a guest stopped at: fetching it, and moving on. */
#pragma once

#include <hv/types.h>
#include "insn_decode.h"

/**
 * insn_fetch - read and decode the current vCPU's instruction
 *
 * Returns: 0; -1 it cannot be read, is not known, or its code segment is
 * one that does not start at 0.
 */
int insn_fetch(struct insn *in, const struct cpu_user_regs *regs);

/* insn_done - @length bytes of code are done: move on, trap a single step */
void insn_done(struct cpu_user_regs *regs, unsigned int length);
