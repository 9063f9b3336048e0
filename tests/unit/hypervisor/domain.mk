# SPDX-License-Identifier: GPL-2.0-or-later
tests += domain/domain_test
src-domain/domain_test := domain/domain.c
