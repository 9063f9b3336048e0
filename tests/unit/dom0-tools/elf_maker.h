/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small ELF kernels for the tests: one program header per call. */
#ifndef TEST_ELF_MAKER_H
#define TEST_ELF_MAKER_H

#include <elf.h>
#include <string.h>
#include <stdint.h>

#define MAKER_DATA 0x1000 /* where segments' bytes begin */

struct maker {
    uint8_t bytes[0x8000];
    size_t len;
};

static inline Elf64_Ehdr *maker_header(struct maker *m)
{
    return (Elf64_Ehdr *)(void *)m->bytes;
}

static inline Elf64_Phdr *maker_phdr(struct maker *m, unsigned int i)
{
    return (Elf64_Phdr *)(void *)(m->bytes + sizeof(Elf64_Ehdr)) + i;
}

static inline void maker_begin(struct maker *m, uint64_t entry)
{
    Elf64_Ehdr *eh = maker_header(m);

    memset(m, 0, sizeof(*m));
    memcpy(eh->e_ident, ELFMAG, SELFMAG);
    eh->e_ident[EI_CLASS] = ELFCLASS64;
    eh->e_ident[EI_DATA] = ELFDATA2LSB;
    eh->e_machine = EM_X86_64;
    eh->e_entry = entry;
    eh->e_phoff = sizeof(*eh);
    eh->e_phentsize = sizeof(Elf64_Phdr);
    m->len = MAKER_DATA;
}

/* Adds a header over the bytes at the end; returns its index. */
static inline unsigned int maker_add(struct maker *m, uint32_t type,
                                     uint64_t paddr, uint64_t memsz,
                                     const void *bytes, size_t len)
{
    unsigned int i = maker_header(m)->e_phnum++;
    Elf64_Phdr *ph = maker_phdr(m, i);

    ph->p_type = type;
    ph->p_paddr = ph->p_vaddr = paddr;
    ph->p_offset = m->len;
    ph->p_filesz = len;
    ph->p_memsz = memsz;
    ph->p_align = 4;
    if (len)
        memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
    return i;
}

/* Appends one note of owner "Xen" to @to; returns the new length. */
static inline size_t maker_note(uint8_t *to, size_t at, uint32_t type,
                                const void *desc, uint32_t len)
{
    Elf64_Nhdr nh = { .n_namesz = 4, .n_descsz = len, .n_type = type };

    memcpy(to + at, &nh, sizeof(nh));
    memcpy(to + at + sizeof(nh), "Xen", 4);
    memcpy(to + at + sizeof(nh) + 4, desc, len);
    memset(to + at + sizeof(nh) + 4 + len, 0, 3);
    return (at + sizeof(nh) + 4 + len + 3) & ~(size_t)3;
}

static inline size_t maker_note_u64(uint8_t *to, size_t at, uint32_t type,
                                    uint64_t value)
{
    return maker_note(to, at, type, &value, sizeof(value));
}

static inline size_t maker_note_text(uint8_t *to, size_t at, uint32_t type,
                                     const char *text)
{
    return maker_note(to, at, type, text, strlen(text) + 1);
}

#endif
