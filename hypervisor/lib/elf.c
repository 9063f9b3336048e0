/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Segments and Xen notes of a kernel image (pure). */
#include <hv/elf.h>
#include <hv/errno.h>
#include <hv/string.h>
#include <xen/elfnote.h>

#define PT_LOAD 1
#define PT_NOTE 4
#define SHT_NOTE 7
#define EM_X86_64 62

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, phoff, shoff;
    uint32_t flags;
    uint16_t ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct elf_phdr {
    uint32_t type, flags;
    uint64_t offset, vaddr, paddr, filesz, memsz, align;
};

struct elf_note {
    uint32_t namesz, descsz, type;
};

static bool range_in(uint64_t off, uint64_t len, size_t size)
{
    return off <= size && len <= size - off;
}

/* A number of 4 or 8 bytes; 0 if the note holds something else. */
static uint64_t note_number(const uint8_t *desc, uint32_t size)
{
    uint64_t v = 0;

    if (size == 4 || size == 8)
        memcpy(&v, desc, size);
    return v;
}

static bool note_is(const uint8_t *desc, uint32_t size, const char *want)
{
    return strnlen((const char *)desc, size) < size &&
           !strcmp((const char *)desc, want);
}

/* Notes that are a number, and where it goes. */
static const struct {
    uint32_t type, field;
} numbers[] = {
    { XEN_ELFNOTE_ENTRY, offsetof(struct elf_image, entry) },
    { XEN_ELFNOTE_VIRT_BASE, offsetof(struct elf_image, virt_base) },
    { XEN_ELFNOTE_PADDR_OFFSET, offsetof(struct elf_image, paddr_offset) },
    { XEN_ELFNOTE_HYPERCALL_PAGE, offsetof(struct elf_image, hypercall_page) },
    { XEN_ELFNOTE_INIT_P2M, offsetof(struct elf_image, init_p2m) },
    { XEN_ELFNOTE_MOD_START_PFN, offsetof(struct elf_image, mod_start_pfn) },
};

/* One note of owner "Xen"; returns why it makes the image unusable. */
static const char *take_note(struct elf_image *out, uint32_t type,
                             const uint8_t *desc, uint32_t size)
{
    switch (type) {
    case XEN_ELFNOTE_XEN_VERSION:
        if (!note_is(desc, size, "xen-3.0"))
            return "it wants another ABI than xen-3.0";
        break;
    case XEN_ELFNOTE_LOADER:
        if (!note_is(desc, size, "generic"))
            return "it wants another loader than \"generic\"";
        break;
    default:
        for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++)
            if (numbers[i].type == type)
                *(uint64_t *)((char *)out + numbers[i].field) =
                    note_number(desc, size);
    }
    out->has_notes = true;
    return NULL;
}

static const char *parse_notes(struct elf_image *out, const uint8_t *p,
                               size_t len)
{
    while (len >= sizeof(struct elf_note)) {
        struct elf_note n;
        uint64_t name, desc;
        const char *why;

        memcpy(&n, p, sizeof(n));
        name = ALIGN_UP((uint64_t)n.namesz, 4UL);
        desc = ALIGN_UP((uint64_t)n.descsz, 4UL);
        if (name > len - sizeof(n) || desc > len - sizeof(n) - name)
            return "a note is cut off";
        if (n.namesz == 4 && !memcmp(p + sizeof(n), "Xen", 4)) {
            why = take_note(out, n.type, p + sizeof(n) + name, n.descsz);
            if (why)
                return why;
        }
        p += sizeof(n) + name + desc;
        len -= sizeof(n) + name + desc;
    }
    return NULL;
}

static const char *take_segment(struct elf_image *out,
                                const struct elf_phdr *ph, size_t len)
{
    struct elf_segment *s;

    if (!ph->memsz)
        return NULL;
    if (out->nr_segs == ELF_MAX_SEGMENTS)
        return "it has too many segments";
    if (!range_in(ph->offset, ph->filesz, len) || ph->filesz > ph->memsz ||
        ph->paddr + ph->memsz < ph->paddr)
        return "a segment is cut off";
    s = &out->seg[out->nr_segs++];
    s->offset = ph->offset;
    s->filesz = ph->filesz;
    s->paddr = ph->paddr;
    s->memsz = ph->memsz;
    return NULL;
}

static const char *parse(const uint8_t *data, size_t len, struct elf_image *out)
{
    struct elf_header eh;
    const char *why = NULL;

    if (len < sizeof(eh))
        return "it is too short";
    memcpy(&eh, data, sizeof(eh));
    if (memcmp(eh.ident, "\177ELF\2\1", 6) || eh.machine != EM_X86_64)
        return "it is not an x86-64 ELF file";
    if (eh.phentsize != sizeof(struct elf_phdr) ||
        !range_in(eh.phoff, (uint64_t)eh.phnum * sizeof(struct elf_phdr), len))
        return "its program headers are cut off";

    out->entry = eh.entry;
    for (unsigned int i = 0; i < eh.phnum && !why; i++) {
        struct elf_phdr ph;

        memcpy(&ph, data + eh.phoff + i * sizeof(ph), sizeof(ph));
        if (ph.type == PT_LOAD)
            why = take_segment(out, &ph, len);
        else if (ph.type == PT_NOTE && range_in(ph.offset, ph.filesz, len))
            why = parse_notes(out, data + ph.offset, ph.filesz);
    }
    return why;
}

/* Images without PT_NOTE keep their notes in sections. */
static const char *parse_sections(const uint8_t *data, size_t len,
                                  struct elf_image *out)
{
    struct elf_shdr {
        uint32_t name, type;
        uint64_t flags, addr, offset, size;
        uint32_t link, info;
        uint64_t align, entsize;
    } sh;
    struct elf_header eh;
    const char *why = NULL;

    memcpy(&eh, data, sizeof(eh));
    if (eh.shentsize != sizeof(sh) ||
        !range_in(eh.shoff, (uint64_t)eh.shnum * sizeof(sh), len))
        return NULL;
    for (unsigned int i = 0; i < eh.shnum && !why; i++) {
        memcpy(&sh, data + eh.shoff + i * sizeof(sh), sizeof(sh));
        if (sh.type == SHT_NOTE && range_in(sh.offset, sh.size, len))
            why = parse_notes(out, data + sh.offset, sh.size);
    }
    return why;
}

int elf_parse(const void *data, size_t len, struct elf_image *out,
              const char **why)
{
    memset(out, 0, sizeof(*out));
    *why = parse(data, len, out);
    if (!*why && !out->has_notes)
        *why = parse_sections(data, len, out);
    if (!*why && !out->has_notes)
        *why = "it has no Xen notes: not a PV kernel";
    if (!*why && !out->nr_segs)
        *why = "it has nothing to load";
    return *why ? -EINVAL : 0;
}
