/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings of disk=[...]: comma-separated words, each KEY=VALUE or, by its
 * place, TARGET, FORMAT, VDEV, ACCESS.  "phy:" and "file:" before the target
 * imply the format, which then has no place.  target= takes all that follows,
 * so that a path may have commas.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/ctx.h>
#include "local.h"

struct parser {
    struct pel_ctx *ctx;
    const char *whole; /* for messages */
    struct pel_disk *disk;
    bool has_target, has_format, has_vdev, has_access;
};

static int disk_fail(const struct parser *p, int err, const char *what,
                     const char *word)
{
    return pel_fail(p->ctx, err, "disk \"%s\": %s \"%s\"", p->whole, what,
                    word);
}

/* The path as it is in dom0; relative ones of phy: are in /dev. */
static int set_target(struct parser *p, const char *path)
{
    struct pel_disk *d = p->disk;
    char *full;

    if (p->has_target)
        return disk_fail(p, PEL_EINVAL,
                         "there is a second target, or an option that is not "
                         "known:",
                         path);
    p->has_target = true;
    if (d->backend == PEL_DISK_PHY && *path && *path != '/') {
        if (asprintf(&full, "/dev/%s", path) < 0)
            return pel_fail_oom(p->ctx);
        free(d->target);
        d->target = full;
        return 0;
    }
    return text_copy(p->ctx, &d->target, path);
}

static int set_format(struct parser *p, const char *word)
{
    const char *target = p->disk->target;

    p->has_format = true;
    if (!*word || !strcmp(word, "raw"))
        return 0;
    if (target && *target != '/' && strchr(target, ':'))
        return disk_fail(p, PEL_ENOTSUP,
                         "before the target only phy: and file: are known, "
                         "not",
                         target);
    return disk_fail(p, PEL_ENOTSUP, "only raw images are supported, not",
                     word);
}

static int set_vdev(struct parser *p, const char *word)
{
    size_t len = strspn(word, PEL_VDEV_CHARACTERS);

    if (word[len] == ':')
        return disk_fail(p, PEL_ENOTSUP,
                         "only plain disks are supported, "
                         "not",
                         word + len + 1);
    if (!len || word[len])
        return disk_fail(p, PEL_EINVAL, "this is no device name:", word);
    p->has_vdev = true;
    return text_copy(p->ctx, &p->disk->vdev, word);
}

static int set_access(struct parser *p, const char *word)
{
    p->has_access = true;
    p->disk->writable = !*word || !strcmp(word, "w") || !strcmp(word, "rw");
    if (p->disk->writable || !strcmp(word, "r") || !strcmp(word, "ro"))
        return 0;
    return disk_fail(p, PEL_EINVAL, "access is r, ro, w or rw, not", word);
}

static int set_script(struct parser *p, const char *word)
{
    if (!*word)
        return disk_fail(p, PEL_EINVAL, "there is no script in", "script=");
    return text_copy(p->ctx, &p->disk->script, word);
}

static int set_backendtype(struct parser *p, const char *word)
{
    if (strcmp(word, "phy"))
        return disk_fail(p, PEL_ENOTSUP, "the only backendtype is phy, not",
                         word);
    return 0; /* a file gets a loop device, as it does there */
}

static int set_devtype(struct parser *p, const char *word)
{
    if (strcmp(word, "disk"))
        return disk_fail(p, PEL_ENOTSUP, "the only devtype is disk, not", word);
    return 0;
}

static int set_backend(struct parser *p, const char *word)
{
    if (strcmp(word, "0") && strcmp(word, "Domain-0"))
        return disk_fail(p, PEL_ENOTSUP, "the only backend is dom0, not", word);
    return 0;
}

// clang-format off
static const struct {
    const char *key;
    int (*set)(struct parser *p, const char *value);
} keys[] = {
    { "target",      set_target },
    { "format",      set_format },
    { "vdev",        set_vdev },
    { "access",      set_access },
    { "script",      set_script },
    { "backendtype", set_backendtype },
    { "devtype",     set_devtype },
    { "backend",     set_backend },
};
// clang-format on

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

/* The row of KEY in "KEY=..."; NR_KEYS for a word that is no assignment. */
static size_t find_key(const char *word, size_t len)
{
    const char *equals = memchr(word, '=', len);
    size_t i = 0;

    if (!equals)
        return NR_KEYS;
    while (i < NR_KEYS && (strlen(keys[i].key) != (size_t)(equals - word) ||
                           memcmp(keys[i].key, word, equals - word)))
        i++;
    return i;
}

/* A word that stands for what is missing first. */
static int set_by_place(struct parser *p, char *word)
{
    if (!p->has_target) {
        if (!strncmp(word, "phy:", 4)) {
            p->disk->backend = PEL_DISK_PHY;
            p->has_format = true;
            return set_target(p, text_trim(word + 4));
        }
        if (!strncmp(word, "file:", 5)) {
            p->has_format = true;
            return set_target(p, text_trim(word + 5));
        }
        return set_target(p, word);
    }
    if (!p->has_format)
        return set_format(p, word);
    if (!p->has_vdev)
        return set_vdev(p, word);
    if (!p->has_access)
        return set_access(p, word);
    return disk_fail(p, PEL_EINVAL, "this word is too many:", word);
}

static int parse_words(struct parser *p, char *text)
{
    int rc = 0;

    while (text && !rc) {
        char *comma, *word = text;
        size_t key;

        while (isspace((unsigned char)*word))
            word++;
        key = find_key(word, strcspn(word, ","));
        comma = strchr(word, ',');
        if (key < NR_KEYS && keys[key].set == set_target)
            comma = NULL;
        if (comma)
            *comma = '\0';
        word = text_trim(word);
        if (key < NR_KEYS)
            rc = keys[key].set(p, text_trim(strchr(word, '=') + 1));
        else
            rc = set_by_place(p, word);
        text = comma ? comma + 1 : NULL;
    }
    return rc;
}

int pel_disk_parse(struct pel_ctx *ctx, const char *text, struct pel_disk *disk)
{
    struct parser p = { .ctx = ctx, .whole = text, .disk = disk };
    char *copy = strdup(text);
    int rc;

    if (!copy)
        return pel_fail_oom(ctx);
    disk->backend = PEL_DISK_FILE;
    disk->writable = true;
    rc = parse_words(&p, copy);
    free(copy);
    if (rc)
        return rc;

    if (!p.has_vdev)
        return disk_fail(&p, PEL_EINVAL, "it has no device name: say",
                         "vdev=xvda");
    if (!disk->target || !*disk->target)
        return disk_fail(&p, PEL_EINVAL, "it has no target: say",
                         "target=/path");
    if (disk->script)
        return 0; /* the script knows what the target means */
    if (*disk->target != '/')
        return disk_fail(&p, PEL_EINVAL,
                         "the path is not absolute:", disk->target);
    if (!strncmp(disk->target, "/dev/", 5))
        disk->backend = PEL_DISK_PHY;
    return 0;
}

void pel_disk_free(struct pel_disk *disk)
{
    free(disk->target);
    free(disk->vdev);
    free(disk->script);
    memset(disk, 0, sizeof(*disk));
}

int pel_disk_copy(struct pel_ctx *ctx, struct pel_disk *to,
                  const struct pel_disk *from)
{
    int rc = text_copy(ctx, &to->target, from->target);

    to->backend = from->backend;
    to->writable = from->writable;
    if (!rc)
        rc = text_copy(ctx, &to->vdev, from->vdev);
    if (!rc && from->script)
        rc = text_copy(ctx, &to->script, from->script);
    if (rc)
        pel_disk_free(to);
    return rc;
}
