# SPDX-License-Identifier: GPL-2.0-or-later
tests += trap/insn_decode_test trap/arith_test trap/pt_write_test
src-trap/insn_decode_test := trap/insn_decode.c
src-trap/arith_test := trap/arith.c
src-trap/pt_write_test := trap/pt_write.c trap/insn_decode.c trap/arith.c
$(OUT)/trap/pt_write_test: CFLAGS := -I$(HERE)/trap/fake $(CFLAGS)
