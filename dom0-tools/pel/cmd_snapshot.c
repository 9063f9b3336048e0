/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel snapshot: one table of what can be done with snapshots. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/json.h>
#include <pel/snapshot.h>
#include "cmd.h"
#include "hold.h"
#include "out.h"

static const char *place(const struct args *a) { return arg_value(a, 'd'); }

static void say(const struct args *a, const char *what, const char *name)
{
    if (!arg_has(a, 'q'))
        printf("%s %s\n", what, name);
}

static int do_create(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    uint64_t still_ms;
    int rc = pel_domain_find(ctx, a->words[1], &domid);

    if (rc)
        return rc;
    signals_hold();
    rc = pel_snapshot_create(ctx, place(a), domid, a->words[2], arg_has(a, 'n'),
                             signals_waiting, &still_ms);
    if (rc)
        return rc;
    signals_release();
    if (!arg_has(a, 'q'))
        printf("created snapshot %s, the guest stood still for %llu ms\n",
               a->words[2], (unsigned long long)still_ms);
    return 0;
}

static void put_snapshot(struct pel_json_writer *w,
                         const struct pel_snapshot *s)
{
    char uuid[UUID_STR_LEN];

    uuid_unparse_lower(s->uuid, uuid);
    pel_json_open_map(w);
    pel_json_member_text(w, "name", s->name);
    pel_json_member_text(w, "domain", s->domain);
    pel_json_member_text(w, "uuid", uuid);
    pel_json_member_text(w, "parent", s->parent);
    pel_json_member_uint(w, "time", s->time);
    pel_json_member_uint(w, "memory_kb", s->memory_kb);
    pel_json_member_uint(w, "rounds", s->rounds);
    pel_json_member_uint(w, "still_ms", s->still_ms);
    pel_json_member_uint(w, "pages", s->nr_pages);
    pel_json_member_uint(w, "bytes", s->bytes);
    pel_json_member_uint(w, "disks", s->nr_disks);
    pel_json_key(w, "current");
    pel_json_put_bool(w, s->current);
    pel_json_close_map(w);
}

static int print_json(struct pel_ctx *ctx, const struct pel_snapshot *list,
                      size_t nr)
{
    struct pel_json_writer *w = pel_json_writer_new(true);

    pel_json_open_list(w);
    for (size_t i = 0; i < nr; i++)
        put_snapshot(w, &list[i]);
    pel_json_close_list(w);
    return out_json(ctx, stdout, w);
}

static void time_text(uint64_t seconds, char *to, size_t size)
{
    time_t t = seconds;
    struct tm tm;

    if (!localtime_r(&t, &tm) || !strftime(to, size, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(to, size, "?");
}

static void print_table(const struct pel_snapshot *list, size_t nr)
{
    char when[32];

    printf("  %-24s %-24s %-19s %10s %5s\n", "Name", "Parent", "Time",
           "Size(KiB)", "Disks");
    for (size_t i = 0; i < nr; i++) {
        const struct pel_snapshot *s = &list[i];

        time_text(s->time, when, sizeof(when));
        printf("%c %-24s %-24s %-19s %10llu %5zu\n", s->current ? '*' : ' ',
               s->name, s->parent ? s->parent : "-", when,
               (unsigned long long)s->bytes >> 10, s->nr_disks);
    }
}

static void print_facts(const struct pel_snapshot *s)
{
    char when[32], uuid[UUID_STR_LEN];

    time_text(s->time, when, sizeof(when));
    uuid_unparse_lower(s->uuid, uuid);
    printf("name:    %s\nguest:   %s (%s)\nparent:  %s\ntime:    %s\n"
           "memory:  %llu MiB\nsize:    %llu KiB in %llu pages of its own\n"
           "disks:   %zu\ntaken:   in %llu rounds, the guest stood still for "
           "%llu ms\ncurrent: %s\n",
           s->name, s->domain, uuid, s->parent ? s->parent : "-", when,
           (unsigned long long)s->memory_kb >> 10,
           (unsigned long long)s->bytes >> 10, (unsigned long long)s->nr_pages,
           s->nr_disks, (unsigned long long)s->rounds,
           (unsigned long long)s->still_ms, s->current ? "yes" : "no");
}

static int do_list(struct pel_ctx *ctx, const struct args *a)
{
    const char *name = a->nr_words > 2 ? a->words[2] : NULL;
    struct pel_snapshot *list;
    size_t nr;
    int rc = pel_snapshot_list(ctx, place(a), a->words[1], name, &list, &nr);

    if (!rc && arg_has(a, 'j'))
        rc = print_json(ctx, list, nr);
    else if (!rc && name)
        print_facts(list);
    else if (!rc)
        print_table(list, nr);
    pel_snapshots_free(list, nr);
    return rc;
}

static int do_verify(struct pel_ctx *ctx, const struct args *a)
{
    const char *name = a->nr_words > 2 ? a->words[2] : NULL;
    int rc = pel_snapshot_verify(ctx, place(a), a->words[1], name);

    if (!rc)
        say(a, "verified", name ? name : "all");
    return rc;
}

static int do_revert(struct pel_ctx *ctx, const struct args *a)
{
    uint32_t domid;
    int rc;

    signals_hold();
    rc = pel_snapshot_revert(ctx, place(a), a->words[1], a->words[2],
                             signals_waiting, &domid);
    if (rc)
        return rc;
    signals_release();
    say(a, "reverted to", a->words[2]);
    return arg_has(a, 'p') ? 0 : pel_domain_unpause(ctx, domid);
}

static int do_delete(struct pel_ctx *ctx, const struct args *a)
{
    int rc = pel_snapshot_delete(ctx, place(a), a->words[1], a->words[2]);

    if (!rc)
        say(a, "deleted snapshot", a->words[2]);
    return rc;
}

static int do_export(struct pel_ctx *ctx, const struct args *a)
{
    int rc = pel_snapshot_export(ctx, place(a), a->words[1], a->words[2],
                                 a->words[3]);

    if (!rc)
        say(a, "exported", a->words[2]);
    return rc;
}

static int do_import(struct pel_ctx *ctx, const struct args *a)
{
    int rc = pel_snapshot_import(ctx, place(a), a->words[1], a->words[2],
                                 a->words[3]);

    if (!rc)
        say(a, "imported", a->words[2]);
    return rc;
}

// clang-format off
static const struct verb {
    const char *name;
    int (*run)(struct pel_ctx *ctx, const struct args *a);
    int min, max; /* operands behind the verb */
    const char *options; /* of those that are not for all */
    const char *usage;
} verbs[] = {
    { "create", do_create, 2, 2, "n", "DOMAIN NAME" },
    { "list",   do_list,   1, 1, "j", "DOMAIN" },
    { "show",   do_list,   2, 2, "j", "DOMAIN NAME" },
    { "verify", do_verify, 1, 2, "",  "DOMAIN [NAME]" },
    { "revert", do_revert, 2, 2, "p", "DOMAIN NAME" },
    { "delete", do_delete, 2, 2, "",  "DOMAIN NAME" },
    { "export", do_export, 3, 3, "",  "DOMAIN NAME FILE" },
    { "import", do_import, 3, 3, "",  "DOMAIN NAME FILE" },
};
// clang-format on

int cmd_snapshot(struct pel_ctx *ctx, const struct args *a)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        const struct verb *v = &verbs[i];

        if (strcmp(v->name, a->words[0]))
            continue;
        if (a->nr_words - 1 < v->min || a->nr_words - 1 > v->max)
            return pel_fail(ctx, PEL_EUSAGE, "snapshot %s wants %s", v->name,
                            v->usage);
        for (const char *o = "jnp"; *o; o++)
            if (arg_has(a, *o) && !strchr(v->options, *o))
                return pel_fail(ctx, PEL_EUSAGE,
                                "snapshot %s has no option -%c", v->name, *o);
        return v->run(ctx, a);
    }
    return pel_fail(ctx, PEL_EUSAGE,
                    "there is no \"snapshot %s\": create, list, show, verify, "
                    "revert, delete, export or import",
                    a->words[0]);
}
