/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel images, and what a PV guest's memory looks like at its first
 * instruction.  Everything here is pure: it works on buffers, and no length,
 * offset or address of an image is believed before it is checked.
 */
#ifndef PEL_IMAGE_H
#define PEL_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

struct pel_ctx;

#define PEL_PAGE_SHIFT 12
#define PEL_PAGE_SIZE 4096ul
#define PEL_KERNEL_MAX (1ul << 30) /* bytes of an unpacked kernel */
#define PEL_SEGMENTS_MAX 32

/* Bytes that may have to be freed. */
struct pel_buf {
    uint8_t *data;
    size_t len;
};

/**
 * pel_file_map - a whole file, read-only
 * @what: what the file is for, in messages: "kernel", "ramdisk"
 * Returns: 0; -PEL_ENOENT; -PEL_EIO; -PEL_EFORMAT empty or no regular file
 */
int pel_file_map(struct pel_ctx *ctx, const char *what, const char *path,
                 struct pel_buf *out);
void pel_file_unmap(struct pel_buf *file);

/**
 * pel_kernel_unpack - the ELF image inside a kernel file
 * @file: an ELF, a bzImage (protocol 2.08 or later) or a compressed ELF
 * @out:  set to the ELF; its bytes are malloc'ed when *@owned, else @file's
 *
 * Payloads: gzip, xz (with BCJ x86), lzma, zstd, lz4.
 * Returns: 0; -PEL_EFORMAT; -PEL_ENOTSUP (bzip2, lzo); -PEL_ENOMEM
 */
int pel_kernel_unpack(struct pel_ctx *ctx, const struct pel_buf *file,
                      struct pel_buf *out, bool *owned);

/**
 * pel_decompress - unpack by magic number
 * @in:  the packed bytes; what follows the end of the stream is ignored
 * @out: malloc'ed
 * Returns: 1 when @in is not packed in any format known; 0; an error
 */
int pel_decompress(struct pel_ctx *ctx, const uint8_t *in, size_t len,
                   struct pel_buf *out);

struct pel_segment {
    uint64_t paddr; /* bytes; where p_paddr says */
    uint64_t memsz; /* bytes; the part after @data is zero */
    const uint8_t *data;
    uint64_t filesz; /* bytes, <= memsz */
};

struct pel_elf {
    struct pel_segment segs[PEL_SEGMENTS_MAX]; /* loadable, memsz > 0 */
    size_t nr_segs;
    uint64_t entry; /* e_entry */
    struct {
        const uint8_t *data;
        size_t len;
        size_t align; /* 4 or 8 bytes */
    } notes[PEL_SEGMENTS_MAX];
    size_t nr_notes;
};

/**
 * pel_elf_parse - headers of a 64-bit little-endian x86 ELF
 *
 * The result points into @data.  Notes come from PT_NOTE segments, or from
 * SHT_NOTE sections when there are none.
 * Returns: 0; -PEL_EFORMAT; -PEL_ENOTSUP 32-bit, other machine
 */
int pel_elf_parse(struct pel_ctx *ctx, const uint8_t *data, size_t len,
                  struct pel_elf *elf);

/* The notes of owner "Xen" that matter; see <xen/elfnote.h>. */
struct pel_notes {
    uint64_t virt_base;    /* 0 without the note */
    uint64_t entry;        /* e_entry without the note */
    uint64_t paddr_offset; /* 0 without the note */
    bool has_init_p2m;
    uint64_t init_p2m;
    bool mod_start_pfn; /* the ramdisk may stay unmapped */
    bool has_hypercall_page;
    uint64_t hypercall_page; /* virtual address */
    char guest_os[32];
};

/**
 * pel_notes_parse - collect them and fill in what is missing
 * Returns: 0; -PEL_EFORMAT malformed notes; -PEL_ENOTSUP no PV kernel, or
 *          one for another loader or ABI
 */
int pel_notes_parse(struct pel_ctx *ctx, const struct pel_elf *elf,
                    struct pel_notes *notes);

/* A range of virtual addresses, with the tables that map it. */
struct pel_range {
    uint64_t va;        /* first byte, page-aligned */
    uint64_t nr_pages;  /* pages mapped */
    uint64_t pfn;       /* pfn of the first one; they are consecutive */
    uint64_t table_pfn; /* first of @nr_tables, in order of level */
    uint64_t nr_tables;
};

/*
 * Where everything is, in pseudo-physical frames (pfn).  Frames 0 up to
 * boot.nr_pages are mapped at virt_base; those up to nr_used hold something.
 */
struct pel_layout {
    uint64_t virt_base;
    uint64_t paddr_offset;
    uint64_t entry;    /* virtual address */
    uint64_t nr_pages; /* all of the guest's memory at start */
    uint64_t ramdisk_pfn;
    uint64_t ramdisk_len; /* bytes; 0: none */
    bool ramdisk_mapped;
    uint64_t start_info_pfn, store_pfn, console_pfn, stack_pfn;
    bool has_hypercall_page;
    uint64_t hypercall_pfn;
    struct pel_range boot; /* its tables begin with the L4 */
    struct pel_range p2m;  /* nr_tables 0: the list lies inside boot */
    uint64_t nr_used;
};

/**
 * pel_layout_plan - decide where everything goes
 * @nr_pages:    memory of the guest
 * @ramdisk_len: bytes, 0 for none
 *
 * Returns: 0; -PEL_EINVAL the memory is too small, with how much it takes;
 *          -PEL_EFORMAT addresses that no PV guest can have
 */
int pel_layout_plan(struct pel_ctx *ctx, const struct pel_elf *elf,
                    const struct pel_notes *notes, uint64_t nr_pages,
                    uint64_t ramdisk_len, struct pel_layout *out);

/** pel_layout_va - the address at which @pfn (< boot.nr_pages) is mapped */
uint64_t pel_layout_va(const struct pel_layout *lay, uint64_t pfn);

/**
 * pel_tables_count - page tables below the L4 that map a range
 * @va, @nr_pages: the range, not wrapping, nr_pages > 0
 */
uint64_t pel_tables_count(uint64_t va, uint64_t nr_pages);

/**
 * pel_tables_build - write all page tables
 * @p2m:  machine frame of each pfn below nr_used
 * @base: memory of the guest from pfn 0 on, nr_used pages, mapped
 *
 * Tables are mapped read-only, everything else writable (invariant PT-1 of
 * the hypervisor would refuse anything else).
 */
void pel_tables_build(const struct pel_layout *lay, const xen_pfn_t *p2m,
                      void *base);

/**
 * pel_elf_load - copy the segments and clear the rest of each
 * @base: as for pel_tables_build()
 */
void pel_elf_load(const struct pel_elf *elf, const struct pel_layout *lay,
                  void *base);

/* What start_info says besides the layout. */
struct pel_boot_args {
    uint64_t shared_info_mfn;
    uint32_t store_port, console_port;
    const char *cmdline;
};

/**
 * pel_start_info_fill - write the start_info page
 * @p2m: as for pel_tables_build()
 */
void pel_start_info_fill(const struct pel_layout *lay, const xen_pfn_t *p2m,
                         const struct pel_boot_args *args,
                         struct start_info *si);

#endif
