/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of self-tests, in the order of running.  smp is the first that
 * uses a second vCPU: it asks what is refused before that is initialised.
 */
#ifndef SELFTEST_LIST_H
#define SELFTEST_LIST_H

/* clang-format off */
#define TEST_LIST(X)  \
    X(console_io)     \
    X(memory_maps)    \
    X(multicall)      \
    X(stack_switch)   \
    X(shadow)         \
    X(unknown)        \
    X(version)        \
    X(vm_assist)      \
    X(control_regs)   \
    X(cpuid)          \
    X(debugreg)       \
    X(fpu)            \
    X(frame)          \
    X(gdt)            \
    X(gp)             \
    X(int3)           \
    X(io)             \
    X(iret)           \
    X(msr)            \
    X(page_fault)     \
    X(segbase)        \
    X(table)          \
    X(user)           \
    X(user_gdt)       \
    X(evtchn_errors)  \
    X(evtchn_limit)   \
    X(loopback)       \
    X(many)           \
    X(mask)           \
    X(pirq)           \
    X(virq)           \
    X(fifo_errors)    \
    X(fifo)           \
    X(smp)            \
    X(start_race)     \
    X(storm)          \
    X(pcpu)           \
    X(pirq_moves)     \
    X(fifo_race)      \
    X(poll_kick)      \
    X(nmi)            \
    X(runstate)       \
    X(sched_op)       \
    X(shares)         \
    X(vcpu_switch)    \
    X(vcpu_info)      \
    X(vcpu_op)        \
    X(baseptr)        \
    X(batch)          \
    X(cache_bits)     \
    X(emulated_write) \
    X(hv_slots)       \
    X(m2p)            \
    X(mmu_update)     \
    X(mmuext)         \
    X(pin)            \
    X(pin_lock)       \
    X(pin_race)       \
    X(reservation)    \
    X(stale_tlb)      \
    X(update_va)      \
    X(upper_levels)   \
    X(grant_copy)     \
    X(grant_map)      \
    X(grant_table)    \
    X(grant_unmap)    \
    X(grant_errors)   \
    X(grant_version)  \
    X(grant_race)     \
    X(grant_limit)    \
    X(time_area)      \
    X(clock)          \
    X(periodic)       \
    X(tick)           \
    X(timer)          \
    X(buffers)        \
    X(callback)       \
    X(foreign)        \
    X(frames)         \
    X(privilege)      \
    X(selectors)      \
    X(wrong_event)    \
    X(wrong_sched)    \
    X(wrong_vcpu)     \
    X(wrong_memory)   \
    X(wrong_grant)    \
    X(wrong_cpu)      \
    X(wrong_mmu)      \
    X(wrong_device)   \
    X(wrong_machine)  \
    X(wrong_domctl)   \
    X(padding)
/* clang-format on */

#endif
