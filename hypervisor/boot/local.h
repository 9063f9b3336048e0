/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What boot/ and the assembly of entry/ share. */
#pragma once

#include <hv/types.h>

/* How far from where it was linked the loader put the image; from head.S. */
extern unsigned long image_offset;

/* hv_main - from head.S: loader's magic, physical address of its data */
void hv_main(uint32_t magic, uint32_t info);

/* enter_guests - leave boot's stack frames and take the common exit path */
void enter_guests(void) __attribute__((noreturn));

/* boot_free_modules - dom0 has copies: the loader's go to the heap */
void boot_free_modules(void);
