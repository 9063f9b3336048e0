# SPDX-License-Identifier: GPL-2.0-or-later
tests += grant/grant_test
src-grant/grant_test := grant/table.c grant/map.c grant/copy.c \
                        grant/grant_op.c
