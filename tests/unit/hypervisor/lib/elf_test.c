/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel images: what is believed, and what is refused. */
#include <hv/elf.h>
#include <hv/errno.h>
#include <hv/string.h>
#include <xen/elfnote.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define FILE_SIZE 1024
#define NOTES_AT 512

/* A small image: header, one PT_LOAD, one PT_NOTE. */
static uint8_t file[FILE_SIZE];
static size_t notes_len;

static void put16(size_t at, uint16_t v) { memcpy(file + at, &v, 2); }

static void put32(size_t at, uint32_t v) { memcpy(file + at, &v, 4); }

static void put64(size_t at, uint64_t v) { memcpy(file + at, &v, 8); }

static void add_note(uint32_t type, const void *desc, uint32_t size)
{
    size_t at = NOTES_AT + notes_len;

    put32(at, 4);
    put32(at + 4, size);
    put32(at + 8, type);
    memcpy(file + at + 12, "Xen", 4);
    memcpy(file + at + 16, desc, size);
    notes_len += 16 + ALIGN_UP(size, 4U);
    put64(64 + 56 + 32, notes_len);
}

static void add_number(uint32_t type, uint64_t v)
{
    add_note(type, &v, sizeof(v));
}

static int fresh(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    notes_len = 0;
    memcpy(file, "\177ELF\2\1\1", 7);
    put16(16, 2);
    put16(18, 62);
    put64(24, 0x1234);
    put64(32, 64);
    put16(54, 56);
    put16(56, 2);
    put32(64, 1);             /* PT_LOAD */
    put64(64 + 8, 256);       /* offset */
    put64(64 + 24, 0x100000); /* paddr */
    put64(64 + 32, 100);
    put64(64 + 40, 5000);
    put32(64 + 56, 4); /* PT_NOTE */
    put64(64 + 56 + 8, NOTES_AT);
    return 0;
}

static int parse(struct elf_image *img)
{
    const char *why;
    int ret = elf_parse(file, sizeof(file), img, &why);

    assert_int_equal(ret == 0, why == NULL);
    return ret;
}

static void defaults_without_notes_for_them(void **state)
{
    struct elf_image img;

    (void)state;
    add_note(XEN_ELFNOTE_LOADER, "generic", 8);
    assert_int_equal(parse(&img), 0);
    assert_int_equal(img.entry, 0x1234);
    assert_int_equal(img.virt_base, 0);
    assert_int_equal(img.nr_segs, 1);
    assert_int_equal(img.seg[0].memsz, 5000);
}

static void notes_are_read(void **state)
{
    struct elf_image img;

    (void)state;
    add_number(XEN_ELFNOTE_ENTRY, 0xffffffff81000000UL);
    add_number(XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000UL);
    add_number(XEN_ELFNOTE_INIT_P2M, 0x8000000000UL);
    add_number(XEN_ELFNOTE_MOD_START_PFN, 1);
    assert_int_equal(parse(&img), 0);
    assert_true(img.entry == 0xffffffff81000000UL);
    assert_true(img.virt_base == 0xffffffff80000000UL);
    assert_true(img.init_p2m == 0x8000000000UL);
    assert_true(img.mod_start_pfn);
}

static void other_kernels_are_refused(void **state)
{
    struct elf_image img;

    (void)state;
    assert_int_equal(parse(&img), -EINVAL); /* no notes: not PV */
    add_note(XEN_ELFNOTE_XEN_VERSION, "xen-2.0", 8);
    assert_int_equal(parse(&img), -EINVAL);
}

static void an_unterminated_string_is_no_match(void **state)
{
    struct elf_image img;

    (void)state;
    add_note(XEN_ELFNOTE_LOADER, "generic", 7);
    assert_int_equal(parse(&img), -EINVAL);
}

static const struct {
    const char *why;
    size_t at;
    uint64_t value;
} corruptions[] = {
    { "segment behind the end of the file", 64 + 8, FILE_SIZE },
    { "file size that wraps", 64 + 32, UINT64_MAX - 100 },
    { "more bytes in the file than in memory", 64 + 40, 10 },
    { "memory size that wraps", 64 + 40, UINT64_MAX },
    { "program headers behind the end", 32, FILE_SIZE - 20 },
};

static void corrupt_files_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(corruptions); i++) {
        struct elf_image img;

        print_message("%s\n", corruptions[i].why);
        fresh(NULL);
        add_number(XEN_ELFNOTE_ENTRY, 1);
        put64(corruptions[i].at, corruptions[i].value);
        assert_int_equal(parse(&img), -EINVAL);
    }
}

static void every_cut_stays_inside_the_file(void **state)
{
    (void)state;
    add_number(XEN_ELFNOTE_ENTRY, 1);
    for (size_t len = 0; len < sizeof(file); len++) {
        uint8_t *exact = test_malloc(len ? len : 1);
        struct elf_image img;
        const char *why;

        memcpy(exact, file, len);
        elf_parse(exact, len, &img, &why);
        test_free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(defaults_without_notes_for_them, fresh),
        cmocka_unit_test_setup(notes_are_read, fresh),
        cmocka_unit_test_setup(other_kernels_are_refused, fresh),
        cmocka_unit_test_setup(an_unterminated_string_is_no_match, fresh),
        cmocka_unit_test_setup(corrupt_files_are_refused, fresh),
        cmocka_unit_test_setup(every_cut_stays_inside_the_file, fresh),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
