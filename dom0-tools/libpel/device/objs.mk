# SPDX-License-Identifier: GPL-2.0-or-later
# Objects of this folder, for the Makefile of dom0-tools.
objs-device := store.o store_wait.o
