/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of an ELF64 file that say how to start a PV kernel (pure).
 * Formats: ELF-64 object file format; notes: <xen/elfnote.h>.
 */
#pragma once

#include <hv/types.h>

#define ELF_MAX_SEGMENTS 16

struct elf_segment {
    uint64_t offset, filesz; /* in the file, bytes */
    uint64_t paddr, memsz;
};

/* What the image wants.  An absent note leaves the default. */
struct elf_image {
    struct elf_segment seg[ELF_MAX_SEGMENTS];
    unsigned int nr_segs;
    uint64_t entry;          /* virtual; default: the ELF header's */
    uint64_t virt_base;      /* default 0 */
    uint64_t paddr_offset;   /* default 0 */
    uint64_t hypercall_page; /* virtual, 0 none */
    uint64_t init_p2m;       /* virtual, 0: mapped behind the kernel */
    uint64_t mod_start_pfn;  /* not 0: the module need not be mapped */
    bool has_notes;          /* it says that it is for Xen */
};

/**
 * elf_parse - check an ELF64 file and read its segments and notes
 * @data, @len: the file, in bytes; nothing outside is read
 * @why: set to a message when it is refused
 *
 * Returns: 0; -EINVAL malformed, not x86-64, or not for PV.
 */
int elf_parse(const void *data, size_t len, struct elf_image *out,
              const char **why);
