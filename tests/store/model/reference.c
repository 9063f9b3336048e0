/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reference model. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <xen/io/xs_wire.h>

#include "reference.h"

int place_up(int place) { return place ? (place - 1) / FAN : NOWHERE; }

void place_path(int place, char *path)
{
    if (!place) {
        strcpy(path, "/m");
        return;
    }
    place_path(place_up(place), path);
    sprintf(path + strlen(path), "/%c", 'a' + (place - 1) % FAN);
}

bool place_below(int place, int top)
{
    while (place > top)
        place = place_up(place);
    return place == top;
}

void model_init(struct model *m)
{
    memset(m, 0, sizeof(*m));
    m->at[0].there = true;
    m->at[0].perms.nr = 1; /* dom0, nobody else */
}

unsigned int model_allow(const struct model *m, int place, uint16_t domid)
{
    const struct list *l = &m->at[place].perms;

    if (!domid || l->e[0].domid == domid)
        return READ | WRITE;
    for (int i = 1; i < l->nr; i++) {
        if (l->e[i].domid == domid)
            return l->e[i].access;
    }
    return l->e[0].access;
}

static int nearest(const struct model *m, int place)
{
    while (!m->at[place].there)
        place = place_up(place);
    return place;
}

static void remove_below(struct model *m, int place)
{
    for (int i = place; i < PLACES; i++) {
        if (place_below(i, place))
            m->at[i].there = false;
    }
}

/* Make @place and what is missing above it; each inherits from above. */
static void create(struct model *m, int place, uint16_t domid)
{
    struct place *p = &m->at[place];

    if (p->there)
        return;
    create(m, place_up(place), domid);
    p->there = true;
    p->value = 0;
    p->perms = m->at[place_up(place)].perms;
    if (domid)
        p->perms.e[0].domid = domid;
}

static const char letter[] = "nrwb";

static int format_list(const struct list *l, char *out, char end)
{
    int len = 0;

    for (int i = 0; i < l->nr; i++) {
        len +=
            sprintf(out + len, "%c%u", letter[l->e[i].access], l->e[i].domid);
        out[len++] = end;
    }
    out[len] = '\0';
    return len;
}

static bool do_change(struct model *m, const struct act *a, char *answer)
{
    struct place *p = &m->at[a->place];
    bool there = p->there;

    strcpy(answer, "OK.");
    if (a->type == XS_RM) {
        if (!there && !m->at[place_up(a->place)].there)
            strcpy(answer, "ENOENT.");
        remove_below(m, a->place);
        return there;
    }
    create(m, a->place, a->domid);
    if (a->type == XS_WRITE)
        p->value = a->value;
    return a->type == XS_WRITE || !there;
}

static bool set_perms(struct model *m, const struct act *a, char *answer)
{
    struct place *p = &m->at[a->place];

    strcpy(answer, "OK.");
    if (a->domid && p->perms.e[0].domid != a->domid) {
        strcpy(answer, "EACCES.");
        return false;
    }
    if (a->domid && a->perms.e[0].domid != a->domid) {
        strcpy(answer, "EPERM.");
        return false;
    }
    p->perms = a->perms;
    return true;
}

static void look(const struct model *m, const struct act *a, char *answer)
{
    const struct place *p = &m->at[a->place];
    int kid = a->place * FAN + 1;

    answer[0] = '\0';
    if (a->type == XS_GET_PERMS) {
        format_list(&p->perms, answer, '.');
    } else if (a->type == XS_READ) {
        if (p->value)
            sprintf(answer, "%d", p->value);
    } else {
        for (int i = 0; i < FAN && kid + i < PLACES; i++) {
            if (m->at[kid + i].there)
                sprintf(answer + strlen(answer), "%c.", 'a' + i);
        }
    }
}

bool model_do(struct model *m, const struct act *a, char *answer)
{
    bool changes = a->type == XS_WRITE || a->type == XS_MKDIR ||
                   a->type == XS_RM || a->type == XS_SET_PERMS;
    unsigned int need = changes ? WRITE : READ;

    if (!(model_allow(m, nearest(m, a->place), a->domid) & need)) {
        strcpy(answer, "EACCES.");
        return false;
    }
    if (!m->at[a->place].there && (!changes || a->type == XS_SET_PERMS)) {
        strcpy(answer, "ENOENT.");
        return false;
    }
    if (a->type == XS_SET_PERMS)
        return set_perms(m, a, answer);
    if (changes)
        return do_change(m, a, answer);
    look(m, a, answer);
    return false;
}

int act_payload(const struct act *a, char *data)
{
    int len;

    place_path(a->place, data);
    len = strlen(data) + 1;
    if (a->type == XS_WRITE)
        len += sprintf(data + len, "%d", a->value);
    else if (a->type == XS_SET_PERMS)
        len += format_list(&a->perms, data + len, '\0');
    return len;
}
