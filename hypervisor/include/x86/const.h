/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Constants that C and assembly share: the assembler knows no suffixes. */
#pragma once

#ifdef __ASSEMBLER__
#define UL(x) x
#else
#define UL(x) x##UL
#endif
