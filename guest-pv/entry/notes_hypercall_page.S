/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The note of an image that enters the hypervisor by a hypercall page. */
#include "note.inc"

        xen_note XEN_ELFNOTE_HYPERCALL_PAGE,    .quad hypercall_page

        .section .note.GNU-stack, "", @progbits
