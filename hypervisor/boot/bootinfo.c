/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the boot loader left, in one form whatever the protocol.
 * Sources: Multiboot Specification 0.6.96 and 2.0.
 */
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/cmdline.h>
#include <hv/layout.h>
#include <hv/string.h>

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

enum {
    MB2_END = 0,
    MB2_CMDLINE = 1,
    MB2_MODULE = 3,
    MB2_MMAP = 6,
    MB2_RSDP_OLD = 14,
    MB2_RSDP_NEW = 15
};

#define STRINGS 8192

struct boot_info boot_info;
const char *hv_cmdline = "";

/* Command lines outlive the loader's memory. */
static char strings[STRINGS];
static size_t strings_used;

static INIT_TEXT const void *phys(uint64_t addr)
{
    return (const void *)(DIRECT_BASE + addr);
}

static INIT_TEXT const char *keep_string(const char *s)
{
    char *to = strings + strings_used;
    size_t room = STRINGS - strings_used;

    if (room < 2)
        return "";
    copy_string(to, s, room);
    strings_used += strlen(to) + 1;
    return to;
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
    if (boot_info.nr_modules == MAX_BOOT_MODULES)
        return;
    boot_info.module[boot_info.nr_modules++] =
        (struct boot_module){ start, end, keep_string(s) };
}

static INIT_TEXT void parse_mb1(const struct mb1_info *info)
{
    const struct mb1_module *mod = phys(info->mods_addr);
    const char *loader =
        info->flags & MB1_LOADER ? phys(info->loader_name) : "";
    bool grub2 = !strncmp(loader, "GRUB 2", 6);

    if (info->flags & MB1_CMDLINE)
        boot_info.cmdline = keep_string(phys(info->cmdline));
    for (uint32_t i = 0; info->flags & MB1_MODULES && i < info->mods_count;
         i++) {
        const char *s = mod[i].string ? phys(mod[i].string) : "";

        add_module(mod[i].start, mod[i].end, grub2 ? s : skip_name(s));
    }
    if (!(info->flags & MB1_MMAP))
        panic("the boot loader gave no memory map");
    for (uint32_t off = 0; off < info->mmap_length;) {
        const struct mb1_mmap *m = phys(info->mmap_addr + off);

        memmap_add(m->addr, m->addr + m->len, m->type);
        off += m->size + 4;
    }
}

static INIT_TEXT void parse_mb2_mmap(const uint32_t *tag)
{
    uint32_t size = tag[1], entry = tag[2];

    for (uint32_t off = 16; entry >= 24 && off + entry <= size; off += entry) {
        const uint64_t *m = (const void *)((const char *)tag + off);

        memmap_add(m[0], m[0] + m[1], (uint32_t)m[2]);
    }
}

/* The loader's copy lies in memory that will be reused. */
static INIT_TEXT void keep_rsdp(const void *p, size_t len)
{
    static uint8_t copy[64] __attribute__((aligned(16)));

    memcpy(copy, p, MIN(len, sizeof(copy)));
    boot_info.rsdp = (uint64_t)copy - IMAGE_BASE;
}

static INIT_TEXT void parse_mb2(const uint32_t *info)
{
    uint32_t total = info[0];

    for (uint32_t off = 8; off + sizeof(struct mb2_tag) <= total;) {
        const uint32_t *tag = info + off / 4;

        switch (tag[0]) {
        case MB2_END:
            return;
        case MB2_CMDLINE:
            boot_info.cmdline = keep_string((const char *)&tag[2]);
            break;
        case MB2_MODULE:
            add_module(tag[2], tag[3], (const char *)&tag[4]);
            break;
        case MB2_MMAP:
            parse_mb2_mmap(tag);
            break;
        case MB2_RSDP_OLD:
        case MB2_RSDP_NEW:
            keep_rsdp(&tag[2], tag[1] - 8);
            break;
        }
        off += ALIGN_UP(tag[1], 8U);
    }
}

INIT_TEXT void bootinfo_parse(uint32_t magic, uint32_t info)
{
    boot_info.cmdline = "";
    if (magic == MB1_BOOT_MAGIC)
        parse_mb1(phys(info));
    else if (magic == MB2_BOOT_MAGIC)
        parse_mb2(phys(info));
    else
        panic("not started by a multiboot loader (magic %#x)", magic);
    hv_cmdline = boot_info.cmdline;
    memmap_finish();
}
