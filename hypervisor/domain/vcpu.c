/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Making and unmaking a virtual processor. */
#include <hv/clock.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/heap.h>
#include <hv/mm.h>
#include <hv/vcpu.h>
#include <x86/desc.h>
#include <x86/regs.h>
#include "local.h"

/* struct vcpu is larger than hv_alloc() serves. */
#define VCPU_ORDER 1
static_assert(sizeof(struct vcpu) <= PAGE_SIZE << VCPU_ORDER, "VCPU_ORDER");

/* The first 32 have a slot in shared_info; others wait for registration. */
void vcpu_info_reset(struct vcpu *v)
{
    if (v->info_registered)
        frame_put_with_type(v->info_mfn);
    v->info_registered = false;
    v->info_mfn = MFN_INVALID;
    v->info = v->id < XEN_LEGACY_MAX_VCPUS
                  ? &v->domain->shared->vcpu_info[v->id]
                  : &v->dummy_info;
}

static void timer_fired(void *arg)
{
    struct vcpu *v = arg;

    virq_raise(v, VIRQ_TIMER);
}

static void periodic_fired(void *arg)
{
    struct vcpu *v = arg;

    virq_raise(v, VIRQ_TIMER);
    timer_set(&v->periodic, now_ns() + v->periodic_ns);
}

static void init_registers(struct vcpu *v)
{
    v->kernel_mode = true;
    v->kernel_ss = SEL_FLAT_DS;
    v->guest_table = v->guest_table_user = MFN_INVALID;
    v->debugreg[6] = DR6_DEFAULT;
    v->debugreg[7] = DR7_DEFAULT;
    v->regs.cs = SEL_FLAT_CS64;
    v->regs.ss = SEL_FLAT_DS;
    v->regs.rflags = EFLAGS_IF | EFLAGS_MBS;
}

int vcpu_create(struct domain *d, unsigned int id)
{
    struct vcpu *v;
    int err;

    if (id >= d->max_vcpus)
        return -EINVAL;
    if (d->vcpu[id])
        return -EEXIST;
    v = heap_alloc(VCPU_ORDER);
    if (!v)
        return -ENOMEM;
    v->domain = d;
    v->id = id;
    v->loaded_cpu = -1;
    init_registers(v);
    vcpu_info_reset(v);
    v->info->evtchn_upcall_mask = 1;
    timer_init(&v->singleshot, timer_fired, v);
    timer_init(&v->periodic, periodic_fired, v);
    runstate_init(v);

    err = fpu_vcpu_init(v);
    if (err)
        goto free_vcpu;
    err = sched_vcpu_init(v);
    if (err)
        goto free_fpu;
    guest_time_update(v);
    d->vcpu[id] = v;
    return 0;

free_fpu:
    fpu_vcpu_destroy(v);
free_vcpu:
    heap_free(v, VCPU_ORDER);
    return err;
}

void vcpu_destroy(struct vcpu *v)
{
    timer_stop(&v->singleshot);
    timer_stop(&v->periodic);
    sched_vcpu_destroy(v);
    fpu_vcpu_destroy(v);
    v->domain->vcpu[v->id] = NULL;
    heap_free(v, VCPU_ORDER);
}

int vcpu_drop_tables(struct vcpu *v)
{
    int err;

    gdt_drop(v);
    ldt_drop(v);
    err = pt_set_base(v, MFN_INVALID, true);
    if (!err)
        err = pt_set_base(v, MFN_INVALID, false);
    return err;
}

bool vcpu_is_control(const struct vcpu *v) { return v->domain->control; }
