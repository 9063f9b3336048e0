/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The notes of every image: what it is and what it can live with. */
#include "note.inc"

        xen_note XEN_ELFNOTE_GUEST_OS,          .asciz "guest-pv"
        xen_note XEN_ELFNOTE_GUEST_VERSION,     .asciz "1"
        xen_note XEN_ELFNOTE_XEN_VERSION,       .asciz "xen-3.0"
        xen_note XEN_ELFNOTE_LOADER,            .asciz "generic"
        xen_note XEN_ELFNOTE_PAE_MODE,          .asciz "yes"
        xen_note XEN_ELFNOTE_HV_START_LOW,      .quad 0xffff800000000000
        xen_note XEN_ELFNOTE_SUPPORTED_FEATURES, .long 1 << 11  # dom0

        .section .note.GNU-stack, "", @progbits
