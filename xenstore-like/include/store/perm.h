/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Permission lists of nodes: who owns a node, who may read and write it. */
#ifndef STORE_PERM_H
#define STORE_PERM_H

#include <stdbool.h>
#include <stdint.h>

#include <store/buf.h>

enum perm_access {
    PERM_NONE = 0,
    PERM_READ = 1,
    PERM_WRITE = 2,
    PERM_OWNER = 4, /* asked for only: may change the list itself */
};

/* One entry.  In the first, @domid owns and @access is everybody else's. */
struct perm_entry {
    uint16_t domid;
    uint8_t access; /* PERM_READ | PERM_WRITE */
};

/*
 * A list, immutable and shared by reference between nodes.
 *
 * INVARIANT PERM-1: an entry speaks of the domain that had the number when
 * the list was made.  A list older than a domain says nothing of it: numbers
 * are used again, rights are not.
 */
struct perms {
    uint32_t refs;
    uint32_t nr;  /* entries, at least 1 */
    uint64_t gen; /* the store's generation when it was made */
    struct perm_entry e[];
};

/* Who asks. */
struct who {
    uint16_t domid;
    uint16_t target; /* domain that it acts for, or DOMID_INVALID */
    bool privileged; /* everything is allowed */
    uint64_t born;   /* generation when the domain became known */
    uint64_t target_born;
};

/**
 * perms_new - a list of @nr entries, all zero, with one reference
 * @nr:  number of entries, at least 1
 * @gen: the store's generation now
 *
 * Returns: the list, or NULL when there is no memory.
 */
struct perms *perms_new(uint32_t nr, uint64_t gen);

/** perms_get - one more reference to @p; returns @p */
struct perms *perms_get(struct perms *p);

/** perms_put - one reference less; the last frees.  NULL is nothing. */
void perms_put(struct perms *p);

/** perms_same - do @a and @b give the same rights, and of the same age? */
bool perms_same(const struct perms *a, const struct perms *b);

/** perms_owner - domain number of the owner */
uint16_t perms_owner(const struct perms *p);

/**
 * perms_inherit - the list of a node that @who creates below one with @parent
 *
 * It is the parent's, except that an unprivileged creator owns what it
 * creates (and so answers for it in its quota).
 * Returns: a reference, or NULL when there is no memory.
 */
struct perms *perms_inherit(struct perms *parent, const struct who *who,
                            uint64_t gen);

/** perms_allow - everything that @who may do: PERM_ bits */
unsigned int perms_allow(const struct perms *p, const struct who *who);

/**
 * perms_parse - the list that the NUL-terminated strings at @s stand for
 * @s:   strings like "b7": n, r, w or b, then a domain number in decimal
 * @len: bytes at @s, all of its NULs among them
 * @gen: the store's generation now
 * @out: set to a list with one reference
 *
 * Returns: 0; -EINVAL not such strings, or none; -ENOMEM.
 */
int perms_parse(const char *s, size_t len, uint64_t gen, struct perms **out);

/** perms_format - append @p to @out as strings like "b7"; 0 or -ENOMEM */
int perms_format(const struct perms *p, struct buf *out);

#endif
