/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory runs out at the first allocation, the second, and so on, until all
 * of it works.  Each time the answer is an error and nothing leaks, which the
 * address sanitizer checks when the program ends.
 *
 * The linker redirects our own calls of malloc and the like to here; what
 * libraries allocate inside is theirs.
 */
#include "common.h"
#include "elf_maker.h"
#include "packers.h"
#include <pel/config.h>
#include <pel/image.h>

static unsigned int calls, fail_at;

static bool fails(void) { return ++calls == fail_at; }

void *__real_malloc(size_t size);
void *__real_calloc(size_t nr, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_reallocarray(void *p, size_t nr, size_t size);
char *__real_strdup(const char *s);
char *__real_strndup(const char *s, size_t len);

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
    return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *p, size_t size)
{
    return fails() ? NULL : __real_realloc(p, size);
}

void *__wrap_reallocarray(void *p, size_t nr, size_t size)
{
    return fails() ? NULL : __real_reallocarray(p, nr, size);
}

char *__wrap_strdup(const char *s) { return fails() ? NULL : __real_strdup(s); }

char *__wrap_strndup(const char *s, size_t len)
{
    return fails() ? NULL : __real_strndup(s, len);
}

/* Runs @fn with each allocation failing in turn, and at last with none. */
static void fail_each(int (*fn)(struct pel_ctx *ctx))
{
    unsigned int n = 0;
    int rc;

    do {
        struct pel_ctx ctx = { .message = "" };

        calls = 0;
        fail_at = ++n;
        rc = fn(&ctx);
        fail_at = 0;
        assert_told(&ctx, rc, NULL);
    } while (rc);
    print_message("%u allocations\n", n - 1);
    assert_true(n > 1);
}

static const char text[] =
    "name='web'\nkernel='/k'\nramdisk='/r'\nroot='/dev/xvda'\nextra='x'\n"
    "disk=['phy:vg/a,xvda,r','vdev=xvdb,script=s,target=x']\n"
    "vif=['mac=00:16:3e:01:02:03,bridge=b,vifname=v,ip=i,script=s','']\n";

static int parse(struct pel_ctx *ctx)
{
    struct pel_config c;
    int rc;

    pel_config_init(&c);
    rc = pel_config_parse(ctx, "t", text, strlen(text), &c);
    if (!rc)
        rc = pel_config_finish(ctx, &c);
    pel_config_free(&c);
    return rc;
}

static char *json;

static int write_json(struct pel_ctx *ctx)
{
    struct pel_config c;
    unsigned int at = fail_at;
    int rc;

    free(json);
    json = NULL;
    fail_at = 0;
    pel_config_init(&c);
    assert_int_equal(pel_config_parse(ctx, "t", text, strlen(text), &c), 0);
    assert_int_equal(pel_config_finish(ctx, &c), 0);
    calls = 0;
    fail_at = at;
    rc = pel_config_to_json(ctx, &c, &json);
    pel_config_free(&c);
    return rc;
}

static int read_json(struct pel_ctx *ctx)
{
    struct pel_config c;
    int rc;

    pel_config_init(&c);
    rc = pel_config_from_json(ctx, json, strlen(json), &c);
    pel_config_free(&c);
    return rc;
}

static uint8_t packed[1 << 16];
static size_t packed_len;
static uint8_t plain[3 << 20];

static int unpack(struct pel_ctx *ctx)
{
    struct pel_buf file = { packed, packed_len }, out;
    bool owned;
    int rc = pel_kernel_unpack(ctx, &file, &out, &owned);

    if (!rc && owned)
        free(out.data);
    return rc;
}

static void configurations(void **state)
{
    (void)state;
    fail_each(parse);
    fail_each(write_json);
    fail_each(read_json);
    free(json);
}

static void kernels(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(packers); i++) {
        print_message("%s\n", packers[i].name);
        packed_len =
            packers[i].pack(plain, sizeof(plain), packed, sizeof(packed));
        assert_true(packed_len > 0 && packed_len < sizeof(packed));
        fail_each(unpack);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(configurations),
        cmocka_unit_test(kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
