/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Notes of an image that lives at the top of the address space. */
#include "note.inc"

        xen_note XEN_ELFNOTE_VIRT_BASE,         .quad 0xffffffff80000000
        xen_note XEN_ELFNOTE_PADDR_OFFSET,      .quad 0
        xen_note XEN_ELFNOTE_ENTRY,             .quad _start
        xen_note XEN_ELFNOTE_INIT_P2M,          .quad 0x8000000000

        .section .note.GNU-stack, "", @progbits
