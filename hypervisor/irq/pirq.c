/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical interrupts of the hardware domain, delivered as event channels.
 *
 * Edge-triggered lines and messages are acknowledged at once.  A level line
 * stays asserted until the driver has spoken to its device, so it is masked
 * when it is delivered and stays `held' until the guest says EOI.  Numbers
 * of lines are their GSIs; messages get numbers from the top downwards.
 */
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/evtchn.h>
#include <hv/frame.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include <hv/nospec.h>
#include "local.h"

#define TABLE_ORDER 2
static_assert(sizeof(struct pirq_table) <= PAGE_SIZE << TABLE_ORDER,
              "the table fits its pages");

int pirq_domain_init(struct domain *d)
{
    struct pirq_table *t = heap_alloc(TABLE_ORDER);

    if (!t)
        return -ENOMEM;
    lock_init(&t->lock, LR_IRQ);
    for (unsigned int i = 0; i < NR_PIRQS; i++) {
        t->pirq[i].domain = d;
        t->pirq[i].number = i;
    }
    d->pirq = t;
    return 0;
}

/* The entry of a mapped pirq; NULL: the domain has none of that number. */
static struct pirq *lookup(struct domain *d, unsigned int pirq)
{
    struct pirq *p;

    if (!d->pirq || pirq >= NR_PIRQS)
        return NULL;
    p = &d->pirq->pirq[nospec_index(pirq, NR_PIRQS)];

    return p->kind == PIRQ_NONE ? NULL : p;
}

static bool is_level(const struct pirq *p)
{
    return p->kind == PIRQ_GSI && gsi_is_level(p->number);
}

static void fire(void *arg)
{
    struct pirq *p = arg;
    uint32_t port = __atomic_load_n(&p->port, __ATOMIC_ACQUIRE);

    if (is_level(p)) {
        lock_take(&p->domain->pirq->lock);
        p->held = true;
        gsi_mask(p->number);
        lock_release(&p->domain->pirq->lock);
    }
    lapic_eoi();
    if (port)
        evtchn_raise(p->domain, port);
}

static void eoi_map_update(struct pirq_table *t, const struct pirq *p)
{
    uint8_t bit = 1U << (p->number & 7);

    if (!t->eoi_map)
        return;
    if (is_level(p))
        __atomic_fetch_or(&t->eoi_map[p->number / 8], bit, __ATOMIC_RELAXED);
    else
        __atomic_fetch_and(&t->eoi_map[p->number / 8], ~bit, __ATOMIC_RELAXED);
}

static void stop(struct pirq *p)
{
    if (!p->vector)
        return;
    if (p->kind == PIRQ_GSI)
        gsi_mask(p->number);
    else
        msi_mask(&p->msi);
    p->held = false;
}

int pirq_bind(struct domain *d, unsigned int pirq, unsigned int port)
{
    struct pirq *p = lookup(d, pirq);
    int err;

    if (!p)
        return -EINVAL;

    lock_take(&d->pirq->lock);
    err = -EINVAL;
    if (p->kind == PIRQ_NONE)
        goto out; /* unmapped just now */
    err = -EBUSY;
    if (p->port || (p->kind == PIRQ_GSI && gsi_is_ours(pirq)))
        goto out;
    err = -ENOSPC;
    if (!p->vector)
        p->vector = vector_alloc(fire, p); /* kept until it is unmapped */
    if (!p->vector)
        goto out;

    err = 0;
    __atomic_store_n(&p->port, port, __ATOMIC_RELEASE);
    p->held = false;
    p->cpu = this_cpu_id();
    eoi_map_update(d->pirq, p);
    if (p->kind == PIRQ_GSI) {
        gsi_route(pirq, p->vector, p->cpu);
        gsi_unmask(pirq);
    } else {
        msi_program(&p->msi, p->vector, p->cpu);
    }
out:
    lock_release(&d->pirq->lock);
    return err;
}

void pirq_unbind(struct domain *d, unsigned int pirq, unsigned int port)
{
    struct pirq *p = lookup(d, pirq);

    if (!p)
        return;
    lock_take(&d->pirq->lock);
    if (p->port == port) {
        __atomic_store_n(&p->port, 0, __ATOMIC_RELEASE);
        stop(p);
    }
    lock_release(&d->pirq->lock);
}

void pirq_move(struct domain *d, unsigned int pirq, unsigned int cpu)
{
    struct pirq *p = lookup(d, pirq);

    if (!p || !cpu_online(cpu))
        return;
    lock_take(&d->pirq->lock);
    if (p->port && p->cpu != cpu) {
        p->cpu = cpu;
        if (p->kind == PIRQ_GSI)
            gsi_move(pirq, cpu);
        else
            msi_program(&p->msi, p->vector, cpu);
    }
    lock_release(&d->pirq->lock);
}

/* What was on its way arrives there: the CPU halts with interrupts on. */
void pirq_take_over(unsigned int cpu)
{
    for (unsigned int i = 0; dom0 && dom0->pirq && i < NR_PIRQS; i++)
        if (dom0->pirq->pirq[i].cpu == cpu)
            pirq_move(dom0, i, this_cpu_id());
}

int pirq_eoi(struct domain *d, unsigned int pirq)
{
    struct pirq *p = lookup(d, pirq);

    if (!p)
        return -EINVAL;
    lock_take(&d->pirq->lock);
    if (p->held) {
        p->held = false;
        gsi_unmask(pirq);
    }
    lock_release(&d->pirq->lock);
    return 0;
}

int pirq_needs_eoi(struct domain *d, unsigned int pirq)
{
    struct pirq *p = lookup(d, pirq);

    return p ? is_level(p) : -EINVAL;
}

int pirq_map_gsi(struct domain *d, unsigned int gsi)
{
    struct pirq *p;

    if (!d->pirq || gsi >= NR_PIRQS || !gsi_valid(gsi))
        return -EINVAL;
    p = &d->pirq->pirq[gsi];
    lock_take(&d->pirq->lock);
    if (p->kind == PIRQ_NONE)
        p->kind = PIRQ_GSI;
    eoi_map_update(d->pirq, p);
    lock_release(&d->pirq->lock);
    return 0;
}

static bool same_message(const struct msi *a, const struct msi *b)
{
    return a->bdf == b->bdf && !a->entry == !b->entry && a->index == b->index;
}

int pirq_map_msi(struct domain *d, const struct msi *m)
{
    struct pirq_table *t = d->pirq;
    struct pirq *found = NULL;
    int ret = -ENOSPC;

    lock_take(&t->lock);
    for (unsigned int i = NR_PIRQS - 1; i >= gsi_count() && i > 15; i--) {
        struct pirq *p = &t->pirq[i];

        if (p->kind == PIRQ_NONE && !found)
            found = p;
        if (p->kind == PIRQ_MSI && same_message(&p->msi, m)) {
            ret = -EBUSY;
            goto out;
        }
    }
    if (found) {
        found->kind = PIRQ_MSI;
        found->msi = *m;
        eoi_map_update(t, found);
        ret = found->number;
    }
out:
    lock_release(&t->lock);
    return ret;
}

int pirq_unmap(struct domain *d, unsigned int pirq)
{
    struct pirq *p = lookup(d, pirq);

    if (!p)
        return -EINVAL;
    lock_take(&d->pirq->lock);
    __atomic_store_n(&p->port, 0, __ATOMIC_RELEASE);
    stop(p);
    p->kind = PIRQ_NONE;
    if (p->vector)
        vector_free(p->vector);
    p->vector = 0;
    lock_release(&d->pirq->lock);
    return 0;
}

int pirq_set_eoi_map(struct domain *d, mfn_t m)
{
    struct pirq_table *t = d->pirq;
    int err;

    err = frame_get_with_type(m, d, PT_WRITABLE);
    if (err)
        return err;
    lock_take(&t->lock);
    if (t->eoi_map) {
        lock_release(&t->lock);
        frame_put_with_type(m);
        return -EBUSY;
    }
    t->eoi_map_mfn = m;
    t->eoi_map = mfn_to_virt(m);
    for (unsigned int i = 0; i < NR_PIRQS; i++)
        eoi_map_update(t, &t->pirq[i]);
    lock_release(&t->lock);
    return 0;
}

void pirq_mode_changed(struct domain *d, unsigned int gsi)
{
    struct pirq *p = lookup(d, gsi);

    if (!p)
        return;
    lock_take(&d->pirq->lock);
    eoi_map_update(d->pirq, p);
    if (!is_level(p) && p->held) {
        p->held = false;
        gsi_unmask(gsi);
    }
    lock_release(&d->pirq->lock);
}

void pirq_domain_destroy(struct domain *d)
{
    struct pirq_table *t = d->pirq;

    if (!t)
        return;
    for (unsigned int i = 0; i < NR_PIRQS; i++)
        pirq_unmap(d, i);
    if (t->eoi_map)
        frame_put_with_type(t->eoi_map_mfn);
    d->pirq = NULL;
    heap_free(t, TABLE_ORDER);
}

void pirq_audit(const struct domain *d, audit_count_fn *count)
{
    if (d->pirq && d->pirq->eoi_map)
        count(d->pirq->eoi_map_mfn, true);
}
