/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Xen notes of kernels old, new, odd and malformed. */
#include "common.h"
#include "elf_maker.h"
#include <xen/elfnote.h>
#include <pel/image.h>

static uint8_t area[1024];

static int parse(struct pel_ctx *ctx, size_t len, size_t align,
                 struct pel_notes *n)
{
    uint8_t *copy = malloc(len ? len : 1);
    struct pel_elf elf = { .entry = 0x1234, .nr_notes = 1 };
    int rc;

    memset(ctx, 0, sizeof(*ctx));
    memcpy(copy, area, len);
    elf.notes[0].data = copy;
    elf.notes[0].len = len;
    elf.notes[0].align = align;
    rc = pel_notes_parse(ctx, &elf, n);
    free(copy);
    return rc;
}

/* What Debian's kernel has, facts of the ABI 1.1. */
static size_t linux_notes(void)
{
    size_t at = 0;

    at = maker_note_text(area, at, XEN_ELFNOTE_GUEST_OS, "linux");
    at = maker_note_text(area, at, XEN_ELFNOTE_GUEST_VERSION, "2.6");
    at = maker_note_text(area, at, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    at = maker_note_u64(area, at, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000ull);
    at = maker_note_u64(area, at, XEN_ELFNOTE_INIT_P2M, 0x8000000000ull);
    at = maker_note_u64(area, at, XEN_ELFNOTE_ENTRY, 0xffffffff830791c0ull);
    at = maker_note_text(area, at, XEN_ELFNOTE_FEATURES,
                         "!writable_page_tables|pae_pgdir_above_4gb");
    at = maker_note_text(area, at, XEN_ELFNOTE_LOADER, "generic");
    at = maker_note(area, at, XEN_ELFNOTE_MOD_START_PFN, "\1\0\0\0", 4);
    at = maker_note_u64(area, at, XEN_ELFNOTE_PADDR_OFFSET, 0);
    at = maker_note_u64(area, at, XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850);
    return at;
}

static void notes_of_linux(void **state)
{
    struct pel_notes n;
    struct pel_ctx ctx;
    int rc = parse(&ctx, linux_notes(), 4, &n);

    (void)state;
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_string_equal(n.guest_os, "linux");
    assert_int_equal(n.virt_base, 0xffffffff80000000ull);
    assert_int_equal(n.entry, 0xffffffff830791c0ull);
    assert_true(n.has_init_p2m);
    assert_int_equal(n.init_p2m, 0x8000000000ull);
    assert_true(n.mod_start_pfn);
    assert_false(n.has_hypercall_page);
    assert_int_equal(n.paddr_offset, 0);
}

static void what_is_missing_is_filled_in(void **state)
{
    struct pel_notes n;
    struct pel_ctx ctx;
    size_t len = maker_note_text(area, 0, XEN_ELFNOTE_GUEST_OS, "tiny");

    (void)state;
    len = maker_note_u64(area, len, XEN_ELFNOTE_HYPERCALL_PAGE, 0x5000);
    assert_int_equal(parse(&ctx, len, 4, &n), 0);
    assert_int_equal(n.entry, 0x1234);
    assert_int_equal(n.virt_base, 0);
    assert_false(n.has_init_p2m);
    assert_false(n.mod_start_pfn);
    assert_true(n.has_hypercall_page);
    assert_int_equal(n.hypercall_page, 0x5000);
}

static void kernels_for_others_are_refused(void **state)
{
    struct pel_notes n;
    struct pel_ctx ctx;
    size_t len;

    (void)state;
    assert_int_equal(parse(&ctx, 0, 4, &n), -PEL_ENOTSUP);
    assert_told(&ctx, -1, "no Xen notes");
    len = maker_note_u64(area, 0, XEN_ELFNOTE_PHYS32_ENTRY, 0x100000);
    assert_int_equal(parse(&ctx, len, 4, &n), -PEL_ENOTSUP);
    assert_told(&ctx, -1, "PVH only");
    len = maker_note_text(area, 0, XEN_ELFNOTE_XEN_VERSION, "xen-4.0");
    assert_int_equal(parse(&ctx, len, 4, &n), -PEL_ENOTSUP);
    assert_told(&ctx, -1, "\"xen-4.0\"");
    len = maker_note_text(area, 0, XEN_ELFNOTE_LOADER, "special");
    assert_int_equal(parse(&ctx, len, 4, &n), -PEL_ENOTSUP);
    /* Without a NUL, and a prefix only. */
    len = maker_note(area, 0, XEN_ELFNOTE_LOADER, "gene", 4);
    assert_int_equal(parse(&ctx, len, 4, &n), -PEL_ENOTSUP);
}

static void malformed_notes_are_refused(void **state)
{
    static const uint8_t huge[12] = { 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xff, 0xff, 0xff, 1 };
    struct pel_notes n;
    struct pel_ctx ctx;
    size_t len;

    (void)state;
    len = maker_note(area, 0, XEN_ELFNOTE_ENTRY, "123", 3);
    assert_int_equal(parse(&ctx, len, 4, &n), -PEL_EFORMAT);
    memcpy(area, huge, sizeof(huge));
    assert_int_equal(parse(&ctx, sizeof(huge), 4, &n), -PEL_EFORMAT);
    assert_int_equal(parse(&ctx, sizeof(huge), 8, &n), -PEL_EFORMAT);

    len = linux_notes();
    for (size_t cut = 0; cut < len; cut++) {
        int rc = parse(&ctx, cut, 4, &n);

        assert_told(&ctx, rc, NULL);
    }
}

static void foreign_and_padded_notes_are_skipped(void **state)
{
    /* A property note of 8-byte alignment, then the last note unpadded. */
    struct pel_notes n;
    struct pel_ctx ctx;
    size_t len;

    (void)state;
    len = maker_note_text(area, 0, XEN_ELFNOTE_GUEST_OS, "x");
    area[12] = 'G'; /* owner "Gen": not ours, though the type is known */
    len = maker_note_text(area, len, XEN_ELFNOTE_GUEST_OS, "y");
    assert_int_equal(parse(&ctx, len - 2, 4, &n), 0);
    assert_string_equal(n.guest_os, "y");

    len = maker_note_text(area, 0, XEN_ELFNOTE_GUEST_OS, "zz");
    len = (len + 7) & ~(size_t)7;
    len = maker_note_u64(area, len, XEN_ELFNOTE_ENTRY, 77);
    assert_int_equal(parse(&ctx, len, 8, &n), 0);
    assert_int_equal(n.entry, 77);
}

static void a_long_name_is_cut(void **state)
{
    struct pel_notes n;
    struct pel_ctx ctx;
    size_t len = maker_note_text(area, 0, XEN_ELFNOTE_GUEST_OS,
                                 "0123456789012345678901234567890123456789");

    (void)state;
    assert_int_equal(parse(&ctx, len, 4, &n), 0);
    assert_int_equal(strlen(n.guest_os), sizeof(n.guest_os) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(notes_of_linux),
        cmocka_unit_test(what_is_missing_is_filled_in),
        cmocka_unit_test(kernels_for_others_are_refused),
        cmocka_unit_test(malformed_notes_are_refused),
        cmocka_unit_test(foreign_and_padded_notes_are_skipped),
        cmocka_unit_test(a_long_name_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
