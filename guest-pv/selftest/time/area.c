/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The copy of vcpu_time_info that vDSOs read, at an address of our choice. */
#include <xen/vcpu.h>
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/string.h>
#include <pv/test.h>

static long register_at(void *where)
{
    struct vcpu_register_time_memory_area area = { 0 };

    area.addr.v = where;
    return hc_vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, &area);
}

static uint64_t scaled(const struct vcpu_time_info *t, uint64_t tsc)
{
    uint64_t d = tsc - t->tsc_timestamp;

    d = t->tsc_shift < 0 ? d >> -t->tsc_shift : d << t->tsc_shift;
    return t->system_time +
           (uint64_t)(((unsigned __int128)d * t->tsc_to_system_mul) >> 32);
}

TEST(time_area, "time/area")
{
    struct vcpu_time_info *area = page_alloc(), *own = &cpu_self()->info->time;
    uint64_t tsc, first, second;
    uint32_t version;

    test_eq("register it", (uint64_t)register_at(area), 0);
    test_ok("it is filled at once", area->version != 0);
    test_eq("its version is even", area->version & 1, 0);
    test_eq("the scale is vcpu_info's", area->tsc_to_system_mul,
            own->tsc_to_system_mul);
    test_eq("the shift is", (uint64_t)area->tsc_shift,
            (uint64_t)own->tsc_shift);
    test_eq("the stable bit is", area->flags & XEN_PVCLOCK_TSC_STABLE_BIT,
            own->flags & XEN_PVCLOCK_TSC_STABLE_BIT);
    do { /* again if both were written meanwhile */
        version = own->version;
        tsc = insn_rdtsc();
        first = scaled(area, tsc);
        second = scaled(own, tsc);
        insn_barrier();
    } while (*(volatile uint32_t *)&own->version != version);
    test_ok("both tell the same time, to a microsecond",
            first - second + 1000 <= 2000);
    test_eq("an address of the hypervisor",
            (uint64_t)register_at((void *)HV_ADDR), (uint64_t)-XEN_EFAULT);
    test_eq("register none", (uint64_t)register_at(NULL), 0);
    memset(area, 0xff, sizeof(*area));
    for (unsigned int i = 0; i < 10; i++)
        hc_sched_op(0, NULL); /* SCHEDOP_yield */
    test_eq("it is left alone from then on", area->version, 0xffffffff);
    page_free(area);
}
