/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which snapshots there are, and whose. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uuid/uuid.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include <pel/snapshot.h>
#include "folder.h"
#include "manifest.h"

/* Whether the newest that can be read there is of a guest of this name. */
static bool was_called(struct pel_ctx *ctx, const char *place,
                       const uint8_t *uuid, const char *who)
{
    struct pel_snapshot *list = NULL;
    char text[UUID_STR_LEN];
    bool same = false;
    size_t nr = 0;

    uuid_unparse_lower(uuid, text);
    if (!pel_snapshot_list(ctx, place, text, NULL, &list, &nr) && nr)
        same = !strcmp(list[nr - 1].domain, who);
    pel_error_clear(ctx);
    pel_snapshots_free(list, nr);
    return same;
}

static int find_gone(struct pel_ctx *ctx, const char *place, const char *who,
                     uint8_t *uuid)
{
    DIR *d = opendir(place ? place : PEL_SNAPSHOT_PLACE);
    uint8_t one[16];
    size_t found = 0;

    for (struct dirent *e; d && (e = readdir(d));) {
        if (uuid_parse(e->d_name, one) || !was_called(ctx, place, one, who))
            continue;
        memcpy(uuid, one, sizeof(one));
        found++;
    }
    if (d)
        closedir(d);
    if (found > 1)
        return pel_fail(ctx, PEL_EINVAL,
                        "several guests were called \"%s\": give the UUID",
                        who);
    if (!found)
        return pel_fail(
            ctx, PEL_ENOENT,
            "there is neither a domain \"%s\" nor a snapshot of one", who);
    return 0;
}

int snap_folder_find(struct pel_ctx *ctx, const char *place, const char *who,
                     uint8_t *uuid)
{
    struct pel_dominfo info;
    uint32_t domid;
    int rc;

    if (!uuid_parse(who, uuid))
        return 0;
    rc = pel_domain_find(ctx, who, &domid);
    if (!rc)
        rc = pel_domain_get(ctx, domid, &info);
    if (!rc)
        memcpy(uuid, info.uuid, sizeof(info.uuid));
    if (rc != -PEL_ENOENT)
        return rc;
    pel_error_clear(ctx);
    return find_gone(ctx, place, who, uuid);
}

static uint64_t all_bytes(const struct snap_manifest *m)
{
    uint64_t sum =
        m->nr_pages * 4096 + m->sums.len + m->memory.len + m->config.len;

    for (size_t i = 0; i < m->nr_disks; i++)
        sum += m->disks[i].parts.len;
    return sum;
}

/* Takes the names out of the manifest. */
static void convert(struct snap_manifest *m, const char *head,
                    struct pel_snapshot *to)
{
    *to = (struct pel_snapshot){
        .name = m->name,
        .domain = m->domain,
        .parent = m->parent,
        .time = m->time,
        .memory_kb = m->memory_kb,
        .rounds = m->rounds,
        .still_ms = m->still_ms,
        .nr_pages = m->nr_pages,
        .bytes = all_bytes(m),
        .nr_disks = m->nr_disks,
        .current = head && !strcmp(head, m->name),
    };
    memcpy(to->uuid, m->uuid, sizeof(to->uuid));
    m->name = m->domain = m->parent = NULL;
    snap_manifest_free(m);
}

static int read_one(struct snap_folder *f, const char *name, const char *head,
                    struct pel_snapshot *to)
{
    struct snap_manifest m;
    int fd, rc = snap_folder_enter(f, name, &fd);

    if (rc)
        return rc;
    rc = snap_manifest_read(f->ctx, fd, name, &m);
    close(fd);
    if (!rc)
        convert(&m, head, to);
    return rc;
}

static int by_time(const void *a, const void *b)
{
    const struct pel_snapshot *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    /* Of the same second: whose parent it is comes first. */
    if (y->parent && !strcmp(y->parent, x->name))
        return -1;
    if (x->parent && !strcmp(x->parent, y->name))
        return 1;
    return strcmp(x->name, y->name);
}

static int read_all(struct snap_folder *f, const char *name,
                    struct pel_snapshot **out, size_t *nr)
{
    char **names = NULL, *head = snap_head_read(f);
    size_t nr_names = 0;
    int rc = snap_folder_names(f, &names, &nr_names);

    *out = rc ? NULL : calloc(nr_names + 1, sizeof(**out));
    if (!rc && !*out)
        rc = pel_fail_oom(f->ctx);
    if (!rc && name) {
        rc = read_one(f, name, head, *out);
        *nr = !rc;
    }
    for (size_t i = 0; !rc && !name && i < nr_names; i++) {
        rc = read_one(f, names[i], head, &(*out)[*nr]);
        *nr += !rc;
    }
    if (!rc && *nr)
        qsort(*out, *nr, sizeof(**out), by_time);
    snap_names_free(names, nr_names);
    free(head);
    return rc;
}

int pel_snapshot_list(struct pel_ctx *ctx, const char *place, const char *who,
                      const char *name, struct pel_snapshot **out, size_t *nr)
{
    struct snap_folder f = { .fd = -1 };
    uint8_t uuid[16];
    int rc = snap_folder_find(ctx, place, who, uuid);

    *out = NULL;
    *nr = 0;
    if (!rc)
        rc = snap_folder_open(ctx, place, uuid, false, false, &f);
    if (rc == -PEL_ENOENT && !name && f.ctx) {
        pel_error_clear(ctx); /* a guest without snapshots */
        return 0;
    }
    if (!rc)
        rc = read_all(&f, name, out, nr);
    snap_folder_close(&f);
    return rc;
}

void pel_snapshots_free(struct pel_snapshot *list, size_t nr)
{
    for (size_t i = 0; i < nr; i++) {
        free(list[i].name);
        free(list[i].domain);
        free(list[i].parent);
    }
    free(list);
}
