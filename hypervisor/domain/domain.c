/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains: making them, finding them, stopping and starting them.
 *
 * TOUR 5.1: a domain is found by its id in one table.  The table holds one
 * reference, everybody who uses a domain another, and so does every frame
 * that it owns; the structure goes when the last is dropped.
 */
#include <hv/acpi.h>
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/grant.h>
#include <hv/heap.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <hv/trap.h>
#include <xen/domctl.h>
#include <xen/sched.h>
#include "local.h"

#define DOMAIN_ORDER 1
static_assert(sizeof(struct domain) <= PAGE_SIZE << DOMAIN_ORDER,
              "DOMAIN_ORDER");

#define DEFAULT_GRANT_FRAMES 64
#define DEFAULT_MAPTRACK_FRAMES 1024

struct domain *dom0;
struct list domain_list = LIST_INIT(domain_list);

static struct domain *table[DOMID_FIRST_RESERVED];
struct lock domain_list_lock = LOCK_INIT(LR_DOMAIN_LIST);
static domid_t last_id;
static uint64_t last_serial = LEFT_BY_US; /* domain_list_lock */

/* One reference more, unless there is none: then it is being freed. */
static bool get_if_kept(struct domain *d)
{
    uint32_t refs = __atomic_load_n(&d->refs, __ATOMIC_RELAXED);

    while (refs &&
           !__atomic_compare_exchange_n(&d->refs, &refs, refs + 1, false,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        ;
    return refs;
}

struct domain *domain_get_by_id(domid_t id)
{
    struct domain *d = NULL;

    lock_take(&domain_list_lock);
    if (id < DOMID_FIRST_RESERVED && table[id] && get_if_kept(table[id]))
        d = table[id];
    lock_release(&domain_list_lock);
    return d;
}

struct domain *domain_get_target(domid_t id)
{
    if (id == DOMID_SELF) {
        domain_get(current_vcpu()->domain);
        return current_vcpu()->domain;
    }
    return domain_get_by_id(id);
}

void domain_put(struct domain *d)
{
    ASSERT(d->refs);
    if (!__atomic_sub_fetch(&d->refs, 1, __ATOMIC_ACQ_REL))
        domain_free(d);
}

/* Take a free id: the wanted one, or the next after the last one given. */
static int table_insert(struct domain *d, domid_t want)
{
    struct list *pos = &domain_list;
    domid_t id = want;
    int err = -EEXIST;

    lock_take(&domain_list_lock);
    if (want == DOMID_INVALID) {
        for (unsigned int n = 1; n < DOMID_FIRST_RESERVED; n++) {
            id = (last_id + n) % DOMID_FIRST_RESERVED;
            if (id && !table[id])
                break;
        }
    }
    if (id < DOMID_FIRST_RESERVED && !table[id]) {
        d->id = id;
        d->serial = ++last_serial;
        table[id] = d;
        if (want == DOMID_INVALID)
            last_id = id;
        for_each_domain (other) {
            if (other->id > id) {
                pos = &other->link;
                break;
            }
        }
        list_add_before(&d->link, pos);
        err = 0;
    }
    lock_release(&domain_list_lock);
    return err;
}

static void table_remove(struct domain *d)
{
    lock_take(&domain_list_lock);
    table[d->id] = NULL;
    list_del(&d->link);
    lock_release(&domain_list_lock);
}

/* Nothing that we do not have, or that makes no sense? */
static bool config_ok(const struct xen_domctl_createdomain *c)
{
    return !(c->flags & ~XEN_DOMCTL_CDF_xs_domain) && c->max_vcpus &&
           c->max_vcpus <= MAX_VCPUS_PER_DOMAIN && !c->iommu_opts &&
           !c->vmtrace_size && !c->cpupool_id && !c->arch.emulation_flags &&
           XEN_DOMCTL_GRANT_version(c->grant_opts) <= 2;
}

static int init_subsystems(struct domain *d,
                           const struct xen_domctl_createdomain *c)
{
    unsigned int version = XEN_DOMCTL_GRANT_version(c->grant_opts);
    int err;

    policy_domain_init(d);
    err = evtchn_domain_init(d, c->max_evtchn_port);
    if (!err)
        err = grant_domain_init(d,
                                c->max_grant_frames < 0 ? DEFAULT_GRANT_FRAMES
                                                        : c->max_grant_frames,
                                c->max_maptrack_frames < 0
                                    ? DEFAULT_MAPTRACK_FRAMES
                                    : c->max_maptrack_frames,
                                version ? version : 2);
    if (!err && d->hardware)
        err = pirq_domain_init(d);
    return err;
}

static int alloc_arrays(struct domain *d, unsigned int max_vcpus)
{
    d->vcpu = hv_alloc(max_vcpus * sizeof(*d->vcpu));
    d->shared = heap_alloc(0);
    if (!d->vcpu || !d->shared)
        return -ENOMEM;
    d->max_vcpus = max_vcpus;
    d->shared_mfn = virt_to_mfn(d->shared);
    for (unsigned int i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
        d->shared->vcpu_info[i].evtchn_upcall_mask = 1;
    return 0;
}

int domain_create(domid_t id, const struct xen_domctl_createdomain *cfg,
                  bool control, struct domain **out)
{
    struct domain *d;
    int err;

    if (!config_ok(cfg))
        return -EINVAL;
    d = heap_alloc(DOMAIN_ORDER);
    if (!d)
        return -ENOMEM;
    d->refs = 1;
    d->control = d->hardware = d->maps_others = control;
    d->controller_pauses = d->pause_count = 1;
    d->ssidref = cfg->ssidref;
    d->address_size = 64;
    d->pages_head = d->shared_pages_head = FRAME_NONE;
    sched_domain_init(d);
    memcpy(d->handle, cfg->handle, sizeof(d->handle));
    lock_init(&d->lock, LR_DOMAIN);
    lock_init(&d->page_lock, LR_PAGE_LIST);
    list_init(&d->link);

    err = alloc_arrays(d, cfg->max_vcpus);
    if (!err)
        err = init_subsystems(d, cfg);
    if (!err)
        err = table_insert(d, id); /* from here on others find it */
    if (err)
        goto free_memory;
    frame_share(d->shared_mfn, d, false); /* holds @d: nothing fails now */
    wallclock_update(d);
    *out = d;
    return 0;

free_memory:
    evtchn_domain_free(d);
    grant_domain_destroy(d);
    pirq_domain_destroy(d);
    if (d->shared)
        heap_free(d->shared, 0);
    hv_free(d->vcpu);
    heap_free(d, DOMAIN_ORDER);
    return err;
}

void domain_free(struct domain *d)
{
    ASSERT(!d->tot_pages);
    table_remove(d); /* who walks the list must not see what follows */
    sched_domain_destroy(d);
    for (unsigned int i = 0; i < d->max_vcpus; i++) {
        if (d->vcpu[i]) {
            vcpu_unload(d->vcpu[i]);
            vcpu_destroy(d->vcpu[i]);
        }
    }
    grant_domain_destroy(d);
    pirq_domain_destroy(d);
    evtchn_domain_free(d);
    heap_free(d->shared, 0);
    hv_free(d->e820);
    hv_free(d->vcpu);
    heap_free(d, DOMAIN_ORDER);
}

/* Does not wait; a vCPU of @d itself may call it. */
static void pause_begin(struct domain *d)
{
    __atomic_fetch_add(&d->pause_count, 1, __ATOMIC_SEQ_CST);
    for_each_vcpu (v, d)
        vcpu_sleep(v);
}

void domain_pause(struct domain *d)
{
    pause_begin(d);
    for_each_vcpu (v, d)
        vcpu_wait_stopped(v);
}

void domain_unpause(struct domain *d)
{
    ASSERT(d->pause_count);
    if (__atomic_sub_fetch(&d->pause_count, 1, __ATOMIC_SEQ_CST))
        return;
    if (d->life == LIFE_NEW)
        d->life = LIFE_ALIVE;
    for_each_vcpu (v, d)
        vcpu_wake(v);
}

/* The control domain's end is the machine's. */
static void machine_shutdown(uint8_t code)
{
    switch (code) {
    case SHUTDOWN_poweroff:
        log_info("dom0 has switched off\n");
        machine_power_off();
    case SHUTDOWN_reboot:
        log_info("dom0 has asked for a reboot\n");
        machine_restart();
    default:
        panic("dom0 has stopped, reason %u", code);
    }
}

/* The last one to stop tells the toolstack, once. */
void domain_vcpu_stopped(struct domain *d)
{
    for_each_vcpu (v, d)
        if (__atomic_load_n(&v->sched.running, __ATOMIC_SEQ_CST))
            return;
    if (!__atomic_exchange_n(&d->shutdown_told, true, __ATOMIC_SEQ_CST))
        virq_raise_global(VIRQ_DOM_EXC);
}

void domain_shutdown(struct domain *d, uint8_t code)
{
    if (d->hardware)
        machine_shutdown(code);
    if (__atomic_exchange_n(&d->shut_down, true, __ATOMIC_SEQ_CST))
        return;
    d->shutdown_code = code;
    pause_begin(d);
    domain_vcpu_stopped(d);
}

void domain_resume(struct domain *d)
{
    if (!d->shutdown_told)
        return;
    d->shut_down = d->shutdown_told = false;
    d->shutdown_code = 0;
    domain_unpause(d);
}

void domain_crash(struct domain *d, const char *why, ...)
{
    char text[120];
    va_list ap;

    if (d->shut_down)
        return;
    va_start(ap, why);
    hv_vsnprintf(text, sizeof(text), why, ap);
    va_end(ap);
    log_err("domain %u crashed: %s\n", d->id, text);
    if (current_vcpu()->domain == d) {
        log_err("vCPU %u, %s mode\n", current_vcpu()->id,
                current_vcpu()->kernel_mode ? "kernel" : "user");
        dump_regs(guest_regs());
        dump_guest_stack(guest_regs());
    }
    domain_shutdown(d, SHUTDOWN_crash);
}
