# SPDX-License-Identifier: GPL-2.0-or-later
tests += grant/grant_test grant/version_test
src-grant/grant_test := $(addprefix grant/, table.c use.c maptrack.c map.c \
                        copy.c grant_op.c)
src-grant/version_test := $(src-grant/grant_test)
