/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Permission lists of nodes; keeps PERM-1. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <store/mem.h>
#include <store/parse.h>
#include <store/perm.h>

static const char access_letter[] = {
    [PERM_NONE] = 'n',
    [PERM_READ] = 'r',
    [PERM_WRITE] = 'w',
    [PERM_READ | PERM_WRITE] = 'b',
};

struct perms *perms_new(uint32_t nr, uint64_t gen)
{
    struct perms *p = mem_zalloc(sizeof(*p) + nr * sizeof(p->e[0]));

    if (!p)
        return NULL;
    p->refs = 1;
    p->nr = nr;
    p->gen = gen;
    return p;
}

struct perms *perms_get(struct perms *p)
{
    p->refs++;
    return p;
}

void perms_put(struct perms *p)
{
    if (p && --p->refs == 0)
        mem_free(p);
}

bool perms_same(const struct perms *a, const struct perms *b)
{
    if (a == b)
        return true;
    return a->nr == b->nr && a->gen == b->gen &&
           !memcmp(a->e, b->e, a->nr * sizeof(a->e[0]));
}

uint16_t perms_owner(const struct perms *p) { return p->e[0].domid; }

struct perms *perms_inherit(struct perms *parent, const struct who *who,
                            uint64_t gen)
{
    bool stale = who->born > parent->gen;
    struct perms *p;
    uint32_t nr;

    if (who->privileged || perms_owner(parent) == who->domid)
        return perms_get(parent);

    /*
     * A list older than its new owner must become younger to name it; the
     * other entries could then speak of the wrong domains, so they go.
     */
    nr = stale ? 1 : parent->nr;
    p = perms_new(nr, stale ? gen : parent->gen);
    if (!p)
        return NULL;
    memcpy(p->e, parent->e, nr * sizeof(p->e[0]));
    p->e[0].domid = who->domid;
    return p;
}

static unsigned int allow_domain(const struct perms *p, uint16_t domid,
                                 uint64_t born)
{
    if (p->gen < born)
        return p->e[0].access; /* PERM-1 */
    if (p->e[0].domid == domid)
        return PERM_READ | PERM_WRITE | PERM_OWNER;

    for (uint32_t i = 1; i < p->nr; i++) {
        if (p->e[i].domid == domid)
            return p->e[i].access;
    }
    return p->e[0].access;
}

unsigned int perms_allow(const struct perms *p, const struct who *who)
{
    unsigned int allow;

    if (who->privileged)
        return PERM_READ | PERM_WRITE | PERM_OWNER;

    allow = allow_domain(p, who->domid, who->born);
    if (who->target != DOMID_INVALID)
        allow |= allow_domain(p, who->target, who->target_born);
    return allow;
}

static int entry_parse(const char *s, struct perm_entry *e)
{
    const char *letter;
    unsigned int domid;

    letter = *s ? memchr(access_letter, *s, sizeof(access_letter)) : NULL;
    if (!letter || parse_uint(s + 1, DOMID_FIRST_RESERVED - 1, &domid))
        return -EINVAL;

    e->access = letter - access_letter;
    e->domid = domid;
    return 0;
}

int perms_parse(const char *s, size_t len, uint64_t gen, struct perms **out)
{
    const char *end = s + len;
    struct perms *p;
    uint32_t nr = 0;

    if (!len || end[-1])
        return -EINVAL;
    for (const char *c = s; c < end; c += strlen(c) + 1)
        nr++;

    p = perms_new(nr, gen);
    if (!p)
        return -ENOMEM;
    for (uint32_t i = 0; i < nr; i++, s += strlen(s) + 1) {
        if (entry_parse(s, &p->e[i])) {
            perms_put(p);
            return -EINVAL;
        }
    }
    *out = p;
    return 0;
}

int perms_format(const struct perms *p, struct buf *out)
{
    char s[sizeof("b65535")];
    int len;

    for (uint32_t i = 0; i < p->nr; i++) {
        len = snprintf(s, sizeof(s), "%c%u", access_letter[p->e[i].access],
                       p->e[i].domid);
        if (buf_append(out, s, len + 1))
            return -ENOMEM;
    }
    return 0;
}
