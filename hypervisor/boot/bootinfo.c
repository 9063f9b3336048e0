/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot loader left, in one form whatever the protocol.
 * Sources: Multiboot Specification 0.6.96 and 2.0; <xen/.../start_info.h>.
 */
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/cmdline.h>
#include <hv/string.h>
#include <xen/xen.h>
#include <xen/arch-x86/hvm/start_info.h>

#define MB1_BOOT_MAGIC 0x2badb002U
#define MB2_BOOT_MAGIC 0x36d76289U

#define MB1_CMDLINE (1U << 2)
#define MB1_MODULES (1U << 3)
#define MB1_MMAP (1U << 6)
#define MB1_LOADER (1U << 9)

struct mb1_info {
    uint32_t flags, mem_lower, mem_upper, boot_device, cmdline;
    uint32_t mods_count, mods_addr, syms[4], mmap_length, mmap_addr;
    uint32_t drives_length, drives_addr, config_table, loader_name;
};

struct mb1_module {
    uint32_t start, end, string, reserved;
};

struct mb1_mmap {
    uint32_t size; /* of the rest */
    uint64_t addr, len;
    uint32_t type;
} __attribute__((packed));

struct mb2_tag {
    uint32_t type, size;
};

struct mb2_screen {
    struct mb2_tag tag;
    uint64_t address;
    uint32_t pitch, width, height;
    uint8_t bits, type;
    uint16_t reserved;
    uint8_t colors[6]; /* position and size of red, green, blue */
} __attribute__((packed));

#define MB2_SCREEN_RGB 1
#define MB2_SCREEN_TEXT 2

enum {
    MB2_END = 0,
    MB2_CMDLINE = 1,
    MB2_MODULE = 3,
    MB2_MMAP = 6,
    MB2_SCREEN = 8,
    MB2_EFI64 = 12,
    MB2_RSDP_OLD = 14,
    MB2_RSDP_NEW = 15,
    MB2_EFI_MMAP = 17
};

/* EFI's types of memory that are free once its boot services are gone. */
#define EFI_FREE (1U << 1 | 1U << 2 | 1U << 3 | 1U << 4 | 1U << 7)
#define EFI_ACPI 9
#define EFI_NVS 10
#define EFI_PAGE 4096

#define STRINGS 8192

struct boot_info boot_info;
const char *hv_cmdline = "";

/* Command lines outlive the loader's memory. */
static char strings[STRINGS];
static size_t strings_used;

/* What cannot be read ends here: without it there is nothing to boot. */
static INIT_TEXT const void *phys(uint64_t addr, size_t len)
{
    const void *p = boot_phys(addr, len);

    if (!p)
        panic("boot loader data at %#lx, which cannot be read", addr);
    return p;
}

static INIT_TEXT const char *keep_string(const char *s, size_t max)
{
    char *to = strings + strings_used;
    size_t room = STRINGS - strings_used;
    size_t n = MIN(strnlen(s, max), room - 1);

    memcpy(to, s, n);
    to[n] = '\0';
    strings_used += MIN(n + 1, room - 1);
    return to;
}

/* A string whose end only its terminator tells. */
static INIT_TEXT const char *keep_phys_string(uint64_t addr)
{
    return keep_string(phys(addr, STRINGS), STRINGS);
}

/* Loaders other than GRUB 2 put the file's name before its arguments. */
static INIT_TEXT const char *skip_name(const char *s)
{
    while (*s && *s != ' ')
        s++;
    while (*s == ' ')
        s++;
    return s;
}

static INIT_TEXT void add_module(uint64_t start, uint64_t end, const char *s)
{
    if (boot_info.nr_modules == MAX_BOOT_MODULES || start >= end ||
        !boot_phys(start, end - start))
        return;
    boot_info.module[boot_info.nr_modules++] =
        (struct boot_module){ start, end, s };
}

/* ---- multiboot 1 ---- */

static INIT_TEXT void parse_mb1_modules(const struct mb1_info *info, bool grub2)
{
    unsigned int n = MIN(info->mods_count, (uint32_t)MAX_BOOT_MODULES);
    const struct mb1_module *mod = phys(info->mods_addr, n * sizeof(*mod));

    for (unsigned int i = 0; i < n; i++) {
        const char *s = mod[i].string ? keep_phys_string(mod[i].string) : "";

        add_module(mod[i].start, mod[i].end, grub2 ? s : skip_name(s));
    }
}

static INIT_TEXT void parse_mb1(uint32_t addr)
{
    const struct mb1_info *info = phys(addr, sizeof(*info));
    const char *loader =
        info->flags & MB1_LOADER ? phys(info->loader_name, 6) : "";
    const char *map;
    const struct mb1_mmap *m;

    if (info->flags & MB1_CMDLINE)
        boot_info.cmdline = keep_phys_string(info->cmdline);
    if (info->flags & MB1_MODULES)
        parse_mb1_modules(info, !strncmp(loader, "GRUB 2", 6));
    if (!(info->flags & MB1_MMAP))
        return;
    map = phys(info->mmap_addr, info->mmap_length);
    for (uint64_t off = 0; off + sizeof(*m) <= info->mmap_length;
         off += (uint64_t)m->size + 4) {
        m = (const void *)(map + off);
        memmap_add(m->addr, m->addr + m->len, m->type);
    }
}

/* ---- multiboot 2 ---- */

static INIT_TEXT void mb2_cmdline(const struct mb2_tag *t)
{
    boot_info.cmdline =
        keep_string((const char *)(t + 1), t->size - sizeof(*t));
}

static INIT_TEXT void mb2_module(const struct mb2_tag *t)
{
    const uint32_t *range = (const void *)(t + 1);

    add_module(range[0], range[1],
               keep_string((const char *)&range[2], t->size - 16));
}

static INIT_TEXT void mb2_mmap(const struct mb2_tag *t)
{
    uint32_t entry = *(const uint32_t *)(t + 1);

    for (uint64_t off = 16; entry >= 24 && off + entry <= t->size;
         off += entry) {
        const uint64_t *m = (const void *)((const char *)t + off);

        memmap_add(m[0], m[0] + m[1], (uint32_t)m[2]);
    }
}

static INIT_TEXT uint32_t e820_type(uint32_t efi)
{
    if (efi < 32 && EFI_FREE >> efi & 1)
        return MEM_RAM;
    if (efi == EFI_ACPI)
        return MEM_ACPI;
    return efi == EFI_NVS ? MEM_NVS : MEM_RESERVED;
}

/* The firmware's own map, for loaders that do not translate it. */
static INIT_TEXT void mb2_efi_mmap(const struct mb2_tag *t)
{
    uint32_t entry = *(const uint32_t *)(t + 1);

    for (uint64_t off = 16; entry >= 40 && off + entry <= t->size;
         off += entry) {
        const uint64_t *d = (const void *)((const char *)t + off);

        if (d[3] <= UINT64_MAX / EFI_PAGE)
            memmap_add(d[1], d[1] + d[3] * EFI_PAGE, e820_type(d[0]));
    }
}

static INIT_TEXT void mb2_screen(const struct mb2_tag *t)
{
    const struct mb2_screen *s = (const void *)t;
    struct boot_video *v = &boot_info.video;

    *v = (struct boot_video){ .bits = s->bits,
                              .pitch = s->pitch,
                              .width = s->width,
                              .height = s->height,
                              .address = s->address };
    if (s->type == MB2_SCREEN_TEXT)
        v->kind = VIDEO_TEXT;
    if (s->type != MB2_SCREEN_RGB || t->size < sizeof(*s))
        return;
    v->kind = VIDEO_PIXELS;
    memcpy(v->color, s->colors, sizeof(v->color));
}

static INIT_TEXT void mb2_efi64(const struct mb2_tag *t)
{
    boot_info.efi_systab = *(const uint64_t *)(t + 1);
}

/* The loader's copy lies in memory that will be reused. */
static INIT_TEXT void mb2_rsdp(const struct mb2_tag *t)
{
    static uint8_t copy[64] __attribute__((aligned(16)));

    memcpy(copy, t + 1, MIN(t->size - sizeof(*t), sizeof(copy)));
    boot_info.rsdp_copy = image_phys(copy);
}

// clang-format off
static const struct {
    void (*fn)(const struct mb2_tag *tag);
    uint32_t bytes; /* a tag that is shorter is ignored */
} tags[] INIT_RODATA = {
    [MB2_CMDLINE]  = { mb2_cmdline,  8 },
    [MB2_MODULE]   = { mb2_module,   16 },
    [MB2_MMAP]     = { mb2_mmap,     16 },
    [MB2_SCREEN]   = { mb2_screen,   32 },
    [MB2_EFI64]    = { mb2_efi64,    16 },
    [MB2_RSDP_OLD] = { mb2_rsdp,     28 },
    [MB2_RSDP_NEW] = { mb2_rsdp,     44 },
};
// clang-format on

static INIT_TEXT void parse_mb2(uint32_t addr)
{
    const uint32_t *info = phys(addr, 8);
    const char *base = phys(addr, info[0]);
    const struct mb2_tag *t, *efi_mmap = NULL;

    for (uint64_t off = 8; off + sizeof(*t) <= info[0];
         off += ALIGN_UP((uint64_t)t->size, 8)) {
        t = (const void *)(base + off);
        if (t->type == MB2_END || t->size < sizeof(*t) ||
            off + t->size > info[0])
            break;
        if (t->type == MB2_EFI_MMAP && t->size >= 16)
            efi_mmap = t;
        if (t->type < ARRAY_SIZE(tags) && tags[t->type].fn &&
            t->size >= tags[t->type].bytes)
            tags[t->type].fn(t);
    }
    if (efi_mmap && memmap_empty())
        mb2_efi_mmap(efi_mmap);
}

/* ---- PVH ---- */

static INIT_TEXT void parse_pvh(uint32_t addr)
{
    const struct hvm_start_info *info = phys(addr, sizeof(*info));
    unsigned int n = MIN(info->nr_modules, (uint32_t)MAX_BOOT_MODULES);
    const struct hvm_modlist_entry *mod;
    const struct hvm_memmap_table_entry *map;

    if (info->cmdline_paddr)
        boot_info.cmdline = keep_phys_string(info->cmdline_paddr);
    mod = n ? phys(info->modlist_paddr, n * sizeof(*mod)) : NULL;
    for (unsigned int i = 0; i < n; i++)
        add_module(mod[i].paddr, mod[i].paddr + mod[i].size,
                   mod[i].cmdline_paddr ? keep_phys_string(mod[i].cmdline_paddr)
                                        : "");
    boot_info.rsdp = info->rsdp_paddr;
    if (info->version < 1 || !info->memmap_entries)
        return;
    map = phys(info->memmap_paddr, info->memmap_entries * sizeof(*map));
    for (uint32_t i = 0; i < info->memmap_entries; i++)
        memmap_add(map[i].addr, map[i].addr + map[i].size, map[i].type);
}

INIT_TEXT void bootinfo_parse(uint32_t magic, uint32_t info)
{
    boot_info.cmdline = "";
    if (magic == MB1_BOOT_MAGIC)
        parse_mb1(info);
    else if (magic == MB2_BOOT_MAGIC)
        parse_mb2(info);
    else if (magic == XEN_HVM_START_MAGIC_VALUE)
        parse_pvh(info);
    else
        panic("not started by a boot loader (magic %#x)", magic);
    if (memmap_empty())
        panic("the boot loader gave no memory map");
    hv_cmdline = boot_info.cmdline;
    memmap_finish();
}
