/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The wall clock: what UTC was at system time 0.  Read from the CMOS clock
 * at boot, corrected by dom0 (settime64), shown in every shared_info.
 */
#include <hv/clock.h>
#include <hv/domain.h>
#include <hv/list.h>
#include <hv/lock.h>
#include <x86/insn.h>
#include "local.h"

#define NS_PER_S 1000000000UL

#define PORT_CMOS_INDEX 0x70
#define PORT_CMOS_DATA 0x71
#define RTC_SECONDS 0
#define RTC_MINUTES 2
#define RTC_HOURS 4
#define RTC_DAY 7
#define RTC_MONTH 8
#define RTC_YEAR 9
#define RTC_STATUS_A 10
#define RTC_STATUS_B 11
#define RTC_UPDATING 0x80 /* of status A */
#define RTC_BINARY 0x04   /* of status B */
#define RTC_24H 0x02      /* of status B */

static struct lock wallclock_lock = LOCK_INIT(LR_TIME); /* utc_at_0_ns */
static uint64_t utc_at_0_ns; /* nanoseconds since 1970 */

static uint8_t INIT_TEXT cmos_read(uint8_t reg)
{
    outb(PORT_CMOS_INDEX, reg);
    return inb(PORT_CMOS_DATA);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static uint64_t INIT_TEXT days_since_1970(unsigned int year, unsigned int month,
                                          unsigned int day)
{
    /* Count years from March, so that the leap day comes last. */
    unsigned int y = month > 2 ? year : year - 1;
    unsigned int m = month > 2 ? month - 3 : month + 9;
    unsigned int in_year = (153 * m + 2) / 5 + day - 1;

    return y * 365UL + y / 4 - y / 100 + y / 400 + in_year - 719468;
}

struct rtc {
    uint8_t sec, min, hour, day, month, year;
};

static struct rtc INIT_TEXT rtc_read_once(void)
{
    return (struct rtc){ cmos_read(RTC_SECONDS), cmos_read(RTC_MINUTES),
                         cmos_read(RTC_HOURS),   cmos_read(RTC_DAY),
                         cmos_read(RTC_MONTH),   cmos_read(RTC_YEAR) };
}

static unsigned int INIT_TEXT from_bcd(unsigned int v, bool binary)
{
    return binary ? v : (v >> 4) * 10 + (v & 15);
}

/* Two equal readings in a row cannot have met an update. */
static struct rtc INIT_TEXT rtc_read(void)
{
    struct rtc a, b;
    unsigned int tries = 0;

    do {
        for (unsigned int i = 0; i < 10000; i++)
            if (!(cmos_read(RTC_STATUS_A) & RTC_UPDATING))
                break;
        a = rtc_read_once();
        b = rtc_read_once();
    } while (__builtin_memcmp(&a, &b, sizeof(a)) && ++tries < 100);

    return b;
}

void INIT_TEXT wallclock_read_rtc(void)
{
    struct rtc r = rtc_read();
    uint8_t status = cmos_read(RTC_STATUS_B);
    bool binary = status & RTC_BINARY;
    bool pm = !(status & RTC_24H) && (r.hour & 0x80);
    unsigned int hour = from_bcd(pm ? r.hour & 0x7f : r.hour, binary);
    unsigned int year = from_bcd(r.year, binary);
    uint64_t utc;

    if (!(status & RTC_24H))
        hour = hour % 12 + (pm ? 12 : 0);
    year += year < 70 ? 2000 : 1900;
    utc = days_since_1970(year, from_bcd(r.month, binary),
                          from_bcd(r.day, binary)) *
              86400 +
          hour * 3600 + from_bcd(r.min, binary) * 60 + from_bcd(r.sec, binary);
    utc_at_0_ns = utc * NS_PER_S - now_ns();
}

void wallclock_update(struct domain *d)
{
    struct shared_info *s = d->shared;
    uint64_t utc_ns, secs;
    uint32_t version;

    lock_take(&wallclock_lock);
    utc_ns = utc_at_0_ns;
    secs = utc_ns / NS_PER_S + d->time_offset_s;

    version = (__atomic_load_n(&s->wc_version, __ATOMIC_RELAXED) + 1) | 1;
    __atomic_store_n(&s->wc_version, version, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    s->wc_sec = secs;
    s->xen_wc_sec_hi = secs >> 32;
    s->wc_nsec = utc_ns % NS_PER_S;
    __atomic_store_n(&s->wc_version, version + 1, __ATOMIC_RELEASE);
    lock_release(&wallclock_lock);
}

void wallclock_set(uint64_t secs, uint32_t nsecs, uint64_t at_ns)
{
    lock_take(&wallclock_lock);
    utc_at_0_ns = secs * NS_PER_S + nsecs - at_ns;
    lock_release(&wallclock_lock);

    lock_take(&domain_list_lock);
    for_each_domain (d)
        if (d->shared)
            wallclock_update(d);
    lock_release(&domain_list_lock);
}
