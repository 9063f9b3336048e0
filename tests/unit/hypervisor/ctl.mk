# SPDX-License-Identifier: GPL-2.0-or-later
tests += ctl/policy_test ctl/bitmap_test
src-ctl/policy_test := ctl/policy.c
src-ctl/bitmap_test := ctl/bitmap.c
