/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests about nodes, permissions and watches. */
#include <stdio.h>
#include <stdlib.h>

#include "world.h"

static void read_gives_value_without_nul(void **state)
{
    struct world *w = world_new();

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/a\0hi", "OK\0");
    expect(&w->dom0, XS_READ, 0, "/a\0", "hi");
    expect(&w->dom0, XS_WRITE, 0, "/a\0with\0nul\0", "OK\0");
    expect(&w->dom0, XS_READ, 0, "/a\0", "with\0nul\0");
    expect(&w->dom0, XS_WRITE, 0, "/a\0", "OK\0");
    expect(&w->dom0, XS_READ, 0, "/a\0", "");
    world_free(w);
}

static void parents_are_created(void **state)
{
    struct world *w = world_new();

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/x/y/z\0v", "OK\0");
    expect(&w->dom0, XS_READ, 0, "/x/y\0", "");
    expect(&w->dom0, XS_MKDIR, 0, "/x/q\0", "OK\0");
    expect(&w->dom0, XS_MKDIR, 0, "/x/y/z\0", "OK\0");
    expect(&w->dom0, XS_READ, 0, "/x/y/z\0", "v"); /* MKDIR left it */
    expect(&w->dom0, XS_DIRECTORY, 0, "/x\0", "q\0y\0");
    expect(&w->dom0, XS_DIRECTORY, 0, "/x/q\0", "");
    world_free(w);
}

static void malformed_requests(void **state)
{
    /* clang-format off */
    static const struct {
        const char *why;
        uint32_t type;
        const char *data;
        size_t len;
        const char *error;
    } cases[] = {
        { "no payload", XS_READ, TEXT(""), "EINVAL" },
        { "no NUL", XS_READ, TEXT("/tool"), "EINVAL" },
        { "two strings", XS_READ, TEXT0("/tool\0x"), "EINVAL" },
        { "empty path", XS_READ, TEXT0(""), "EINVAL" },
        { "bad path", XS_READ, TEXT0("/a//b"), "EINVAL" },
        { "missing", XS_READ, TEXT0("/none"), "ENOENT" },
        { "missing, list", XS_DIRECTORY, TEXT0("/none"), "ENOENT" },
        { "missing, permissions", XS_GET_PERMS, TEXT0("/none"), "ENOENT" },
        { "write without NUL", XS_WRITE, TEXT("/a"), "EINVAL" },
        { "write a special name", XS_WRITE, TEXT("@releaseDomain\0"), "EINVAL" },
        { "remove the root", XS_RM, TEXT0("/"), "EINVAL" },
        { "remove below a missing one", XS_RM, TEXT0("/none/a"), "ENOENT" },
        { "permissions: none", XS_SET_PERMS, TEXT0("/tool"), "EINVAL" },
        { "permissions: bad", XS_SET_PERMS, TEXT0("/tool\0q1"), "EINVAL" },
        { "permissions: no NUL", XS_SET_PERMS, TEXT("/tool\0n1"), "EINVAL" },
        { "permissions: missing", XS_SET_PERMS, TEXT0("/none\0n1"), "ENOENT" },
        { "permissions: no such special", XS_SET_PERMS, TEXT0("@x\0n1"), "EINVAL" },
        { "watch without token", XS_WATCH, TEXT0("/a"), "EINVAL" },
        { "watch a bad path", XS_WATCH, TEXT0("/a/\0t"), "EINVAL" },
        { "unwatch nothing", XS_UNWATCH, TEXT0("/a\0t"), "ENOENT" },
        { "part without offset", XS_DIRECTORY_PART, TEXT0("/"), "EINVAL" },
        { "part, bad offset", XS_DIRECTORY_PART, TEXT0("/\0x"), "EINVAL" },
        { "part, two offsets", XS_DIRECTORY_PART, TEXT0("/\0" "0\0" "1"), "EINVAL" },
        { "an event", XS_WATCH_EVENT, TEXT0("/a\0t"), "ENOSYS" },
        { "an error", XS_ERROR, TEXT0("EINVAL"), "ENOSYS" },
        { "the removed request", XS_SET_TARGET + 1, TEXT0("1"), "ENOSYS" },
        { "first type unknown", XS_TYPE_COUNT, TEXT0("1"), "ENOSYS" },
        { "a type far away", XS_INVALID, TEXT0("1"), "ENOSYS" },
        { "largest type", UINT32_MAX, TEXT0("1"), "ENOSYS" },
        { "control: nothing", XS_CONTROL, TEXT(""), "EINVAL" },
        { "control: unknown", XS_CONTROL, TEXT0("dance"), "EINVAL" },
        { "end of none", XS_TRANSACTION_END, TEXT0("T"), "ENOENT" },
        { "domain: not a number", XS_GET_DOMAIN_PATH, TEXT0("x"), "EINVAL" },
        { "domain: too large", XS_RELEASE, TEXT0("32752"), "EINVAL" },
        { "domain: not there", XS_RELEASE, TEXT0("1"), "ENOENT" },
        { "domain: dom0 stays", XS_RELEASE, TEXT0("0"), "ENOENT" },
        { "introduce: too short", XS_INTRODUCE, TEXT0("1\0" "2"), "EINVAL" },
        { "introduce: dom0", XS_INTRODUCE, TEXT0("0\0" "2\0" "3"), "EINVAL" },
        { "introduce: port 0", XS_INTRODUCE, TEXT0("1\0" "2\0" "0"), "EINVAL" },
        { "introduce: bad frame", XS_INTRODUCE, TEXT0("1\0x\0" "1"), "EINVAL" },
    };
    /* clang-format on */
    struct world *w = world_new();

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        expect_error_(&w->dom0, cases[i].type, 0, cases[i].data, cases[i].len,
                      cases[i].error, __FILE__, __LINE__);
    }
    expect_error(&w->dom0, XS_READ, 99, "/tool\0", "ENOENT");
    world_free(w);
}

static void rm_takes_all_below(void **state)
{
    struct world *w = world_new();

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/a/b/c\0v", "OK\0");
    expect(&w->dom0, XS_RM, 0, "/a/x\0", "OK\0"); /* only itself missing */
    expect(&w->dom0, XS_RM, 0, "/a\0", "OK\0");
    expect_error(&w->dom0, XS_READ, 0, "/a/b/c\0", "ENOENT");
    expect(&w->dom0, XS_DIRECTORY, 0, "/\0", "tool\0");
    world_free(w);
}

static void long_directories_come_in_parts(void **state)
{
    struct world *w = world_new();
    char path[32], all[8192] = "", list[8192] = "";
    size_t all_len = 0, from = 0, gen_len;
    struct reply r;
    int len;

    (void)state;
    for (int i = 100; i < 1000; i++) {
        len = snprintf(path, sizeof(path), "/d/name%d", i);
        ask(&w->dom0, XS_WRITE, 0, path, len + 1, &r);
        assert_int_equal(r.type, XS_WRITE);
        all_len += snprintf(all + all_len, sizeof(all) - all_len, "name%d", i);
        all[all_len++] = '\0';
    }
    expect_error(&w->dom0, XS_DIRECTORY, 0, "/d\0", "E2BIG");
    do {
        len = snprintf(path, sizeof(path), "/d%c%zu", 0, from);
        ask(&w->dom0, XS_DIRECTORY_PART, 0, path, len + 1, &r);
        assert_int_equal(r.type, XS_DIRECTORY_PART);
        gen_len = strlen(r.data) + 1;
        memcpy(list + from, r.data + gen_len, r.len - gen_len);
        from += r.len - gen_len;
    } while (r.len < 2 || r.data[r.len - 2]);
    assert_int_equal(from - 1, all_len); /* one NUL more at the end */
    assert_memory_equal(list, all, all_len);

    ask(&w->dom0, XS_DIRECTORY_PART, 0,
        TEXT0("/d\0"
              "999999"),
        &r);
    gen_len = strlen(r.data) + 1;
    assert_int_equal(r.len, gen_len + 1);
    world_free(w);
}

static void rights_of_guests(void **state)
{
    /* clang-format off */
    static const struct {
        const char *why;
        uint32_t type;
        const char *data;
        size_t len;
        const char *error; /* NULL: allowed */
    } cases[] = {
        { "read what it may", XS_READ, TEXT0("name"), NULL },
        { "write what it may only read", XS_WRITE, TEXT("name\0x"), "EACCES" },
        { "write its own", XS_WRITE, TEXT("data\0x"), NULL },
        { "create below its own", XS_WRITE, TEXT("data/a/b\0x"), NULL },
        { "create below what it may read", XS_WRITE, TEXT("new\0x"), "EACCES" },
        { "create elsewhere", XS_MKDIR, TEXT0("/new"), "EACCES" },
        { "read another's", XS_READ, TEXT0("/local/domain/2/data"), "EACCES" },
        { "does another's node exist", XS_READ, TEXT0("/local/domain/2/q/r"), "EACCES" },
        { "list the root", XS_DIRECTORY, TEXT0("/"), "EACCES" },
        { "remove what it may read", XS_RM, TEXT0("name"), "EACCES" },
        { "set the list of its own", XS_SET_PERMS, TEXT0("data\0n1\0r2"), NULL },
        { "give its own away", XS_SET_PERMS, TEXT0("data\0n2"), "EPERM" },
        { "set another's list", XS_SET_PERMS, TEXT0("name\0n1"), "EACCES" },
        { "set a special's list", XS_SET_PERMS, TEXT0("@releaseDomain\0n1"), "EACCES" },
        { "get a special's list", XS_GET_PERMS, TEXT0("@releaseDomain"), "EACCES" },
        { "missing, where it may read", XS_READ, TEXT0("none"), "ENOENT" },
        { "introduce", XS_INTRODUCE, TEXT0("3\0" "1\0" "1"), "EACCES" },
        { "release", XS_RELEASE, TEXT0("2"), "EACCES" },
        { "resume", XS_RESUME, TEXT0("2"), "EACCES" },
        { "target", XS_SET_TARGET, TEXT0("1\0" "2"), "EACCES" },
        { "control", XS_CONTROL, TEXT0("help"), "EACCES" },
        { "is another introduced", XS_IS_DOMAIN_INTRODUCED, TEXT0("2"), NULL },
        { "domain's path", XS_GET_DOMAIN_PATH, TEXT0("2"), NULL },
        { "watch anything", XS_WATCH, TEXT0("/local/domain/2\0t"), NULL },
        { "remove its own", XS_RM, TEXT0("data"), NULL },
    };
    /* clang-format on */
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);
    struct reply r;

    (void)state;
    world_guest(w, 2);
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1\0n0\0r1\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/name\0one", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/1/data\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/1/data\0n1\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/2/data\0secret", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/2/data\0n2\0", "OK\0");

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        if (cases[i].error) {
            expect_error_(g, cases[i].type, 0, cases[i].data, cases[i].len,
                          cases[i].error, __FILE__, __LINE__);
        } else {
            ask(g, cases[i].type, 0, cases[i].data, cases[i].len, &r);
            assert_int_equal(r.type, cases[i].type);
        }
    }
    world_free(w);
}

static void what_a_guest_creates_is_its_own(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 1);

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/shared\0", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/shared\0r0\0b1\0w2\0", "OK\0");
    expect(&w->dom0, XS_WRITE, 0, "/shared/zero\0", "OK\0");
    expect(&w->dom0, XS_GET_PERMS, 0, "/shared/zero\0", "r0\0b1\0w2\0");
    expect(g, XS_WRITE, 0, "/shared/one/x\0", "OK\0");
    expect(&w->dom0, XS_GET_PERMS, 0, "/shared/one\0", "r1\0b1\0w2\0");
    expect(&w->dom0, XS_GET_PERMS, 0, "/shared/one/x\0", "r1\0b1\0w2\0");
    assert_int_equal(w->srv->nodes[1], 2);
    expect(&w->dom0, XS_RM, 0, "/shared/one\0", "OK\0");
    assert_int_equal(w->srv->nodes[1], 0);
    world_free(w);
}

static void relative_paths_begin_at_home(void **state)
{
    struct world *w = world_new();
    struct peer *g = world_guest(w, 3);

    (void)state;
    expect(&w->dom0, XS_WRITE, 0, "/local/domain/3/name\0three", "OK\0");
    expect(&w->dom0, XS_SET_PERMS, 0, "/local/domain/3/name\0n0\0r3\0", "OK\0");
    expect(g, XS_READ, 0, "name\0", "three");
    expect(&w->dom0, XS_WRITE, 0,
           "domid\0"
           "0",
           "OK\0");
    expect(&w->dom0, XS_READ, 0, "/local/domain/0/domid\0", "0");
    world_free(w);
}

static void control_commands(void **state)
{
    struct world *w = world_new();
    struct reply r;

    (void)state;
    expect(&w->dom0, XS_CONTROL, 0, "check\0", "OK\0");
    expect(&w->dom0, XS_CONTROL, 0, "print\0hello\0", "OK\0");
    ask(&w->dom0, XS_CONTROL, 0, TEXT0("help"), &r);
    assert_non_null(strstr(r.data, "quota"));
    ask(&w->dom0, XS_CONTROL, 0, TEXT0("quota"), &r);
    assert_non_null(strstr(r.data, "watches"));
    expect(&w->dom0, XS_CONTROL, 0,
           "quota\0set\0nodes\0"
           "5\0",
           "OK\0");
    assert_int_equal(w->srv->quota.nodes, 5);
    expect_error(&w->dom0, XS_CONTROL, 0,
                 "quota\0set\0x\0"
                 "5\0",
                 "EINVAL");
    expect_error(&w->dom0, XS_CONTROL, 0, "quota\0set\0nodes\0x\0", "EINVAL");
    expect_error(&w->dom0, XS_CONTROL, 0, "print\0", "EINVAL");
    w->srv->nodes[9]++;
    ask(&w->dom0, XS_CONTROL, 0, TEXT0("check"), &r);
    assert_non_null(strstr(r.data, "1 domains"));
    w->srv->nodes[9]--;
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_gives_value_without_nul),
        cmocka_unit_test(parents_are_created),
        cmocka_unit_test(malformed_requests),
        cmocka_unit_test(rm_takes_all_below),
        cmocka_unit_test(long_directories_come_in_parts),
        cmocka_unit_test(rights_of_guests),
        cmocka_unit_test(what_a_guest_creates_is_its_own),
        cmocka_unit_test(relative_paths_begin_at_home),
        cmocka_unit_test(control_commands),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
