# SPDX-License-Identifier: GPL-2.0-or-later
objs-ctl := domctl.o domctl_vcpu.o domctl_mem.o domctl_dev.o domctl_shadow.o policy.o \
            bitmap.o domctl_state.o topology.o sysctl.o platform_op.o mca.o
