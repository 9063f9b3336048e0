# SPDX-License-Identifier: GPL-2.0-or-later
objs-cpu := tables.o work.o smp.o patch.o spec.o xpti.o stretch.o features.o policy_cpuid.o policy_msr.o fpu.o
