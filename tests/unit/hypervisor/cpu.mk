# SPDX-License-Identifier: GPL-2.0-or-later
tests += cpu/policy_test cpu/fpu_test cpu/work_test cpu/hold_test
src-cpu/policy_test := cpu/policy_cpuid.c cpu/policy_msr.c
src-cpu/fpu_test := cpu/fpu.c
src-cpu/work_test := cpu/work.c
src-cpu/hold_test := cpu/smp.c
$(OUT)/cpu/work_test: CFLAGS += -DSPIN_UNDER_TEST
$(OUT)/cpu/hold_test: CFLAGS += -DSPIN_UNDER_TEST -DCPUS_ARE_THREADS -pthread
