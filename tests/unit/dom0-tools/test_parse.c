/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The grammar of xl.cfg, its keys and the messages about mistakes. */
#include "common.h"
#include <unistd.h>
#include <pel/config.h>

static int parse(struct pel_ctx *ctx, const char *text, struct pel_config *c)
{
    memset(ctx, 0, sizeof(*ctx));
    pel_config_init(c);
    return pel_config_parse(ctx, "g.cfg", text, strlen(text), c);
}

static void a_usual_file(void **state)
{
    static const char text[] = "# a guest\n"
                               "name = \"web\"   # its name\n"
                               "type='pv'\n"
                               "memory = 256; maxmem = 0x200\n"
                               "vcpus=2\n"
                               "maxvcpus='4'\n"
                               "kernel = \"/boot/vmlinuz\"\r\n"
                               "ramdisk = '/boot/initrd'\n"
                               "root='/dev/xvda1'\n"
                               "extra=\"console=hvc0 a=\\\"b\\\"\"\n"
                               "disk = [ 'phy:/dev/vg/a,xvda,w',  # first\n"
                               "         \"file:/b,xvdb,r\",\n"
                               "       ]\n"
                               "vif = [ '', 'bridge=br1' ]\n"
                               "on_poweroff = 'preserve'\n"
                               "on_reboot=\"destroy\"\n"
                               "on_crash='restart'\n"
                               "uuid='6f0b1d1e-6a5c-4c39-9d0e-3a1f5b7c2d48'";
    struct pel_config c;
    struct pel_ctx ctx;
    int rc = parse(&ctx, text, &c);

    (void)state;
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    assert_string_equal(c.name, "web");
    assert_int_equal(c.memory_kb, 256 * 1024);
    assert_int_equal(c.maxmem_kb, 512 * 1024);
    assert_int_equal(c.vcpus, 2);
    assert_int_equal(c.maxvcpus, 4);
    assert_string_equal(c.cmdline, "root=/dev/xvda1 console=hvc0 a=\"b\"");
    assert_int_equal(c.nr_disks, 2);
    assert_string_equal(c.disks[1].target, "/b");
    assert_int_equal(c.nr_nics, 2);
    assert_string_equal(c.nics[1].bridge, "br1");
    assert_int_equal(c.on_poweroff, PEL_ACTION_PRESERVE);
    assert_int_equal(c.on_reboot, PEL_ACTION_DESTROY);
    assert_int_equal(c.on_crash, PEL_ACTION_RESTART);
    assert_int_equal(c.uuid[0], 0x6f);
    assert_true(c.nics[0].has_mac);
    assert_int_equal(c.nics[0].mac[2], 0x3e);
    pel_config_free(&c);
}

static const struct {
    const char *why;
    const char *text;
    const char *says;
} mistakes[] = {
    { "unknown key, with its line", "name='a'\n\nbios=1\n",
      "g.cfg:3: unknown key \"bios\"" },
    { "line of a key behind a list", "disk=[\n\n]\nfoo=1",
      "g.cfg:4: unknown key" },
    { "no value", "memory=\n", "g.cfg:1: after '='" },
    { "no equals", "memory 5\n", "after \"memory\" comes '='" },
    { "two values", "memory=5 6\n", "behind the value of \"memory\"" },
    { "open string", "name='a\n'", "no closing quote" },
    { "open string at the end", "name=\"a", "no closing quote" },
    { "escape at the end", "name='\\", "no meaning" },
    { "escape of NUL", "name='\\0'", "no meaning" },
    { "escape too large", "name='\\777'", "no meaning" },
    { "unknown escape", "name='\\q'", "no meaning" },
    { "number with a tail", "memory=5x", "not a number" },
    { "number too big", "memory=99999999999999999999", "not a number" },
    { "zero memory", "memory=0", "memory has to be from 1" },
    { "memory past the ABI", "memory=68719476736", "memory has to be" },
    { "text for a number", "vcpus='two'", "vcpus wants a number" },
    { "list for a number", "vcpus=[1]", "vcpus wants a number" },
    { "too many vCPUs", "vcpus=129", "vcpus has to be from 1 to 128" },
    { "number for a text", "name=5", "name wants a quoted string" },
    { "text for a list", "disk='x'", "disk wants a list" },
    { "open list", "disk=['a,raw,xvda'\n", "list of line 1 is not closed" },
    { "list in a list", "disk=[['a']]", "quoted strings with commas" },
    { "no comma", "vif=['' '']", "quoted strings with commas" },
    { "only a comma", "vif=[,]", "quoted strings with commas" },
    { "bare word", "name=web", "after '='" },
    { "value first", "'a'=1", "a line begins with a key" },
    { "odd character", "name='a'\n$", "g.cfg:2: '$' has no meaning" },
    { "adding to a number", "memory=5\nmemory+=6", "g.cfg:2: memory cannot" },
    { "adding text to a list", "disk=[]\ndisk+='x'", "disk wants a list" },
    { "a lonely plus", "extra+'x'", "'+' has no meaning" },
    { "odd byte", "\x01", "byte 0x01" },
    { "HVM", "type='hvm'", "only \"pv\"" },
    { "bad UUID", "uuid='6f'", "uuid wants" },
    { "bad action", "on_crash='coredump-destroy'", "on_crash wants" },
    { "bad disk", "disk=['x']", "g.cfg:1: disk \"x\"" },
    { "bad NIC", "vif=['mac=1']", "g.cfg:1: vif \"mac=1\"" },
};

static void mistakes_are_told(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(mistakes); i++) {
        struct pel_config c;
        struct pel_ctx ctx;
        int rc;

        print_message("%s\n", mistakes[i].why);
        rc = parse(&ctx, mistakes[i].text, &c);
        assert_true(rc < 0);
        assert_told(&ctx, rc, mistakes[i].says);
        pel_config_free(&c);
    }
}

static const struct {
    const char *why;
    const char *text;
    const char *says; /* NULL: no mistake */
} wholes[] = {
    { "the least", "name='a'\nkernel='k'", NULL },
    { "no name", "kernel='k'", "no name" },
    { "no kernel", "name='a'", "no kernel" },
    { "a number for a name", "name='12'\nkernel='k'", "may not be a number" },
    { "a slash in the name", "name='a/b'\nkernel='k'", "letters, digits" },
    { "a dash first", "name='-a'\nkernel='k'", "begin with" },
    { "maxmem below memory", "name='a'\nkernel='k'\nmemory=9\nmaxmem=8",
      "maxmem (8 MiB) is less" },
    { "maxvcpus below vcpus", "name='a'\nkernel='k'\nvcpus=3\nmaxvcpus=2",
      "maxvcpus (2)" },
    { "two disks of a name",
      "name='a'\nkernel='k'\ndisk=['/a,raw,xvda','/b,raw,xvda']",
      "two disks have the name xvda" },
};

static void the_whole_is_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wholes); i++) {
        struct pel_config c;
        struct pel_ctx ctx;
        int rc;

        print_message("%s\n", wholes[i].why);
        assert_int_equal(parse(&ctx, wholes[i].text, &c), 0);
        rc = pel_config_finish(&ctx, &c);
        assert_int_equal(rc != 0, wholes[i].says != NULL);
        assert_told(&ctx, rc, wholes[i].says);
        if (!rc) {
            assert_int_equal(c.memory_kb, 32 * 1024);
            assert_int_equal(c.maxmem_kb, 32 * 1024);
            assert_int_equal(c.maxvcpus, 1);
            assert_string_equal(c.cmdline, "");
            assert_true(c.has_uuid);
            assert_int_equal(c.on_reboot, PEL_ACTION_RESTART);
        }
        pel_config_free(&c);
    }
}

static void a_long_command_line_is_refused(void **state)
{
    char text[2048];
    struct pel_config c;
    struct pel_ctx ctx;

    (void)state;
    snprintf(text, sizeof(text), "name='a'\nkernel='k'\nextra='%01023d'", 1);
    assert_int_equal(parse(&ctx, text, &c), 0);
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    pel_config_free(&c);

    snprintf(text, sizeof(text), "name='a'\nkernel='k'\nextra='%01024d'", 1);
    assert_int_equal(parse(&ctx, text, &c), 0);
    assert_int_equal(pel_config_finish(&ctx, &c), -PEL_EINVAL);
    pel_config_free(&c);
}

static void later_text_replaces_earlier(void **state)
{
    struct pel_config c;
    struct pel_ctx ctx;
    int rc =
        parse(&ctx, "name='a'\nname='b'\nvif=['','']\nvif=['bridge=x']", &c);

    (void)state;
    assert_int_equal(rc, 0);
    assert_string_equal(c.name, "b");
    assert_int_equal(c.nr_nics, 1);
    pel_config_free(&c);
}

static void it_can_be_added_to(void **state)
{
    struct pel_config c;
    struct pel_ctx ctx;
    int rc = parse(&ctx,
                   "extra += 'a'\nextra+=' b'\nvif=['bridge=x']\n"
                   "vif += [ '', 'bridge=y' ]\ndisk+=['/a,raw,xvda']",
                   &c);

    (void)state;
    assert_told(&ctx, rc, NULL);
    assert_int_equal(rc, 0);
    assert_string_equal(c.extra, "a b");
    assert_int_equal(c.nr_nics, 3);
    assert_string_equal(c.nics[0].bridge, "x");
    assert_null(c.nics[1].bridge);
    assert_string_equal(c.nics[2].bridge, "y");
    assert_int_equal(c.nr_disks, 1);
    pel_config_free(&c);
}

/* As xl has it: one vCPU, and all the memory that it may have. */
static void what_is_not_said_follows(void **state)
{
    struct pel_config c;
    struct pel_ctx ctx;

    (void)state;
    assert_int_equal(
        parse(&ctx, "name='a'\nkernel='k'\nmaxvcpus=4\nmaxmem=64", &c), 0);
    assert_int_equal(pel_config_finish(&ctx, &c), 0);
    assert_int_equal(c.vcpus, 1);
    assert_int_equal(c.maxvcpus, 4);
    assert_int_equal(c.memory_kb, 64 << 10);
    pel_config_free(&c);
}

/* Every prefix of a file is either fine or one clear mistake. */
static void any_prefix_is_answered(void **state)
{
    static const char text[] = "name='\\x41\\102'\ndisk=['/a,raw,xvda,r', "
                               "'phy:b,hda,w',\n]\nmemory=0x10;vif=['ip=1']\n";

    (void)state;
    for (size_t len = 0; len < sizeof(text); len++) {
        char *copy = malloc(len + 1); /* so that ASan sees the end */
        struct pel_ctx ctx = { .message = "" };
        struct pel_config c;
        int rc;

        pel_config_init(&c);
        memcpy(copy, text, len);
        rc = pel_config_parse(&ctx, "g.cfg", copy, len, &c);
        assert_told(&ctx, rc, NULL);
        pel_config_free(&c);
        free(copy);
    }
}

static void words_override_the_file(void **state)
{
    static const char text[] = "name='a'\nkernel='k'\nmemory=5\n";
    static const char *const words[] = { "memory=64",        "name=b",
                                         "vif=['bridge=q']", "extra=",
                                         "extra+=x",         "vif+=['']" };
    char path[] = "/tmp/test-parse-XXXXXX";
    int fd = mkstemp(path);
    struct pel_ctx ctx = { .message = "" };
    struct pel_config c;
    static const char *const bad[] = { "memory" };

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    pel_config_init(&c);
    assert_int_equal(pel_config_load(&ctx, path, words, 6, &c), 0);
    assert_string_equal(c.name, "b");
    assert_int_equal(c.memory_kb, 64 * 1024);
    assert_int_equal(c.nr_nics, 2);
    assert_string_equal(c.cmdline, "x");
    pel_config_free(&c);

    assert_int_equal(pel_config_load(&ctx, path, bad, 1, &c), -PEL_EINVAL);
    assert_told(&ctx, -PEL_EINVAL, "say KEY=VALUE");
    assert_null(c.name);
    unlink(path);
    pel_error_clear(&ctx);
    assert_int_equal(pel_config_load(&ctx, path, NULL, 0, &c), -PEL_ENOENT);
}

/* peld restarts guests, and works in the folder "/". */
static void files_are_found_from_any_folder(void **state)
{
    static const char text[] = "name='a'\nkernel='k'\nramdisk='/boot/r'\n";
    static const char *const word[] = { "ramdisk=b/r" };
    char path[] = "/tmp/test-parse-XXXXXX";
    int fd = mkstemp(path);
    struct pel_ctx ctx = { .message = "" };
    struct pel_config c;
    char *here = getcwd(NULL, 0);

    (void)state;
    assert_true(fd >= 0 && here);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    assert_int_equal(chdir("/usr"), 0);
    pel_config_init(&c);
    assert_int_equal(pel_config_load(&ctx, path, NULL, 0, &c), 0);
    assert_string_equal(c.kernel, "/usr/k");
    assert_string_equal(c.ramdisk, "/boot/r");
    pel_config_free(&c);
    assert_int_equal(pel_config_load(&ctx, path, word, 1, &c), 0);
    assert_string_equal(c.ramdisk, "/usr/b/r");
    pel_config_free(&c);
    assert_int_equal(chdir(here), 0);
    free(here);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_usual_file),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(the_whole_is_checked),
        cmocka_unit_test(a_long_command_line_is_refused),
        cmocka_unit_test(later_text_replaces_earlier),
        cmocka_unit_test(it_can_be_added_to),
        cmocka_unit_test(what_is_not_said_follows),
        cmocka_unit_test(any_prefix_is_answered),
        cmocka_unit_test(words_override_the_file),
        cmocka_unit_test(files_are_found_from_any_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
