# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of peld, for the Makefile of dom0-tools.
