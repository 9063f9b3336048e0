/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image: linked at IMAGE_BASE plus its physical address, so that
 * physical = virtual - IMAGE_BASE everywhere.  Sections of one kind share
 * pages with nothing of another kind.
 */
#include <hv/layout.h>

#define LOAD_PHYS 0x200000

OUTPUT_FORMAT(elf64-x86-64)
OUTPUT_ARCH(i386:x86-64)
ENTRY(start)

PHDRS
{
    text PT_LOAD FLAGS(5);
    rodata PT_LOAD FLAGS(4);
    data PT_LOAD FLAGS(6);
    note PT_NOTE FLAGS(4);
}

#define SECTION_AT(name) name : AT(ADDR(name) - IMAGE_BASE)

SECTIONS
{
    . = IMAGE_BASE + LOAD_PHYS;
    image_start = .;

    SECTION_AT(.text) {
        *(.boot.header)
        *(.text .text.*)
        *(.fixup)
        *(.init.text)
    } :text
    . = ALIGN(4096);
    image_text_end = .;

    SECTION_AT(.rodata) {
        *(.rodata .rodata.*)
        *(.init.rodata)
        . = ALIGN(8);
        patch_sites_start = .;
        *(.patch_sites)
        patch_sites_end = .;
        ex_table_start = .;
        *(.ex_table)
        ex_table_end = .;
        *(.data.rel.ro .data.rel.ro.*)
        *(.got .got.plt)
        symbols_start = .;
        *(.symbols) /* last: of the second link only */
        symbols_end = .;
    } :rodata
    SECTION_AT(.note) { *(.note.Xen) } :rodata :note
    . = ALIGN(4096);
    image_rodata_end = .;

    SECTION_AT(.data) {
        *(.data .data.*)
        *(.init.data)
    } :data
    SECTION_AT(.bss) {
        . = ALIGN(32768);
        *(.bss.stack)
        . = ALIGN(4096);
        *(.bss.page)
        *(.bss .bss.*)
        *(COMMON)
    } :data
    . = ALIGN(4096);
    image_end = .;

    /DISCARD/ : { *(.comment) *(.note.GNU-stack) *(.note.gnu.*) *(.eh_frame) }
}
