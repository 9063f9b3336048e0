# SPDX-License-Identifier: GPL-2.0-or-later
tests += ctl/policy_test ctl/bitmap_test ctl/topology_test ctl/state_test \
         ctl/domctl_test
src-ctl/policy_test := ctl/policy.c
src-ctl/bitmap_test := ctl/bitmap.c
src-ctl/topology_test := ctl/topology.c
src-ctl/state_test := ctl/domctl_state.c
src-ctl/domctl_test := ctl/domctl.c
