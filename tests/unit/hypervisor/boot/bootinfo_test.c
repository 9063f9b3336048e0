/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What loaders leave: understood where it is whole, else never believed. */
#include <hv/boot.h>
#include <hv/bug.h>
#include <hv/cmdline.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define MB1 0x2badb002U
#define MB2 0x36d76289U
#define PVH 0x336ec578U

#define BYTES 0x10000UL
#define INFO 0x1000U
#define EXTRA 0x2000U /* what the information points at */
#define TEXT 0x3000U
#define MAX_READS 64

static uint8_t memory[BYTES];
static void *reads[MAX_READS]; /* copies: a sanitizer watches their ends */
static unsigned int nr_reads;
static struct mem_region added[1000];
static unsigned int nr_added;
static jmp_buf panicked;

const void *boot_phys(uint64_t addr, size_t len)
{
    void *copy;

    if (!addr || addr > BYTES || len > BYTES - addr || nr_reads == MAX_READS)
        return NULL;
    copy = malloc(len);
    memcpy(copy, memory + addr, len);
    reads[nr_reads++] = copy;
    return copy;
}

uint64_t image_phys(const void *p) { return (uint64_t)p; }

void memmap_add(uint64_t start, uint64_t end, uint32_t type)
{
    if (start < end && nr_added < ARRAY_SIZE(added))
        added[nr_added++] = (struct mem_region){ start, end, type };
}

bool memmap_empty(void) { return !nr_added; }

void memmap_finish(void) {}

bool copy_string(char *to, const char *from, size_t size)
{
    size_t n = strnlen(from, size - 1);

    memcpy(to, from, n);
    to[n] = '\0';
    return !from[n];
}

void panic(const char *fmt, ...)
{
    (void)fmt;
    longjmp(panicked, 1);
}

static int build(void **state)
{
    (void)state;
    memset(memory, 0, sizeof(memory));
    memset(&boot_info, 0, sizeof(boot_info));
    nr_added = 0;
    strcpy((char *)memory + TEXT, "name one two");
    return 0;
}

/* Returns: true it was parsed, false it panicked. */
static bool parse(uint32_t magic)
{
    bool ok = !setjmp(panicked);

    if (ok)
        bootinfo_parse(magic, INFO);
    for (unsigned int i = 0; i < nr_reads; i++)
        free(reads[i]);
    nr_reads = 0;
    return ok;
}

static void put32(uint32_t at, unsigned int n, const uint32_t *words)
{
    memcpy(memory + at, words, n * sizeof(*words));
}

#define PUT(at, ...)                                                           \
    put32(at, sizeof((uint32_t[]){ __VA_ARGS__ }) / 4,                         \
          (uint32_t[]){ __VA_ARGS__ })

static void make_mb1(void)
{
    PUT(INFO, 1 << 2 | 1 << 3 | 1 << 6, 0, 0, 0, TEXT, 1, EXTRA, 0, 0, 0, 0, 24,
        EXTRA + 16);
    PUT(EXTRA, 0x4000, 0x5000, TEXT, 0);
    PUT(EXTRA + 16, 20, 0x100000, 0, 0x200000, 0, MEM_RAM);
}

static void make_mb2(void)
{
    PUT(INFO, 160, 0);
    PUT(INFO + 8, 1, 8 + 13);
    strcpy((char *)memory + INFO + 16, "name one two");
    PUT(INFO + 32, 3, 16 + 4, 0x4000, 0x5000);
    strcpy((char *)memory + INFO + 48, "arg");
    PUT(INFO + 56, 6, 16 + 24, 24, 0, 0x100000, 0, 0x200000, 0, MEM_RAM, 0);
    PUT(INFO + 96, 8, 38, 0xc0000000, 0, 3200, 800, 600, 1 << 8 | 32,
        16 | 8 << 8 | 8 << 16 | 8 << 24, 0 | 8 << 8);
    PUT(INFO + 136, 12, 16, 0x1234, 0);
    PUT(INFO + 152, 0, 8);
}

static void make_pvh(void)
{
    PUT(INFO, PVH, 1, 0, 1, EXTRA, 0, TEXT, 0, 0xe0000, 0, EXTRA + 32, 0, 1, 0);
    PUT(EXTRA, 0x4000, 0, 0x1000, 0, 0, 0, 0, 0);
    PUT(EXTRA + 32, 0x100000, 0, 0x200000, 0, MEM_RAM, 0);
}

static const struct {
    const char *why;
    uint32_t magic;
    void (*make)(void);
    const char *module_args;
    uint32_t bytes; /* of the information itself */
} protocols[] = {
    { "multiboot 1", MB1, make_mb1, "one two", 116 },
    { "multiboot 2", MB2, make_mb2, "arg", 160 },
    { "PVH", PVH, make_pvh, "", 56 },
};

static void each_protocol_is_understood(void **state)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(protocols); i++) {
        print_message("%s\n", protocols[i].why);
        build(state);
        protocols[i].make();
        assert_true(parse(protocols[i].magic));
        assert_string_equal(hv_cmdline, "name one two");
        assert_int_equal(boot_info.nr_modules, 1);
        assert_int_equal(boot_info.module[0].start, 0x4000);
        assert_int_equal(boot_info.module[0].end, 0x5000);
        assert_string_equal(boot_info.module[0].cmdline,
                            protocols[i].module_args);
        assert_int_equal(nr_added, 1);
        assert_int_equal(added[0].start, 0x100000);
        assert_int_equal(added[0].end, 0x300000);
        assert_int_equal(added[0].type, MEM_RAM);
    }
    assert_int_equal(boot_info.rsdp, 0xe0000);
}

static void a_framebuffer_and_efi_are_noted(void **state)
{
    (void)state;
    make_mb2();
    assert_true(parse(MB2));
    assert_int_equal(boot_info.efi_systab, 0x1234);
    assert_int_equal(boot_info.video.kind, VIDEO_PIXELS);
    assert_int_equal(boot_info.video.address, 0xc0000000);
    assert_int_equal(boot_info.video.pitch, 3200);
    assert_int_equal(boot_info.video.width, 800);
    assert_int_equal(boot_info.video.height, 600);
    assert_int_equal(boot_info.video.bits, 32);
    assert_int_equal(boot_info.video.color[0].shift, 16);
    assert_int_equal(boot_info.video.color[1].shift, 8);
    assert_int_equal(boot_info.video.color[2].bits, 8);
}

/* Its map counts only where there is no other. */
static void efi_s_map_stands_in(void **state)
{
    (void)state;
    PUT(INFO, 16 + 16 + 80 + 8, 0);
    PUT(INFO + 8, 17, 16 + 80, 40, 1);
    PUT(INFO + 24, 7, 0, 0x100000, 0, 0, 0, 16, 0, 0, 0);
    PUT(INFO + 64, 10, 0, 0x200000, 0, 0, 0, 1, 0, 0, 0);
    assert_true(parse(MB2));
    assert_int_equal(nr_added, 2);
    assert_int_equal(added[0].end, 0x110000);
    assert_int_equal(added[0].type, MEM_RAM);
    assert_int_equal(added[1].type, MEM_NVS);
}

static void without_a_map_there_is_no_boot(void **state)
{
    (void)state;
    PUT(INFO, 16, 0, 0, 8);
    assert_false(parse(MB2));
    assert_false(parse(MB1));
    assert_false(parse(PVH));
    assert_false(parse(0x12345678));
}

/* Any byte of what a loader leaves may be wrong. */
static void damage_does_no_harm(void **state)
{
    unsigned int parsed = 0;

    srandom(7);
    for (unsigned int i = 0; i < 60000; i++) {
        unsigned int p = i % ARRAY_SIZE(protocols);

        build(state);
        protocols[p].make();
        for (unsigned int k = random() % 4 + 1; k; k--) {
            uint32_t at = random() % 4 ? INFO + random() % protocols[p].bytes
                                       : EXTRA + random() % 64;

            memory[at] = random() % 3 ? random() : random() % 2 ? 0xff : 0;
        }
        parsed += parse(protocols[p].magic);
        assert_true(boot_info.nr_modules <= MAX_BOOT_MODULES);
        for (unsigned int k = 0; k < boot_info.nr_modules; k++)
            assert_true(boot_info.module[k].end <= BYTES &&
                        boot_info.module[k].start < boot_info.module[k].end);
    }
    assert_true(parsed > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_protocol_is_understood, build),
        cmocka_unit_test_setup(a_framebuffer_and_efi_are_noted, build),
        cmocka_unit_test_setup(efi_s_map_stands_in, build),
        cmocka_unit_test_setup(without_a_map_there_is_no_boot, build),
        cmocka_unit_test_setup(damage_does_no_harm, build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
