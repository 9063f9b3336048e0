/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Permission lists. */
#include <errno.h>

#include "world.h"

#define RW (PERM_READ | PERM_WRITE)
#define ALL (RW | PERM_OWNER)

static struct perms *parse(const char *s, size_t len, uint64_t gen)
{
    struct perms *p = NULL;

    assert_int_equal(perms_parse(s, len, gen, &p), 0);
    return p;
}

static void who_may_what(void **state)
{
    static const struct {
        const char *why;
        struct who who;
        unsigned int allow;
    } cases[] = {
        { "the owner", { 1, DOMID_INVALID, false, 5, 0 }, ALL },
        { "a reader", { 2, DOMID_INVALID, false, 5, 0 }, PERM_READ },
        { "a writer", { 3, DOMID_INVALID, false, 5, 0 }, PERM_WRITE },
        { "both", { 4, DOMID_INVALID, false, 5, 0 }, RW },
        { "nothing, named", { 5, DOMID_INVALID, false, 5, 0 }, PERM_NONE },
        { "not named", { 6, DOMID_INVALID, false, 5, 0 }, PERM_READ },
        { "dom0", { 0, DOMID_INVALID, true, 0, 0 }, ALL },
        { "acts for the owner", { 6, 1, false, 5, 5 }, ALL },
        { "acts for a writer", { 2, 3, false, 5, 5 }, RW },
        { "PERM-1: owner's number again",
          { 1, DOMID_INVALID, false, 11, 0 },
          PERM_READ },
        { "PERM-1: writer's number again",
          { 3, DOMID_INVALID, false, 11, 0 },
          PERM_READ },
        { "PERM-1: target's number again", { 5, 1, false, 5, 11 }, PERM_READ },
    };
    struct perms *p = parse(TEXT0("r1\0r2\0w3\0b4\0n5"), 10);

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        print_message("%s\n", cases[i].why);
        assert_int_equal(perms_allow(p, &cases[i].who), cases[i].allow);
    }
    perms_put(p);
    assert_int_equal(mem_blocks, 0);
}

static void strings(void **state)
{
    static const struct {
        const char *why, *s;
        size_t len;
    } bad[] = {
        { "none", TEXT("") },
        { "no NUL", TEXT("b1") },
        { "empty string", TEXT0("") },
        { "empty second string", TEXT0("b1\0") },
        { "unknown letter", TEXT0("x1") },
        { "no number", TEXT0("r") },
        { "text behind", TEXT0("r1 ") },
        { "negative", TEXT0("r-1") },
        { "reserved domain", TEXT0("r32752") },
    };
    struct buf out = { 0 };
    struct perms *p;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        print_message("%s\n", bad[i].why);
        assert_int_equal(perms_parse(bad[i].s, bad[i].len, 1, &p), -EINVAL);
    }
    p = parse(TEXT0("n0\0b32751"), 1);
    assert_int_equal(perms_format(p, &out), 0);
    assert_int_equal(buf_len(&out), sizeof("n0\0b32751"));
    assert_memory_equal(buf_head(&out), "n0\0b32751", buf_len(&out));
    buf_clear(&out);
    perms_put(p);
    assert_int_equal(mem_blocks, 0);
}

static void inheritance(void **state)
{
    const struct who dom0 = { 0, DOMID_INVALID, true, 0, 0 };
    const struct who guest = { 7, DOMID_INVALID, false, 5, 0 };
    const struct who young = { 7, DOMID_INVALID, false, 20, 0 };
    struct perms *parent = parse(TEXT0("w1\0r2"), 10), *p;

    (void)state;
    p = perms_inherit(parent, &dom0, 30);
    assert_ptr_equal(p, parent); /* shared, not copied */
    perms_put(p);

    p = perms_inherit(parent, &guest, 30);
    assert_int_equal(perms_owner(p), 7);
    assert_int_equal(p->nr, 2);
    assert_int_equal(p->gen, 10); /* entries get no younger */
    assert_int_equal(perms_allow(p, &guest), ALL);
    perms_put(p);

    p = perms_inherit(parent, &young, 30);
    assert_int_equal(p->nr, 1);
    assert_int_equal(p->e[0].access, PERM_WRITE);
    assert_int_equal(perms_allow(p, &young), ALL);
    perms_put(p);
    perms_put(parent);
    assert_int_equal(mem_blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_may_what),
        cmocka_unit_test(strings),
        cmocka_unit_test(inheritance),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
