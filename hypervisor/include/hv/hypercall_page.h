/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page of hypercall stubs. */
#pragma once

/**
 * hypercall_page_fill - write the 128 stubs of 32 bytes into @page
 * @page: our mapping of a page of the guest that wants it
 *
 * For kernels with the ELF note HYPERCALL_PAGE, and DOMCTL_hypercall_init.
 */
void hypercall_page_fill(void *page);
