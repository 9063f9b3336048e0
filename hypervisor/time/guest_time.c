/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Time as guests see it: vcpu_time_info and runstate areas.  What lies in
 * guest memory is only ever written here, never believed.
 */
#include <hv/bug.h>
#include <hv/clock.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/guest.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/insn.h>

/*
 * Make the guest's kernel half reachable: user mode has its own tables,
 * without it.  Returns the CR3 to go back to, 0 for none.
 */
static unsigned long kernel_tables_enter(struct vcpu *v)
{
    unsigned long old;

    if (v->kernel_mode || !v->cr3[1])
        return 0;
    old = read_cr3();
    write_cr3(v->cr3[1]);
    return old;
}

static void kernel_tables_leave(unsigned long old)
{
    if (old)
        write_cr3(old);
}

/* Copy the time info to where VCPUOP 13 asked for it. */
static void time_area_publish(struct vcpu *v, const struct vcpu_time_info *t)
{
    unsigned long u = (unsigned long)v->u_time_area;
    unsigned long cr3 = kernel_tables_enter(v);
    struct vcpu_time_info half = *t;
    int err;

    half.version = t->version - 1; /* odd: being written */
    err = copy_to_guest(u, &half, sizeof(half));
    if (!err)
        err = put_guest_u32(u, t->version);
    kernel_tables_leave(cr3);
    if (err)
        v->u_time_area = NULL;
    v->time_area_done = v->u_time_area;
}

/* Base and scale never change, so once written is written for good. */
static bool up_to_date(const struct vcpu_time_info *t)
{
    return t->tsc_to_system_mul == clock_scale.mul &&
           t->tsc_timestamp == clock_base && !t->system_time;
}

void guest_time_update(struct vcpu *v)
{
    struct vcpu_time_info *t = &v->info->time;
    uint32_t version = (__atomic_load_n(&t->version, __ATOMIC_RELAXED) + 1) | 1;
    struct vcpu_time_info n = {
        .version = version + 1,
        .tsc_timestamp = clock_base,
        .system_time = 0,
        .tsc_to_system_mul = clock_scale.mul,
        .tsc_shift = clock_scale.shift,
        .flags = tsc_stable ? XEN_PVCLOCK_TSC_STABLE_BIT : 0,
    };

    if (up_to_date(t) && v->u_time_area == v->time_area_done)
        return;

    __atomic_store_n(&t->version, version, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    t->tsc_timestamp = n.tsc_timestamp;
    t->system_time = n.system_time;
    t->tsc_to_system_mul = n.tsc_to_system_mul;
    t->tsc_shift = n.tsc_shift;
    t->flags = n.flags;
    __atomic_store_n(&t->version, n.version, __ATOMIC_RELEASE);

    if (v->u_time_area && v == current_vcpu())
        time_area_publish(v, &n);
}

/*
 * Run states.
 */

void runstate_init(struct vcpu *v)
{
    memset(&v->runstate, 0, sizeof(v->runstate));
    v->runstate.state = RUNSTATE_offline;
    v->runstate.state_entry_time = now_ns();
}

void runstate_change_at(struct vcpu *v, int state, uint64_t now)
{
    struct vcpu_runstate_info *r = &v->runstate;

    ASSERT(r->state >= RUNSTATE_running && r->state <= RUNSTATE_offline);
    ASSERT(state >= RUNSTATE_running && state <= RUNSTATE_offline);
    if (now > r->state_entry_time) {
        r->time[r->state] += now - r->state_entry_time;
        r->state_entry_time = now;
    }
    r->state = state;
}

void runstate_change(struct vcpu *v, int state)
{
    runstate_change_at(v, state, now_ns());
}

void runstate_get(const struct vcpu *v, struct vcpu_runstate_info *out)
{
    uint64_t now = now_ns();

    memcpy(out, &v->runstate, sizeof(*out)); /* its padding is zero */
    if (now > out->state_entry_time)
        out->time[out->state] += now - out->state_entry_time;
}

void runstate_publish(struct vcpu *v)
{
    unsigned long u = (unsigned long)v->u_runstate;
    bool flagged =
        v->domain->vm_assist & (1U << VMASST_TYPE_runstate_update_flag);
    struct vcpu_runstate_info r;
    unsigned long u_entry, cr3;

    if (!u)
        return;

    memcpy(&r, &v->runstate, sizeof(r));
    u_entry = u + offsetof(struct vcpu_runstate_info, state_entry_time);

    cr3 = kernel_tables_enter(v);
    if (flagged) {
        r.state_entry_time |= XEN_RUNSTATE_UPDATE;
        put_guest_u64(u_entry, r.state_entry_time);
        __atomic_thread_fence(__ATOMIC_RELEASE);
    }
    copy_to_guest(u, &r, sizeof(r));
    if (flagged) {
        __atomic_thread_fence(__ATOMIC_RELEASE);
        put_guest_u64(u_entry, r.state_entry_time & ~XEN_RUNSTATE_UPDATE);
    }
    kernel_tables_leave(cr3);
}
