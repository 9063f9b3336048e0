/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants that C and assembly share: the assembler knows no suffixes. */
#ifndef X86_CONST_H
#define X86_CONST_H

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#define UL(x) x##UL
#endif

#endif
