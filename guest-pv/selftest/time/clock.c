/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System time and wall clock. */
#include <pv/cpu.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/start.h>
#include <pv/test.h>
#include <pv/time.h>

TEST(clock, "time/clock")
{
    struct vcpu_time_info *t = &cpu_self()->info->time;
    uint64_t last = time_ns(), start = last, back = 0;

    test_eq("version is even", t->version & 1, 0);
    test_ok("it has a frequency", t->tsc_to_system_mul != 0);
    for (unsigned int i = 0; i < 20000; i++) {
        uint64_t now = time_ns();

        back += now < last;
        last = now;
    }
    test_eq("steps back", back, 0);
    test_ok("time goes on", last > start);
    test_eq("wall clock's version is even", pv_shared_info->wc_version & 1, 0);
    test_ok("wall clock is after 2020",
            pv_shared_info->wc_sec + last / SECOND > 1577836800u ||
                pv_shared_info->wc_sec_hi);
    test_ok("nanoseconds", pv_shared_info->wc_nsec < SECOND);
}
