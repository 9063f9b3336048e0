/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain: life cycle, look-up, and what its subsystems keep in it. */
#pragma once

#include <hv/evtchn.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <hv/policy.h>
#include <hv/types.h>
#include <hv/vcpu.h>
#include <xen/memory.h>
#include <xen/xen.h>

struct grant_table;
struct pirq_table;
struct track;

/* As INT 15h, E820 returns it: 20 bytes, no padding. */
struct e820_entry {
    uint64_t addr, size;
    uint32_t type;
} __attribute__((packed));

#define MAX_VCPUS_PER_DOMAIN 128

enum domain_life {
    LIFE_NEW,   /* being built: never ran */
    LIFE_ALIVE, /* unpaused at least once */
    LIFE_DYING, /* being torn down; only references keep it */
    LIFE_DEAD,  /* nothing left but the structure */
};

struct domain {
    uint64_t serial; /* as the id, but never given again */
    domid_t id;
    bool control;     /* may use domctl, sysctl, foreign mappings */
    bool hardware;    /* owns the machine's devices: I/O ports, MMIO, IRQs */
    uint8_t life;     /* enum domain_life */
    uint32_t refs;    /* domain_get() / domain_put() */
    struct list link; /* domain_list; LR_DOMAIN_LIST */
    struct lock lock; /* LR_DOMAIN: life cycle, vCPU array, pause */
    xen_domain_handle_t handle; /* the toolstack's UUID */
    uint32_t ssidref;

    struct vcpu **vcpu; /* max_vcpus pointers, NULL until created */
    unsigned int max_vcpus;
    unsigned int controller_pauses; /* domctl pausedomain, 0 or 1 */
    unsigned int pause_count;       /* all reasons; > 0: no vCPU runs */
    bool shut_down;                 /* SCHEDOP_shutdown was called */
    bool shutdown_told;             /* its vCPUs have stopped since */
    uint8_t shutdown_code;          /* SHUTDOWN_* */
    unsigned int teardown_step;

    struct shared_info *shared; /* our mapping; guest maps it by its frame */
    mfn_t shared_mfn;

    struct lock page_lock; /* LR_PAGE_LIST: the next six */
    uint32_t pages_head;   /* frames owned, linked by struct frame */
    uint32_t tot_pages, max_pages;
    uint32_t shared_pages_head; /* hypervisor pages shared with the guest */
    uint32_t zombie_pages_head; /* given up while dying, but still mapped */
    uint32_t nr_frames_held;    /* frames on these lists; > 0 holds a ref */
    uint32_t claimed_pages;     /* set aside, not yet allocated; LR_HEAP */

    struct track *track;  /* not NULL: in tracking mode (<hv/track.h>) */
    uint32_t track_limit; /* pages for its shadow tables; 0: by default */

    uint32_t vm_assist; /* VMASST_TYPE_* bits that are enabled */
    struct evtchn_domain evtchn;
    struct grant_table *grant; /* NULL until grant_domain_init() */
    struct pirq_table *pirq;   /* NULL for a domain without IRQs */
    struct cpu_policy policy;  /* what CPUID and RDMSR show */
    struct sched_domain sched;
    struct e820_entry *e820; /* XENMEM_set_memory_map */
    unsigned int nr_e820;
    int64_t time_offset_s; /* wall clock offset set by the toolstack */
    uint32_t tsc_mode;
    uint32_t tsc_incarnation;
    uint32_t cf8;          /* latched PCI configuration address */
    uint32_t address_size; /* guest's, 64 */
    bool maps_others;      /* it mapped frames of other domains, ever */
};

extern struct domain *dom0;
extern struct list domain_list;      /* ascending ids; LR_DOMAIN_LIST */
extern struct lock domain_list_lock; /* LR_DOMAIN_LIST */

/* Every domain, by ascending ids. */
#define for_each_domain(d)                                                     \
    list_for_each_entry(d, struct domain, &domain_list, link)

/* vcpu_from - the first vCPU of @d whose number is @id or above, or NULL */
static inline struct vcpu *vcpu_from(const struct domain *d, unsigned int id)
{
    while (id < d->max_vcpus && !d->vcpu[id])
        id++;
    return id < d->max_vcpus ? d->vcpu[id] : NULL;
}

/* Every vCPU of @d that exists. */
#define for_each_vcpu(v, d)                                                    \
    for (struct vcpu *v = vcpu_from(d, 0); v; v = vcpu_from(d, v->id + 1))

/* domain_get_by_id - with a reference, or NULL; DOMID_SELF is not known */
struct domain *domain_get_by_id(domid_t id);

/**
 * domain_get_target - whom does a call that names @id mean?
 * @id: a domain id or DOMID_SELF
 *
 * Returns: the domain with a reference, or NULL: no such domain.
 */
struct domain *domain_get_target(domid_t id);

static inline void domain_get(struct domain *d)
{
    __atomic_fetch_add(&d->refs, 1, __ATOMIC_RELAXED);
}

/* domain_put - the last reference frees the structure */
void domain_put(struct domain *d);

/**
 * domain_create - a new, paused domain without memory or vCPUs
 * @id:     wanted id, or DOMID_INVALID for the first free one
 * @cfg:    limits from the toolstack: max_vcpus, max_evtchn_port,
 *          max_grant_frames, max_maptrack_frames, handle, flags
 * @out:    set on success; the list's reference
 *
 * Returns: 0; -EEXIST the id is taken; -EINVAL flags or limits that are not
 * supported; -ENOMEM.
 */
struct xen_domctl_createdomain;
int domain_create(domid_t id, const struct xen_domctl_createdomain *cfg,
                  bool control, struct domain **out);

/**
 * domain_pause/unpause - nest; no vCPU runs (and none is loaded) on return
 *
 * Waits.  Never for the caller's own domain.  Locks: none may be held.
 */
void domain_pause(struct domain *d);
void domain_unpause(struct domain *d);

/**
 * domain_shutdown - SCHEDOP_shutdown: stop all vCPUs, tell the control domain
 *
 * Does not wait: the last vCPU that stops tells.  The first call counts.
 */
void domain_shutdown(struct domain *d, uint8_t code);

/* domain_vcpu_stopped - a vCPU of @d, which is shut down, runs no more */
void domain_vcpu_stopped(struct domain *d);

/* domain_resume - undo domain_shutdown() after a cancelled suspend */
void domain_resume(struct domain *d);

/* domain_crash - shut @d down as crashed; says why and prints its registers */
void domain_crash(struct domain *d, const char *why, ...)
    __attribute__((format(printf, 2, 3)));

/**
 * domain_kill - tear @d down; never the caller's own domain
 *
 * Returns: 0 done, only references of others remain; -ERESTART call again.
 */
int domain_kill(struct domain *d);
