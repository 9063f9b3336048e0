/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Changes to a tree, with what follows from them: which paths were seen and
 * touched, which events to send, whose quota they count against.
 *
 * A request outside a transaction is an edit of the store's own root.  A
 * transaction is an edit of a root of its own.
 */
#ifndef STORE_EDIT_H
#define STORE_EDIT_H

#include <store/tree.h>

/* What of a node somebody relied on. */
enum seen {
    SEEN_EXISTS = 1, /* that it is there, or that it is not */
    SEEN_VALUE = 2,
    SEEN_PERMS = 4,
    SEEN_KIDS = 8,     /* the list of its children */
    SEEN_RIGHTLY = 16, /* he had the right to that */
};

/* A path that an edit came across. */
struct touch {
    char *path;
    uint32_t hash;
    uint8_t seen;            /* SEEN_ bits */
    bool changed;            /* created, written, or its list was set */
    bool removed;            /* taken out at some time */
    bool fire;               /* watches get to know */
    const struct node *node; /* what stands there after an edit's only change,
                                or NULL: look for it */
    struct node *gone;       /* what was taken out, or NULL */
    struct perms *old_perms; /* the list before, if it was set, or NULL */
};

/* Nodes by owner, as a difference. */
struct acct_entry {
    uint16_t domid;
    int delta;  /* nodes */
    long bytes; /* that they take */
};

struct acct {
    struct acct_entry *e;
    unsigned int nr, room;
};

struct edit {
    struct node **root;    /* what is edited */
    bool logged;           /* remember what was seen: it will be merged */
    struct touch *touches; /* in the order of first touch */
    unsigned int nr, room;
    uint32_t *index;         /* by hash, number of the touch plus 1; or NULL */
    unsigned int index_size; /* a power of 2, or 0 */
    struct acct acct;
};

/** edit_init - an edit of the tree at @root; @logged for transactions */
void edit_init(struct edit *e, struct node **root, bool logged);

/** edit_clear - free what @e holds; the tree stays */
void edit_clear(struct edit *e);

/**
 * edit_see - somebody relied on something of a path
 * @path: the first @len bytes are the path
 * @what: SEEN_ bits
 *
 * Returns: 0; -ENOMEM.
 */
int edit_see(struct edit *e, const char *path, size_t len, unsigned int what);

/**
 * edit_create - make the missing node at @path and the missing ones above it
 * @who: creator: each new node inherits its list from the node above it
 * @gen: generation of the change
 *
 * Returns: 0; -ENOMEM, and nothing was made.
 */
int edit_create(struct edit *e, const char *path, const void *value,
                size_t value_len, const struct who *who, uint64_t gen);

/** edit_write - another value for the node at @path: 0, -ENOENT, -ENOMEM */
int edit_write(struct edit *e, const char *path, const void *value,
               size_t value_len, uint64_t gen);

/** edit_set_perms - another list for the node at @path: 0, -ENOENT, -ENOMEM */
int edit_set_perms(struct edit *e, const char *path, struct perms *perms);

/**
 * edit_remove - take out the node at @path and all below it
 *
 * Returns: 0; -ENOENT; -EINVAL it is the root; -ENOMEM, nothing happened.
 */
int edit_remove(struct edit *e, const char *path, uint64_t gen);

/**
 * edit_conflicts - did somebody else change what the edit relied on?
 * @base: the tree as it was when the edit began
 * @now:  the tree as it is
 */
bool edit_conflicts(const struct edit *e, const struct node *base,
                    const struct node *now);

/**
 * edit_merge - do the changes of @e, which do not conflict, to another tree
 * @root: the other tree
 * @acct: empty; set to the difference in nodes that this makes there
 * @gen:  generation of the merge
 *
 * Returns: 0; -ENOMEM: then the tree at @root is to be thrown away.
 */
int edit_merge(const struct edit *e, struct node **root, struct acct *acct,
               uint64_t gen);

/**
 * edit_settle - make the touches of a committed transaction tell what others
 *               see of it
 * @before: the store's tree until now
 * @after:  the store's tree from now on
 */
void edit_settle(struct edit *e, const struct node *before,
                 const struct node *after);

/** acct_delta - nodes that @domid owns more than before */
int acct_delta(const struct acct *a, uint16_t domid);

/** acct_bytes - bytes that its nodes take more than before */
long acct_bytes(const struct acct *a, uint16_t domid);

/** acct_clear - free what @a holds */
void acct_clear(struct acct *a);

#endif
