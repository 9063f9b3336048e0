/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hypercalls, with the types of their arguments.
 *
 * Every function returns what the hypervisor put into rax: a negative errno
 * of <xen/errno.h>, 0 or a value.  What each accepts is described in the
 * header of <xen/...> that declares its argument.
 */
#ifndef PV_HYPERCALL_H
#define PV_HYPERCALL_H

#include <stddef.h>
#include <stdint.h>
#include <xen/errno.h>
#include <xen/xen.h>

/**
 * hypercall - enter the hypervisor with five arguments
 * @nr: __HYPERVISOR_*
 *
 * In entry/hypercall_direct.S (the `syscall` instruction itself) or
 * entry/hypercall_page.S (through the page that the hypervisor fills); an
 * image links one of the two.
 */
long hypercall(unsigned long nr, unsigned long a1, unsigned long a2,
               unsigned long a3, unsigned long a4, unsigned long a5);

#define HC(nr, ...) HC_(__HYPERVISOR_##nr, __VA_ARGS__, 0, 0, 0, 0, 0)
#define HC_(nr, a, b, c, d, e, ...)                                            \
    hypercall(nr, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c),  \
              (unsigned long)(d), (unsigned long)(e))

static inline long hc_set_trap_table(const void *table)
{
    return HC(set_trap_table, table);
}

static inline long hc_mmu_update(const void *reqs, unsigned int count,
                                 void *done, unsigned int domid)
{
    return HC(mmu_update, reqs, count, done, domid);
}

static inline long hc_mmuext_op(const void *ops, unsigned int count, void *done,
                                unsigned int domid)
{
    return HC(mmuext_op, ops, count, done, domid);
}

static inline long hc_update_va_mapping(uint64_t va, uint64_t pte,
                                        uint64_t flags)
{
    return HC(update_va_mapping, va, pte, flags);
}

static inline long hc_set_gdt(const void *frames, unsigned int entries)
{
    return HC(set_gdt, frames, entries);
}

static inline long hc_update_descriptor(uint64_t ma, uint64_t desc)
{
    return HC(update_descriptor, ma, desc);
}

static inline long hc_stack_switch(uint64_t ss, uint64_t sp)
{
    return HC(stack_switch, ss, sp);
}

static inline long hc_fpu_taskswitch(int set)
{
    return HC(fpu_taskswitch, set);
}

static inline long hc_set_debugreg(unsigned int reg, uint64_t value)
{
    return HC(set_debugreg, reg, value);
}

static inline long hc_get_debugreg(unsigned int reg)
{
    return HC(get_debugreg, reg);
}

static inline long hc_set_segment_base(unsigned int which, uint64_t base)
{
    return HC(set_segment_base, which, base);
}

static inline long hc_memory_op(unsigned int cmd, void *arg)
{
    return HC(memory_op, cmd, arg);
}

static inline long hc_multicall(const void *calls, unsigned int count)
{
    return HC(multicall, calls, count);
}

static inline long hc_set_timer_op(uint64_t deadline_ns)
{
    return HC(set_timer_op, deadline_ns);
}

static inline long hc_xen_version(unsigned int cmd, void *arg)
{
    return HC(xen_version, cmd, arg);
}

static inline long hc_console_io(unsigned int cmd, size_t count,
                                 const void *buf)
{
    return HC(console_io, cmd, count, buf);
}

static inline long hc_grant_table_op(unsigned int cmd, void *ops,
                                     unsigned int count)
{
    return HC(grant_table_op, cmd, ops, count);
}

static inline long hc_vm_assist(unsigned int cmd, unsigned int type)
{
    return HC(vm_assist, cmd, type);
}

static inline long hc_vcpu_op(unsigned int cmd, unsigned int vcpu, void *arg)
{
    return HC(vcpu_op, cmd, vcpu, arg);
}

static inline long hc_sched_op(unsigned int cmd, void *arg)
{
    return HC(sched_op, cmd, arg);
}

static inline long hc_callback_op(unsigned int cmd, const void *arg)
{
    return HC(callback_op, cmd, arg);
}

static inline long hc_event_channel_op(unsigned int cmd, void *arg)
{
    return HC(event_channel_op, cmd, arg);
}

static inline long hc_physdev_op(unsigned int cmd, void *arg)
{
    return HC(physdev_op, cmd, arg);
}

#endif
