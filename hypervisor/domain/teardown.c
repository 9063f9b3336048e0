/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Destroying a domain: steps that each can be entered again, so that a big
 * domain does not keep the CPU (design D7).
 */
#include <hv/bug.h>
#include <hv/domain.h>
#include <hv/evtchn.h>
#include <hv/grant.h>
#include <hv/mm.h>
#include <hv/track.h>
#include "local.h"

static int stop(struct domain *d)
{
    d->life = LIFE_DYING;
    domain_pause(d);
    return 0;
}

/* What a vCPU holds of its own: tables, descriptor pages, its info page. */
static int drop_vcpu_state(struct domain *d)
{
    for_each_vcpu (v, d) {
        int err;

        vcpu_unload(v);
        timer_stop(&v->singleshot);
        timer_stop(&v->periodic);
        err = vcpu_drop_tables(v);
        if (err)
            return err;
        vcpu_info_reset(v);
    }
    return 0;
}

/* In this order: nobody is told, or lent anything, after its owner is gone. */
static int (*const steps[])(struct domain *d) = {
    stop,
    track_destroy,
    evtchn_domain_destroy,
    grant_domain_release_maps,
    drop_vcpu_state,
    mm_domain_relinquish,
};

int domain_kill(struct domain *d)
{
    ASSERT(!d->hardware);

    while (d->teardown_step < ARRAY_SIZE(steps)) {
        int err = steps[d->teardown_step](d);

        if (err)
            return err;
        d->teardown_step++;
    }
    if (d->life != LIFE_DEAD) {
        d->life = LIFE_DEAD;
        domain_put(d); /* the table's */
        virq_raise_global(VIRQ_DOM_EXC);
    }
    return 0;
}
