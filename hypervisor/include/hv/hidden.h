/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Included first everywhere (by the Makefile): the image is linked as one
 * piece, so no symbol needs the indirection that position-independent code
 * has for symbols of others.
 */
#pragma once

#ifndef __ASSEMBLER__
#pragma GCC visibility push(hidden)
#endif
