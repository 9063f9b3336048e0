/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Emulation of in, out and their string forms. */
#pragma once

#include "insn_decode.h"

struct vcpu;

/* port_iopl_ok - does @v's virtual I/O privilege level cover its mode? */
bool port_iopl_ok(const struct vcpu *v);

/* emul_* - true: dealt with; false: the guest gets its #GP */
bool emul_in(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in);
bool emul_out(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in);
bool emul_ins(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in);
bool emul_outs(struct vcpu *v, struct cpu_user_regs *r, const struct insn *in);
