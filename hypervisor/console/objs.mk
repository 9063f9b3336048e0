# SPDX-License-Identifier: GPL-2.0-or-later
pure-console := printf.o
objs-console := $(pure-console) uart.o video.o font.o ring.o log.o input.o console_io.o keys.o
