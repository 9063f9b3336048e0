# SPDX-License-Identifier: GPL-2.0-or-later
objs-mirror := map.o events.o trace.o record.o source.o place.o target.o
