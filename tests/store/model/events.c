/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events must come, and whether they did. */
#include <stdio.h>
#include <string.h>

#include "run.h"

/* An event for all who watch @at or above it, and may know. */
static void want_event(const struct model *before, const struct model *after,
                       int at, bool below)
{
    int up = place_up(at);
    struct event *e;

    for (struct player *p = run.player; p < run.player + PEERS; p++) {
        uint16_t domid = p->peer.domid;
        bool may =
            !domid ||
            (before->at[at].there && (model_allow(before, at, domid) & READ)) ||
            (after->at[at].there && (model_allow(after, at, domid) & READ)) ||
            (up != NOWHERE && after->at[up].there &&
             (model_allow(after, up, domid) & READ));

        for (int i = 0; may && i < WATCHES; i++) {
            int watched = p->watch[i].place;

            if (watched == NOWHERE || !place_below(at, watched) ||
                (below && watched != at))
                continue;
            if (p->nr_want == EVENTS_MAX)
                die("too many events");
            e = &p->want[p->nr_want++];
            place_path(at, e->path);
            snprintf(e->token, sizeof(e->token), "%u", p->watch[i].token);
            e->group = run.group;
        }
    }
}

/*
 * The events of one commit.  A changed place is told to all who watch it or
 * above it; what went with a removed place, to those who watch that very one.
 */
void want_events(const struct model *before, const bool *changed,
                 const bool *removed)
{
    const struct model *after = &run.model;

    run.group++;
    for (int i = 0; i < PLACES; i++) {
        bool below = false;

        if (!before->at[i].there && !after->at[i].there)
            continue;
        for (int up = place_up(i); up != NOWHERE; up = place_up(up))
            below |= removed[up];
        if (changed[i])
            want_event(before, after, i, false);
        else if (below && before->at[i].there)
            want_event(before, after, i, true);
    }
}

/* The events that came are those that had to: the groups in order. */
void compare_events(struct player *p)
{
    struct act look = { .type = XS_READ, .domid = p->peer.domid };
    char answer[ANSWER_BYTES];

    ask(p, 0, &look, answer); /* what it answers comes behind all events */
    if (p->peer.nr_events != p->nr_want) {
        for (unsigned int i = 0; i < p->nr_want; i++)
            fprintf(stderr, "want %s %s\n", p->want[i].path, p->want[i].token);
        for (unsigned int i = 0; i < p->peer.nr_events; i++)
            fprintf(stderr, "came %s %s\n", p->peer.event[i].path,
                    p->peer.event[i].token);
        die("domain %u: %u events, not %u", p->peer.domid, p->peer.nr_events,
            p->nr_want);
    }
    for (unsigned int i = 0; i < p->nr_want; i++) {
        const struct event *e = &p->peer.event[i];
        unsigned int j = i;

        while (j < p->nr_want && p->want[j].group == p->want[i].group &&
               (strcmp(p->want[j].path, e->path) ||
                strcmp(p->want[j].token, e->token)))
            j++;
        if (j == p->nr_want || p->want[j].group != p->want[i].group)
            die("domain %u: event %s %s, not %s %s", p->peer.domid, e->path,
                e->token, p->want[i].path, p->want[i].token);
        p->want[j] = p->want[i]; /* of the same group */
    }
    run.events += p->nr_want;
    p->nr_want = p->peer.nr_events = 0;
}
