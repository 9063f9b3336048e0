/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a linked ELF64 image as the ELF32 that multiboot 1 loaders accept:
 * the same bytes at the same physical addresses, virtual = physical.
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SEGMENTS 8

static void die(const char *what, const char *file)
{
    fprintf(stderr, "elf32: %s: %s\n", file, what);
    exit(1);
}

static unsigned char *read_file(const char *name, size_t *len)
{
    FILE *f = fopen(name, "rb");
    unsigned char *buf;
    long size;

    if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0)
        die("cannot read", name);
    rewind(f);
    buf = malloc(size ? size : 1);
    if (!buf || fread(buf, 1, size, f) != (size_t)size)
        die("cannot read", name);
    fclose(f);
    *len = size;
    return buf;
}

/* Fills @out from the loadable segments of @in; returns how many.  *@entry
 * becomes physical too. */
static unsigned int convert(const unsigned char *img, size_t len,
                            const Elf64_Ehdr *in, Elf32_Phdr *out,
                            Elf32_Addr *entry, const char *name)
{
    unsigned int n = 0;
    Elf32_Word offset = sizeof(Elf32_Ehdr) + MAX_SEGMENTS * sizeof(Elf32_Phdr);

    for (unsigned int i = 0; i < in->e_phnum; i++) {
        const Elf64_Phdr *p =
            (const void *)(img + in->e_phoff + i * sizeof(*p));

        if (p->p_type != PT_LOAD)
            continue;
        if (n == MAX_SEGMENTS || p->p_offset + p->p_filesz > len ||
            p->p_paddr + p->p_memsz > 0xffffffffUL)
            die("segment does not fit", name);
        out[n++] = (Elf32_Phdr){
            .p_type = PT_LOAD,
            .p_offset = offset,
            .p_vaddr = p->p_paddr,
            .p_paddr = p->p_paddr,
            .p_filesz = p->p_filesz,
            .p_memsz = p->p_memsz,
            .p_flags = p->p_flags,
            .p_align = 1,
        };
        offset += p->p_filesz;
        if (in->e_entry - p->p_vaddr < p->p_memsz)
            *entry = in->e_entry - p->p_vaddr + p->p_paddr;
    }
    return n;
}

int main(int argc, char **argv)
{
    Elf32_Phdr ph[MAX_SEGMENTS] = { 0 };
    const Elf64_Ehdr *in;
    Elf32_Addr entry = 0;
    unsigned char *img;
    unsigned int n;
    size_t len;
    FILE *f;

    if (argc != 3)
        die("usage: elf32 IN OUT", argv[0]);
    img = read_file(argv[1], &len);
    in = (const void *)img;
    if (len < sizeof(*in) || memcmp(in->e_ident, ELFMAG, SELFMAG) ||
        in->e_ident[EI_CLASS] != ELFCLASS64 ||
        in->e_phoff + in->e_phnum * sizeof(Elf64_Phdr) > len)
        die("not an ELF64 file", argv[1]);
    n = convert(img, len, in, ph, &entry, argv[1]);
    if (!entry)
        die("entry point is in no segment", argv[1]);

    Elf32_Ehdr eh = {
        .e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
                     ELFDATA2LSB, EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = EM_386,
        .e_version = EV_CURRENT,
        .e_entry = entry,
        .e_phoff = sizeof(eh),
        .e_ehsize = sizeof(eh),
        .e_phentsize = sizeof(Elf32_Phdr),
        .e_phnum = n,
        .e_shentsize = sizeof(Elf32_Shdr),
    };

    f = fopen(argv[2], "wb");
    if (!f || fwrite(&eh, sizeof(eh), 1, f) != 1 ||
        fwrite(ph, sizeof(ph), 1, f) != 1)
        die("cannot write", argv[2]);
    for (unsigned int i = 0; i < in->e_phnum; i++) {
        const Elf64_Phdr *p =
            (const void *)(img + in->e_phoff + i * sizeof(*p));

        if (p->p_type != PT_LOAD)
            continue;
        if (p->p_filesz && fwrite(img + p->p_offset, p->p_filesz, 1, f) != 1)
            die("cannot write", argv[2]);
    }
    if (fclose(f))
        die("cannot write", argv[2]);
    free(img);
    return 0;
}
