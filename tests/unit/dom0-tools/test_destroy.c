/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel destroy, while peld restarts the guest or does not. */
#include "common.h"
#include <pel/console.h>
#include <pel/domain.h>
#include <pel/hcall.h>
#include <pel/store.h>
#include <pel/cmd.h>

/* The guest "web": under id 5, and perhaps soon under id 6. */
static struct {
    bool old, fresh, noted, named;
} has;
static unsigned int nr_destroyed;

int pel_domain_find(struct pel_ctx *ctx, const char *who, uint32_t *domid)
{
    if ((!strcmp(who, "5") && has.old) || (!strcmp(who, "web") && has.old))
        *domid = 5;
    else if (!strcmp(who, "web") && has.fresh)
        *domid = 6;
    else if (!strcmp(who, "web") && has.noted)
        return pel_fail(ctx, PEL_ESTATE, "it is being restarted");
    else
        return pel_fail(ctx, PEL_ENOENT, "there is no domain %s", who);
    return 0;
}

int pel_domain_get(struct pel_ctx *ctx, uint32_t domid, struct pel_dominfo *out)
{
    (void)ctx;
    *out = (struct pel_dominfo){ .domid = domid, .uuid = { 1 } };
    return 0;
}

int pel_domain_name(struct pel_ctx *ctx, uint32_t domid, char **name)
{
    (void)domid;
    *name = has.named ? strdup("web") : NULL;
    return has.named ? 0 : pel_fail(ctx, PEL_ENOENT, "it has no name");
}

int pel_domain_destroy(struct pel_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    nr_destroyed++;
    *(domid == 5 ? &has.old : &has.fresh) = false;
    return 0;
}

/* peld gets on with it. */
int pel_store_wait(struct pel_store *s, uint64_t deadline_ns,
                   int (*check)(struct pel_store *s, void *arg), void *arg,
                   const char *path_fmt, ...)
{
    (void)deadline_ns;
    assert_string_equal(path_fmt, "/pel/restart");
    has.fresh = true;
    has.noted = false;
    return check(s, arg);
}

int pel_store_use(struct pel_ctx *ctx, struct pel_store *s)
{
    (void)ctx;
    memset(s, 0, sizeof(*s));
    return 0;
}

uint64_t pel_store_now_ns(void) { return 0; }

#define UNUSED(call)                                                           \
    int call                                                                   \
    {                                                                          \
        assert_true(false);                                                    \
        return -1;                                                             \
    }
UNUSED(pel_console_attach(struct pel_ctx *c __attribute__((unused)),
                          uint32_t d __attribute__((unused)),
                          int t __attribute__((unused))))
UNUSED(pel_domain_pause(struct pel_ctx *c __attribute__((unused)),
                        uint32_t d __attribute__((unused))))
UNUSED(pel_domain_unpause(struct pel_ctx *c __attribute__((unused)),
                          uint32_t d __attribute__((unused))))
UNUSED(pel_domain_rename(struct pel_ctx *c __attribute__((unused)),
                         uint32_t d __attribute__((unused)),
                         const char *n __attribute__((unused))))
UNUSED(pel_domain_sysrq(struct pel_ctx *c __attribute__((unused)),
                        uint32_t d __attribute__((unused)),
                        char k __attribute__((unused))))
UNUSED(pel_hc_trigger(struct pel_ctx *c __attribute__((unused)),
                      uint32_t d __attribute__((unused)),
                      uint32_t v __attribute__((unused)),
                      uint32_t t __attribute__((unused))))
UNUSED(arg_number(struct pel_ctx *c __attribute__((unused)),
                  const char *w __attribute__((unused)),
                  const char *t __attribute__((unused)),
                  uint64_t from __attribute__((unused)),
                  uint64_t to __attribute__((unused)),
                  uint64_t *out __attribute__((unused))))

// clang-format off
static const struct {
    const char *why, *who;
    bool old, noted, named;
    unsigned int destroyed;
    int rc;
} cases[] = {
    { "it runs",                        "web", true,  false, true,  1, 0 },
    { "it runs, by its id",             "5",   true,  false, true,  1, 0 },
    { "it is half made",                "5",   true,  false, false, 1, 0 },
    { "peld has begun to restart it",   "web", true,  true,  true,  2, 0 },
    { "the same, by its id",            "5",   true,  true,  true,  2, 0 },
    { "it is gone, and will come back", "web", false, true,  true,  1, 0 },
    { "there is none",                  "web", false, false, true,  0, -PEL_ENOENT },
};
// clang-format on

static void a_guest_that_is_destroyed_stays_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct pel_ctx ctx = { .message = "" };
        struct args a = { .words = &cases[i].who, .nr_words = 1 };
        int rc;

        print_message("%s\n", cases[i].why);
        has.old = cases[i].old;
        has.noted = cases[i].noted;
        has.named = cases[i].named;
        has.fresh = false;
        nr_destroyed = 0;
        rc = cmd_destroy(&ctx, &a);
        assert_int_equal(rc, cases[i].rc);
        assert_told(&ctx, rc, NULL);
        assert_int_equal(nr_destroyed, cases[i].destroyed);
        assert_false(has.old || has.fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_guest_that_is_destroyed_stays_away),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
