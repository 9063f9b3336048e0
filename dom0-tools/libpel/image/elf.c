/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ELF headers of a kernel: what to load, and where its notes are.
 *
 * Headers are copied out before use: an image may put them at any address.
 */
#include <elf.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/image.h>

struct image {
    struct pel_ctx *ctx;
    const uint8_t *data;
    size_t len;
};

static bool inside(const struct image *img, uint64_t off, uint64_t size)
{
    return off <= img->len && size <= img->len - off;
}

static int check_header(const struct image *img, Elf64_Ehdr *eh)
{
    struct pel_ctx *ctx = img->ctx;

    if (img->len < EI_NIDENT || memcmp(img->data, ELFMAG, SELFMAG))
        return pel_fail(ctx, PEL_EFORMAT, "the kernel is not an ELF image");
    if (img->data[EI_CLASS] == ELFCLASS32)
        return pel_fail(ctx, PEL_ENOTSUP,
                        "the kernel is 32-bit: only 64-bit PV is supported");
    if (img->len < sizeof(*eh))
        return pel_fail(ctx, PEL_EFORMAT, "the kernel's ELF is truncated");

    memcpy(eh, img->data, sizeof(*eh));
    if (eh->e_ident[EI_CLASS] != ELFCLASS64 ||
        eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != EM_X86_64)
        return pel_fail(ctx, PEL_ENOTSUP, "the kernel is not for x86-64");
    if (eh->e_phnum == 0 || eh->e_phentsize != sizeof(Elf64_Phdr) ||
        !inside(img, eh->e_phoff, (uint64_t)eh->e_phnum * sizeof(Elf64_Phdr)))
        return pel_fail(ctx, PEL_EFORMAT,
                        "the kernel's program headers are truncated");
    return 0;
}

static int add_segment(const struct image *img, const Elf64_Phdr *ph,
                       struct pel_elf *elf)
{
    if (ph->p_memsz == 0)
        return 0;
    if (elf->nr_segs == PEL_SEGMENTS_MAX)
        return pel_fail(img->ctx, PEL_EFORMAT,
                        "the kernel has more than %d segments",
                        PEL_SEGMENTS_MAX);
    if (ph->p_filesz > ph->p_memsz || !inside(img, ph->p_offset, ph->p_filesz))
        return pel_fail(img->ctx, PEL_EFORMAT,
                        "the kernel's ELF is truncated: a segment ends "
                        "outside of it");
    elf->segs[elf->nr_segs++] = (struct pel_segment){
        .paddr = ph->p_paddr,
        .memsz = ph->p_memsz,
        .data = img->data + ph->p_offset,
        .filesz = ph->p_filesz,
    };
    return 0;
}

static int add_notes(const struct image *img, uint64_t off, uint64_t size,
                     uint64_t align, struct pel_elf *elf)
{
    if (!inside(img, off, size))
        return pel_fail(img->ctx, PEL_EFORMAT,
                        "the kernel's notes lie outside of its file");
    if (elf->nr_notes == PEL_SEGMENTS_MAX)
        return 0; /* none of ours come in so many pieces */
    elf->notes[elf->nr_notes].data = img->data + off;
    elf->notes[elf->nr_notes].len = size;
    elf->notes[elf->nr_notes].align = align == 8 ? 8 : 4;
    elf->nr_notes++;
    return 0;
}

static int walk_sections(const struct image *img, const Elf64_Ehdr *eh,
                         struct pel_elf *elf)
{
    int rc = 0;

    if (eh->e_shentsize != sizeof(Elf64_Shdr) ||
        !inside(img, eh->e_shoff, (uint64_t)eh->e_shnum * sizeof(Elf64_Shdr)))
        return 0; /* sections are optional */
    for (unsigned int i = 0; i < eh->e_shnum && !rc; i++) {
        Elf64_Shdr sh;

        memcpy(&sh, img->data + eh->e_shoff + i * sizeof(sh), sizeof(sh));
        if (sh.sh_type == SHT_NOTE)
            rc = add_notes(img, sh.sh_offset, sh.sh_size, sh.sh_addralign, elf);
    }
    return rc;
}

int pel_elf_parse(struct pel_ctx *ctx, const uint8_t *data, size_t len,
                  struct pel_elf *elf)
{
    struct image img = { .ctx = ctx, .data = data, .len = len };
    Elf64_Ehdr eh;
    int rc;

    memset(elf, 0, sizeof(*elf));
    rc = check_header(&img, &eh);
    for (unsigned int i = 0; !rc && i < eh.e_phnum; i++) {
        Elf64_Phdr ph;

        memcpy(&ph, data + eh.e_phoff + i * sizeof(ph), sizeof(ph));
        if (ph.p_type == PT_LOAD)
            rc = add_segment(&img, &ph, elf);
        else if (ph.p_type == PT_NOTE)
            rc = add_notes(&img, ph.p_offset, ph.p_filesz, ph.p_align, elf);
    }
    if (!rc && elf->nr_notes == 0)
        rc = walk_sections(&img, &eh, elf);
    if (rc)
        return rc;

    if (elf->nr_segs == 0)
        return pel_fail(ctx, PEL_EFORMAT, "the kernel has nothing to load");
    elf->entry = eh.e_entry;
    return 0;
}
