/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ELF headers, right, wrong and cut anywhere. */
#include "common.h"
#include "elf_maker.h"
#include <pel/image.h>

static struct maker m;

static int parse(struct pel_ctx *ctx, size_t len, struct pel_elf *elf)
{
    uint8_t *copy = malloc(len ? len : 1); /* exact, for ASan */
    int rc;

    memset(ctx, 0, sizeof(*ctx));
    memcpy(copy, m.bytes, len);
    rc = pel_elf_parse(ctx, copy, len, elf);
    free(copy); /* the segments' pointers are not followed below */
    return rc;
}

static void make_usual(void)
{
    maker_begin(&m, 0x100000);
    maker_add(&m, PT_LOAD, 0x100000, 0x2000, "code", 4);
    maker_add(&m, PT_LOAD, 0x200000, 0x1000, NULL, 0);
    maker_add(&m, PT_LOAD, 0x300000, 0, NULL, 0);
    maker_add(&m, PT_NOTE, 0, 0, "notesnotesnotes!", 16);
}

static void segments_and_notes_are_found(void **state)
{
    struct pel_ctx ctx;
    struct pel_elf elf;

    (void)state;
    make_usual();
    assert_int_equal(parse(&ctx, m.len, &elf), 0);
    assert_int_equal(elf.nr_segs, 2); /* the empty one does not count */
    assert_int_equal(elf.segs[0].paddr, 0x100000);
    assert_int_equal(elf.segs[0].filesz, 4);
    assert_int_equal(elf.segs[0].memsz, 0x2000);
    assert_int_equal(elf.segs[1].filesz, 0);
    assert_int_equal(elf.entry, 0x100000);
    assert_int_equal(elf.nr_notes, 1);
    assert_int_equal(elf.notes[0].len, 16);
}

static void notes_of_sections_count_without_segments(void **state)
{
    struct pel_ctx ctx;
    struct pel_elf elf;
    Elf64_Ehdr *eh = maker_header(&m);
    Elf64_Shdr sh = { .sh_type = SHT_NOTE,
                      .sh_offset = MAKER_DATA,
                      .sh_size = 4,
                      .sh_addralign = 8 };

    (void)state;
    maker_begin(&m, 0);
    maker_add(&m, PT_LOAD, 0, 0x1000, "code", 4);
    eh->e_shoff = m.len;
    eh->e_shentsize = sizeof(sh);
    eh->e_shnum = 1;
    memcpy(m.bytes + m.len, &sh, sizeof(sh));
    m.len += sizeof(sh);
    assert_int_equal(parse(&ctx, m.len, &elf), 0);
    assert_int_equal(elf.nr_notes, 1);
    assert_int_equal(elf.notes[0].align, 8);

    /* A table that is cut off is as good as none. */
    assert_int_equal(parse(&ctx, m.len - 1, &elf), 0);
    assert_int_equal(elf.nr_notes, 0);
}

static void every_prefix_is_refused(void **state)
{
    (void)state;
    make_usual();
    for (size_t len = 0; len < m.len; len += len < 0x200 ? 1 : 97) {
        struct pel_ctx ctx;
        struct pel_elf elf;
        int rc = parse(&ctx, len, &elf);

        assert_true(rc < 0);
        assert_told(&ctx, rc, NULL);
    }
}

static void other_machines_are_refused(void **state)
{
    struct pel_ctx ctx;
    struct pel_elf elf;

    (void)state;
    make_usual();
    m.bytes[EI_CLASS] = ELFCLASS32;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_ENOTSUP);
    assert_told(&ctx, -1, "only 64-bit");
    make_usual();
    maker_header(&m)->e_machine = EM_AARCH64;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_ENOTSUP);
    make_usual();
    m.bytes[EI_DATA] = ELFDATA2MSB;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_ENOTSUP);
    make_usual();
    m.bytes[0] = 0;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
}

static void numbers_that_overflow_are_refused(void **state)
{
    struct pel_ctx ctx;
    struct pel_elf elf;

    (void)state;
    make_usual();
    maker_phdr(&m, 0)->p_offset = UINT64_MAX - 1;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    make_usual();
    maker_phdr(&m, 0)->p_filesz = UINT64_MAX;
    maker_phdr(&m, 0)->p_memsz = UINT64_MAX;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    make_usual();
    maker_phdr(&m, 0)->p_filesz = 0x3000; /* more than memsz */
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    make_usual();
    maker_header(&m)->e_phoff = UINT64_MAX - 8;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    make_usual();
    maker_header(&m)->e_phnum = 0xffff;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    make_usual();
    maker_header(&m)->e_phentsize = 8;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    make_usual();
    maker_phdr(&m, 3)->p_filesz = UINT64_MAX;
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
}

static void too_much_and_nothing_are_refused(void **state)
{
    struct pel_ctx ctx;
    struct pel_elf elf;

    (void)state;
    maker_begin(&m, 0);
    for (int i = 0; i <= PEL_SEGMENTS_MAX; i++)
        maker_add(&m, PT_LOAD, 0x1000, 1, NULL, 0);
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    maker_begin(&m, 0);
    maker_add(&m, PT_NOTE, 0, 0, NULL, 0);
    assert_int_equal(parse(&ctx, m.len, &elf), -PEL_EFORMAT);
    assert_told(&ctx, -1, "nothing to load");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_and_notes_are_found),
        cmocka_unit_test(notes_of_sections_count_without_segments),
        cmocka_unit_test(every_prefix_is_refused),
        cmocka_unit_test(other_machines_are_refused),
        cmocka_unit_test(numbers_that_overflow_are_refused),
        cmocka_unit_test(too_much_and_nothing_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
