# SPDX-License-Identifier: GPL-2.0-or-later
objs-trap := trap.o bounce.o iret.o pagefault.o extable.o dump.o nmi_mce.o panic.o
objs-trap += insn_decode.o arith.o insn_fetch.o insn_table.o port_io.o pt_write.o
