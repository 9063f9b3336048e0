/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Operations: the other hypercalls, with wrong arguments for the most part. */
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <pv/hypercall.h>
#include <pv/time.h>
#include "fuzz.h"

static void *odd_words(struct worker *w, unsigned int n)
{
    uint64_t *words = args(w, n * sizeof(*words));

    for (unsigned int i = 0; i < n; i++)
        words[i] = one_in(w, 2) ? odd_number(w) : rnd(w, 8);
    return words;
}

static void op_version(struct worker *w)
{
    call(w, __HYPERVISOR_xen_version, rnd(w, 14), odd_ptr(w, args(w, 4096)), 0,
         0, 0);
}

/* What may be accepted changes nothing that we could not do without. */
static void op_vcpu(struct worker *w)
{
    uint64_t cmd = rnd(w, 16), id = rnd(w, 4);

    if (cmd == VCPUOP_down || cmd == VCPUOP_register_vcpu_info ||
        cmd == VCPUOP_send_nmi || cmd == VCPUOP_initialise)
        id = 200 + odd_number(w) % 100000;
    if (cmd == VCPUOP_register_runstate_memory_area ||
        cmd == VCPUOP_register_vcpu_time_memory_area) {
        uint64_t *area = args(w, 8);

        *area = one_in(w, 2) ? bad_ptr(w) : any_va(w);
        call(w, __HYPERVISOR_vcpu_op, cmd, id, (uintptr_t)area, 0, 0);
        return;
    }
    call(w, __HYPERVISOR_vcpu_op, cmd, id, odd_ptr(w, odd_words(w, 16)), 0, 0);
}

/* The page it lies in changes hands later: it must not be written then. */
static void op_areas_off(struct worker *w)
{
    uint64_t *area = args(w, 8);

    for (unsigned int i = 0; i < 4; i++) {
        call(w, __HYPERVISOR_vcpu_op, VCPUOP_register_runstate_memory_area, i,
             (uintptr_t)area, 0, 0);
        call(w, __HYPERVISOR_vcpu_op, VCPUOP_register_vcpu_time_memory_area, i,
             (uintptr_t)area, 0, 0);
    }
}

static void op_sched(struct worker *w)
{
    struct sched_poll *p = args(w, sizeof(*p));
    evtchn_port_t *ports = args(w, 128 * sizeof(*ports));

    if (one_in(w, 2)) {
        call(w, __HYPERVISOR_sched_op, SCHEDOP_yield, 0, 0, 0, 0);
        return;
    }
    for (unsigned int i = 0; i < 128; i++)
        ports[i] = (evtchn_port_t)(one_in(w, 8) ? odd_number(w) : rnd(w, 128));
    p->nr_ports = (unsigned int)(one_in(w, 4) ? odd_number(w) : rnd(w, 8));
    p->timeout = time_ns() + rnd(w, 100000);
    set_xen_guest_handle(p->ports, (void *)odd_ptr(w, ports));
    call(w, __HYPERVISOR_sched_op, SCHEDOP_poll, (uintptr_t)p, 0, 0, 0);
}

static void op_timer(struct worker *w)
{
    uint64_t at = one_in(w, 2) ? odd_number(w) : time_ns() + rnd(w, 1000000);

    call(w, __HYPERVISOR_set_timer_op, at, 0, 0, 0, 0);
}

static void op_assist(struct worker *w)
{
    call(w, __HYPERVISOR_vm_assist, rnd(w, 3), rnd(w, 40), 0, 0, 0);
}

static void op_console(struct worker *w)
{
    if (one_in(w, 2))
        call(w, __HYPERVISOR_console_io, CONSOLEIO_read, rnd(w, 64),
             odd_ptr(w, args(w, 64)), 0, 0);
    else
        call(w, __HYPERVISOR_console_io, CONSOLEIO_write, odd_number(w),
             bad_ptr(w), 0, 0);
}

static void op_physdev(struct worker *w)
{
    static const uint8_t cmds[] = {
        PHYSDEVOP_eoi,           PHYSDEVOP_irq_status_query,
        PHYSDEVOP_set_iopl,      PHYSDEVOP_set_iobitmap,
        PHYSDEVOP_apic_read,     PHYSDEVOP_alloc_irq_vector,
        PHYSDEVOP_map_pirq,      PHYSDEVOP_unmap_pirq,
        PHYSDEVOP_get_free_pirq, PHYSDEVOP_pirq_eoi_gmfn_v1,
    };

    call(w, __HYPERVISOR_physdev_op,
         one_in(w, 8) ? 40 + rnd(w, 1000) : cmds[rnd(w, sizeof(cmds))],
         odd_ptr(w, odd_words(w, 8)), 0, 0, 0);
}

/* Numbers without a call, and calls that want an argument of their own. */
static void op_unknown(struct worker *w)
{
    static const uint8_t nrs[] = {
        4,  9,  11, 16, 19, 27, 28, 31, 34, 37,  38,
        39, 40, 41, 42, 43, 48, 49, 63, 64, 127, 255
    };

    call(w, nrs[rnd(w, sizeof(nrs))], odd_number(w), odd_ptr(w, args(w, 256)),
         odd_number(w), odd_number(w), odd_number(w));
}

/* Control calls: wrong in version, or about a domain that is not there. */
static void op_control(struct worker *w)
{
    static const uint8_t nrs[] = { __HYPERVISOR_domctl, __HYPERVISOR_sysctl,
                                   __HYPERVISOR_platform_op };
    uint32_t *words = odd_words(w, 32);
    unsigned int nr = nrs[rnd(w, sizeof(nrs))];

    words[0] = (uint32_t)rnd(w, 120);
    words[1] = one_in(w, 2) ? 0x15 : (uint32_t)rnd64(w);
    if (nr == __HYPERVISOR_platform_op)
        words[1] ^= 1u << 31; /* never right: it may turn the machine off */
    if (nr == __HYPERVISOR_sysctl)
        words[1] = 0x14;
    words[2] = 0x6000 + (uint32_t)rnd(w, 256); /* domctl: whom */
    if (words[0] == 1)
        words[0] = 2; /* no new domains */
    call(w, nr, odd_ptr(w, words), 0, 0, 0, 0);
}

const struct fuzz_op ops_misc[] = {
    { "xen_version", op_version, 3, true },
    { "vcpu_op", op_vcpu, 5, true },
    { "areas off", op_areas_off, 2, true },
    { "sched_op", op_sched, 4, false },
    { "set_timer_op", op_timer, 2, true },
    { "vm_assist", op_assist, 1, true },
    { "console_io", op_console, 1, true },
    { "physdev_op", op_physdev, 3, true },
    { "unknown", op_unknown, 2, true },
    { "control", op_control, 2, true },
    { 0 },
};
