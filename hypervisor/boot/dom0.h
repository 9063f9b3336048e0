/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plan of dom0's memory, shared by dom0_image.c and dom0_build.c. */
#pragma once

#include <hv/elf.h>
#include <hv/types.h>

/* Page numbers are pseudo-physical.  [0, mapped) is mapped at virt_base. */
struct dom0_layout {
    struct elf_image image;
    unsigned long nr_pages;
    unsigned long initrd_len; /* bytes */

    unsigned long initrd; /* first page, valid if initrd_len */
    unsigned long p2m;    /* first page of the list */
    unsigned long p2m_tables, nr_p2m_tables; /* that map it, if elsewhere */
    unsigned long start_info, stack;
    unsigned long tables, nr_tables; /* L4 first */
    unsigned long mapped;
};

/* dom0_layout - fill in the plan; image, nr_pages, initrd_len are given */
void dom0_layout(struct dom0_layout *l);

/* dom0_va - virtual address of mapped page @p */
unsigned long dom0_va(const struct dom0_layout *l, unsigned long p);
