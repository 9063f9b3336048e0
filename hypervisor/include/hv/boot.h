/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the boot protocol told us; gone after boot but for the memory map. */
#pragma once

#include <hv/types.h>

#define MAX_MEMMAP 128
#define MAX_BOOT_MODULES 4

/* E820 types. */
#define MEM_RAM 1
#define MEM_RESERVED 2
#define MEM_ACPI 3
#define MEM_NVS 4

struct mem_region {
    uint64_t start, end; /* physical bytes, end exclusive */
    uint32_t type;       /* MEM_* */
};

/* The machine's memory map: sorted, no overlaps, as the firmware says. */
extern struct mem_region memmap[MAX_MEMMAP];
extern unsigned int nr_memmap;

struct boot_module {
    uint64_t start, end; /* physical bytes */
    const char *cmdline;
};

enum video_kind { VIDEO_NONE, VIDEO_TEXT, VIDEO_PIXELS };

/* The screen as the loader left it. */
struct boot_video {
    enum video_kind kind;
    uint8_t bits;                  /* a pixel */
    uint32_t pitch, width, height; /* bytes; pixels or characters */
    uint64_t address;              /* physical */
    struct {
        uint8_t shift, bits;
    } color[3]; /* red, green, blue within a pixel */
};

struct boot_info {
    const char *cmdline;
    struct boot_module module[MAX_BOOT_MODULES];
    unsigned int nr_modules;
    struct boot_video video;
    uint64_t rsdp;       /* physical address, 0: not said */
    uint64_t rsdp_copy;  /* physical address of our copy, 0: none */
    uint64_t efi_systab; /* physical address, 0: not started by EFI */
};

extern struct boot_info boot_info;

/* image_phys - physical address of an object of the image */
uint64_t image_phys(const void *p);

/**
 * boot_phys - the loader's data before the hypervisor's own mappings exist
 * @len: bytes that will be read
 *
 * Returns: where they are; NULL outside of the first 4 GiB, which alone are
 * mapped then.
 */
const void *boot_phys(uint64_t addr, size_t len);

/**
 * boot_alloc - page-aligned physical memory before the heap exists
 * @bytes: rounded up to pages; zeroed.  Never freed.  Panics when out.
 */
uint64_t boot_alloc(uint64_t bytes);

/* boot_low_page - a page below 1 MiB that is always ours; 0: there is none */
uint64_t boot_low_page(void);

/* boot_alloc_usable - false once boot_free_ranges() has given RAM away */
bool boot_alloc_usable(void);

/**
 * boot_free_ranges - call @fn for each range of RAM that nothing uses
 *
 * For heap_init(): RAM less the image, modules, boot allocations, page 0
 * and the low pages kept for the trampoline.  boot_alloc() must not be used
 * afterwards.
 */
void boot_free_ranges(void (*fn)(uint64_t start, uint64_t end));

/* bootinfo_parse - read what the loader left (multiboot 1 or 2, PVH) */
void bootinfo_parse(uint32_t magic, uint32_t info);

/* memmap_add - a region as the firmware names it; memmap_finish sorts */
void memmap_add(uint64_t start, uint64_t end, uint32_t type);
void memmap_finish(void);

/* memmap_empty - nothing was added yet */
bool memmap_empty(void);

/* dom0_build - create dom0 from the modules; panics with a clear message */
void dom0_build(void);
