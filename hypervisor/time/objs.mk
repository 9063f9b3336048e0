# SPDX-License-Identifier: GPL-2.0-or-later
pure-time := scale.o pheap.o
objs-time := $(pure-time) clock.o timer.o guest_time.o wallclock.o
