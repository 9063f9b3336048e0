/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest as JSON.  Its first member is the sum of the text in which
 * that sum is all zeros; so one wrong bit anywhere is noticed.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include <pel/json.h>
#include "manifest.h"

#define NEW_NAME SNAP_MANIFEST ".new"
#define GENERATION_MAX 1000000000u
#define SUM_KEY "\"sum\": \""

int snap_name_check(struct pel_ctx *ctx, const char *name)
{
    size_t len = strlen(name);
    bool good = len && len <= SNAP_NAME_MAX && isalnum((unsigned char)name[0]);

    for (size_t i = 0; i < len; i++)
        good &= isalnum((unsigned char)name[i]) || strchr("._-", name[i]);
    if (good)
        return 0;
    return pel_fail(ctx, PEL_EINVAL,
                    "\"%.80s\" is no name for a snapshot: letters, digits and "
                    "\"._-\", up to %d, beginning with a letter or digit",
                    name, SNAP_NAME_MAX);
}

void snap_pages_name(const struct snap_manifest *m, char *to)
{
    snprintf(to, SNAP_FILE_NAME, "pages.%u", (unsigned int)m->generation);
}

void snap_sums_name(const struct snap_manifest *m, char *to)
{
    snprintf(to, SNAP_FILE_NAME, "sums.%u", (unsigned int)m->generation);
}

void snap_disk_name(size_t i, char *to)
{
    snprintf(to, SNAP_FILE_NAME, "disk-%u", (unsigned int)i);
}

/* ---- writing ------------------------------------------------------------ */

static void put_file(struct pel_json_writer *w, const char *key,
                     const struct snap_file *f)
{
    char sum[SNAP_SUM_TEXT];

    snap_sum_write(&f->sum, sum);
    pel_json_key(w, key);
    pel_json_open_map(w);
    pel_json_member_uint(w, "length", f->len);
    pel_json_member_text(w, "sum", sum);
    pel_json_close_map(w);
}

static void put_disks(struct pel_json_writer *w, const struct snap_manifest *m)
{
    pel_json_key(w, "disks");
    pel_json_open_list(w);
    for (size_t i = 0; i < m->nr_disks; i++) {
        pel_json_open_map(w);
        pel_json_member_text(w, "vdev", m->disks[i].vdev);
        pel_json_member_text(w, "target", m->disks[i].target);
        pel_json_member_uint(w, "length", m->disks[i].len);
        put_file(w, "parts", &m->disks[i].parts);
        pel_json_close_map(w);
    }
    pel_json_close_list(w);
}

static char *make_text(const struct snap_manifest *m)
{
    struct pel_json_writer *w = pel_json_writer_new(true);
    const struct snap_sum none = { .bytes = { 0 } };
    char sum[SNAP_SUM_TEXT], uuid[UUID_STR_LEN];

    snap_sum_write(&none, sum);
    uuid_unparse_lower(m->uuid, uuid);
    pel_json_open_map(w);
    pel_json_member_text(w, "sum", sum);
    pel_json_member_uint(w, "format", SNAP_FORMAT);
    pel_json_member_text(w, "name", m->name);
    pel_json_member_text(w, "domain", m->domain);
    pel_json_member_text(w, "uuid", uuid);
    pel_json_member_text(w, "parent", m->parent);
    pel_json_member_uint(w, "time", m->time);
    pel_json_member_uint(w, "memory_kb", m->memory_kb);
    pel_json_member_uint(w, "rounds", m->rounds);
    pel_json_member_uint(w, "still_ms", m->still_ms);
    pel_json_member_uint(w, "generation", m->generation);
    pel_json_member_uint(w, "pages", m->nr_pages);
    put_file(w, "sums", &m->sums);
    put_file(w, "memory", &m->memory);
    put_file(w, "config", &m->config);
    put_disks(w, m);
    pel_json_close_map(w);
    return pel_json_writer_end(w);
}

/* Where the sum stands in the text; NULL: nowhere. */
static char *sum_in(char *text)
{
    char *at = strstr(text, SUM_KEY);

    if (!at || strlen(at) < sizeof(SUM_KEY) + SNAP_SUM_TEXT)
        return NULL;
    return at + sizeof(SUM_KEY) - 1;
}

int snap_manifest_write(struct pel_ctx *ctx, int dir,
                        const struct snap_manifest *m)
{
    char *text = make_text(m), *at = text ? sum_in(text) : NULL;
    char hex[SNAP_SUM_TEXT];
    struct snap_sum sum;
    struct snap_out o;
    int rc;

    if (!at) {
        free(text);
        return pel_fail(ctx, PEL_EINVAL,
                        "the guest's names are not UTF-8, or there is no "
                        "memory left");
    }
    snap_sum_of(text, strlen(text), &sum);
    snap_sum_write(&sum, hex);
    memcpy(at, hex, SNAP_SUM_TEXT - 1);
    unlinkat(dir, NEW_NAME, 0); /* of one who was killed */
    rc = snap_out_open(ctx, dir, NEW_NAME, &o);
    if (!rc) {
        rc = snap_out_write(&o, text, strlen(text));
        if (!rc)
            rc = snap_out_close(&o, NULL);
        snap_out_abort(&o);
    }
    if (!rc && renameat(dir, NEW_NAME, dir, SNAP_MANIFEST))
        rc = pel_fail_sys(ctx, PEL_EIO, "cannot write " SNAP_MANIFEST);
    free(text);
    return rc ? rc : snap_dir_sync(ctx, dir);
}

/* ---- reading ------------------------------------------------------------ */

/* One that is being read; the first thing wrong with it stays. */
struct reading {
    struct pel_ctx *ctx;
    const char *name;
    const char *wrong; /* the member; NULL: all is well so far */
    bool oom;
};

static char *get_text(struct reading *r, const struct pel_json *map,
                      const char *key)
{
    const char *text = pel_json_text(pel_json_get(map, key));
    char *copy = text ? strdup(text) : NULL;

    if (!text || !*text)
        r->wrong = key;
    r->oom |= text && !copy;
    return copy;
}

static uint64_t get_uint(struct reading *r, const struct pel_json *map,
                         const char *key, uint64_t max)
{
    uint64_t v = 0;

    if (!pel_json_uint(pel_json_get(map, key), &v) || v > max)
        r->wrong = key;
    return v;
}

static void get_file(struct reading *r, const struct pel_json *map,
                     const char *key, struct snap_file *out)
{
    const struct pel_json *j = pel_json_get(map, key);
    const char *sum = pel_json_text(pel_json_get(j, "sum"));

    out->len = get_uint(r, j, "length", INT64_MAX);
    if (!sum || !snap_sum_read(sum, &out->sum))
        r->wrong = key;
}

static void get_parent(struct reading *r, const struct pel_json *map,
                       struct snap_manifest *m)
{
    const struct pel_json *j = pel_json_get(map, "parent");

    if (!j)
        r->wrong = "parent";
    if (!pel_json_text(j))
        return;
    m->parent = get_text(r, map, "parent");
    if (!m->parent || snap_name_check(NULL, m->parent) ||
        !strcmp(m->parent, r->name))
        r->wrong = "parent";
}

static void get_disks(struct reading *r, const struct pel_json *map,
                      struct snap_manifest *m)
{
    const struct pel_json *list = pel_json_get(map, "disks");
    size_t nr = pel_json_count(list);

    if (!list || nr > SNAP_DISKS_MAX) {
        r->wrong = "disks";
        return;
    }
    m->disks = calloc(nr + 1, sizeof(*m->disks));
    r->oom |= !m->disks;
    for (size_t i = 0; m->disks && i < nr; i++) {
        const struct pel_json *j = pel_json_at(list, i);
        struct snap_disk *d = &m->disks[m->nr_disks++];

        d->vdev = get_text(r, j, "vdev");
        d->target = get_text(r, j, "target");
        d->len = get_uint(r, j, "length", INT64_MAX);
        get_file(r, j, "parts", &d->parts);
    }
}

static void get_all(struct reading *r, const struct pel_json *map,
                    struct snap_manifest *m)
{
    char *uuid = get_text(r, map, "uuid");

    m->name = get_text(r, map, "name");
    if (!m->name || strcmp(m->name, r->name))
        r->wrong = "name";
    m->domain = get_text(r, map, "domain");
    if (!uuid || uuid_parse(uuid, m->uuid))
        r->wrong = "uuid";
    free(uuid);
    get_parent(r, map, m);
    m->time = get_uint(r, map, "time", INT64_MAX);
    m->memory_kb = get_uint(r, map, "memory_kb", INT64_MAX);
    m->rounds = get_uint(r, map, "rounds", INT64_MAX);
    m->still_ms = get_uint(r, map, "still_ms", INT64_MAX);
    m->generation = get_uint(r, map, "generation", GENERATION_MAX);
    m->nr_pages = get_uint(r, map, "pages", UINT32_MAX);
    get_file(r, map, "sums", &m->sums);
    get_file(r, map, "memory", &m->memory);
    get_file(r, map, "config", &m->config);
    get_disks(r, map, m);
    if (m->sums.len != m->nr_pages * SNAP_SUM_BYTES)
        r->wrong = "pages";
}

static bool sum_is_right(char *text, size_t len)
{
    char *at = sum_in(text);
    char hex[SNAP_SUM_TEXT] = "";
    struct snap_sum said, sum;

    if (!at || strlen(text) != len)
        return false;
    memcpy(hex, at, SNAP_SUM_TEXT - 1);
    memset(at, '0', SNAP_SUM_TEXT - 1);
    snap_sum_of(text, len, &sum);
    return snap_sum_read(hex, &said) && snap_sum_same(&said, &sum);
}

static int understand(struct reading *r, char *text, size_t len,
                      struct snap_manifest *m)
{
    uint64_t format = 0;
    struct pel_json *root;
    int rc;

    if (!sum_is_right(text, len))
        return pel_fail(r->ctx, PEL_EFORMAT,
                        "snapshot %s is damaged: its manifest is not as it was "
                        "written",
                        r->name);
    rc = pel_json_parse(r->ctx, text, len, &root);
    if (rc)
        return rc;
    pel_json_uint(pel_json_get(root, "format"), &format);
    if (format != SNAP_FORMAT)
        rc = pel_fail(r->ctx, PEL_ENOTSUP,
                      "snapshot %s has format %llu, and this pel knows %d",
                      r->name, (unsigned long long)format, SNAP_FORMAT);
    else
        get_all(r, root, m);
    pel_json_free(root);
    if (!rc && r->oom)
        rc = pel_fail_oom(r->ctx);
    if (!rc && r->wrong)
        rc = pel_fail(r->ctx, PEL_EFORMAT,
                      "snapshot %s is damaged: the \"%s\" of its manifest "
                      "makes no sense",
                      r->name, r->wrong);
    return rc;
}

int snap_manifest_read(struct pel_ctx *ctx, int dir, const char *name,
                       struct snap_manifest *m)
{
    struct reading r = { .ctx = ctx, .name = name };
    char *text;
    size_t len;
    int rc;

    *m = (struct snap_manifest){ .name = NULL };
    rc = snap_file_read(ctx, dir, name, SNAP_MANIFEST, NULL, &text, &len);
    if (rc)
        return rc;
    rc = understand(&r, text, len, m);
    free(text);
    if (rc)
        snap_manifest_free(m);
    return rc;
}

void snap_manifest_free(struct snap_manifest *m)
{
    for (size_t i = 0; i < m->nr_disks; i++) {
        free(m->disks[i].vdev);
        free(m->disks[i].target);
    }
    free(m->disks);
    free(m->name);
    free(m->domain);
    free(m->parent);
    *m = (struct snap_manifest){ .name = NULL };
}
