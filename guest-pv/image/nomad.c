/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest to save, restore and migrate: it changes its memory at a known rate,
 * checks all of it when it goes on, and suspends and powers off when asked.
 *
 * Words of the command line: size=MIB (of memory that is not zeros; 4),
 * rate=MIB (changed in a second; 1).  Each line on the console tells what has
 * happened; "wrong" in one is a lost page.
 */
#include <xen/sched.h>
#include <pv/console.h>
#include <pv/guest.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/start.h>
#include <pv/store.h>
#include <pv/string.h>
#include <pv/suspend.h>
#include <pv/time.h>

#define MAX_MIB 16u
#define PAGES_OF(mib) ((mib) * (1024 * 1024 / PAGE_SIZE))
#define WORDS (PAGE_SIZE / 8)
#define TURN (20 * MS)
#define BEAT SECOND

static uint64_t memory[PAGES_OF(MAX_MIB)][WORDS]
    __attribute__((aligned(PAGE_SIZE)));
static uint64_t stamps[PAGES_OF(MAX_MIB)]; /* what a page was filled with */
static uint64_t last_stamp;
static unsigned int nr_pages;

/* No two pages, and no page at two times, have the same words. */
static uint64_t word(unsigned int page, unsigned int i)
{
    return (stamps[page] << 32 | page) * 0x9e3779b97f4a7c15ull + i;
}

static void change(unsigned int page)
{
    stamps[page] = ++last_stamp;
    for (unsigned int i = 0; i < WORDS; i++)
        memory[page][i] = word(page, i);
}

static unsigned int count_wrong(void)
{
    unsigned int wrong = 0;

    for (unsigned int page = 0; page < nr_pages; page++)
        for (unsigned int i = 0; i < WORDS; i++)
            if (memory[page][i] != word(page, i)) {
                wrong++;
                break;
            }
    return wrong;
}

static unsigned int number(const char *key, unsigned int otherwise)
{
    char buf[16];
    const char *s = pv_word(key, buf, sizeof(buf));
    unsigned int n = 0;

    for (; s && *s >= '0' && *s <= '9'; s++)
        n = n * 10 + (unsigned int)(*s - '0');
    return n ? n : otherwise;
}

static void say_all_pages(const char *what)
{
    unsigned int wrong = count_wrong();

    if (wrong)
        pv_printf("nomad: %s, %u pages are wrong\n", what, wrong);
    else
        pv_printf("nomad: %s, all pages are right\n", what);
}

static void obey(void)
{
    char order[16];

    if (store_read("control/shutdown", order, sizeof(order)) <= 0)
        return;
    store_write("control/shutdown", "");
    if (strcmp(order, "suspend")) {
        say_all_pages(order);
        pv_shutdown(SHUTDOWN_poweroff);
    }
    say_all_pages(pv_suspend() ? "resumed elsewhere" : "resumed here");
}

static void doze(uint64_t ns)
{
    struct sched_poll poll = { .timeout = time_ns() + ns };

    hc_sched_op(SCHEDOP_poll, &poll);
}

static void begin(struct start_info *si)
{
    unsigned int mib;

    pv_start(si);
    store_init(si);
    suspend_init();
    mib = number("size", 4);
    if (mib > MAX_MIB)
        mib = MAX_MIB;
    nr_pages = PAGES_OF(mib);
    for (unsigned int i = 0; i < nr_pages; i++)
        change(i);
    pv_printf("nomad: ready, %u MiB\n", mib);
}

void guest_main(struct start_info *si)
{
    unsigned int per_turn, page = 0;
    uint64_t beats = 0, turns = 0;

    begin(si);
    per_turn = PAGES_OF(number("rate", 1)) / (BEAT / TURN);
    for (;;) {
        for (unsigned int i = 0; i < per_turn; i++)
            change(page++ % nr_pages);
        if (++turns % (BEAT / TURN) == 0)
            pv_printf("nomad: beat %lu\n", ++beats);
        obey();
        doze(TURN);
    }
}
