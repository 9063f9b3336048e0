# SPDX-License-Identifier: GPL-2.0-or-later
objs-domain := domain.o teardown.o vcpu.o vcpu_switch.o vcpu_context.o vcpu_op.o pv_state.o
