/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout of an image: BASE is the virtual address of pseudo-physical 0.
 * One segment, readable, writable and executable: page permissions are the
 * guest's own business once it runs.
 */
OUTPUT_FORMAT("elf64-x86-64")
ENTRY(_start)

PHDRS
{
    load PT_LOAD FLAGS(7);
    note PT_NOTE FLAGS(4);
    stack PT_GNU_STACK FLAGS(6);
}

SECTIONS
{
    . = BASE + 0x100000;
    image_start = .;
    .text : AT(ADDR(.text) - BASE) { *(.text .text.*) } :load
    .rodata : AT(ADDR(.rodata) - BASE) { *(.rodata .rodata.*) }
    .note.Xen : AT(ADDR(.note.Xen) - BASE) { *(.note.Xen) } :load :note
    .data : AT(ADDR(.data) - BASE) { *(.data .data.* .got .got.*) } :load
    . = ALIGN(4096);
    .user : AT(ADDR(.user) - BASE) {
        user_start = .;
        *(.user)
        . = ALIGN(4096);
        user_end = .;
    }
    .bss : AT(ADDR(.bss) - BASE) { *(.bss .bss.* COMMON) }
    . = ALIGN(4096);
    image_end = .;
    /DISCARD/ : { *(.comment) *(.eh_frame) *(.note.GNU-stack) *(.note.gnu*) }
}
