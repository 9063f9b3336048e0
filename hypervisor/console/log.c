/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of the hypervisor: thresholds, rate limit, the console's lock.
 *
 * `loglvl=A/B' and `guest_loglvl=A/B': levels up to A are always printed,
 * those above A and up to B at a limited rate; a single word sets both.
 */
#include <hv/clock.h>
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/evtchn.h>
#include <hv/lock.h>
#include <hv/spin.h>
#include <hv/string.h>
#include "local.h"

#define PREFIX "(PEL) "
#define LINE_BYTES 512

/* Rate limit: a burst, refilled by one message for each interval. */
#define BURST 10
#define REFILL_NS 500000000UL

struct threshold {
    int always, limited; /* print levels below these */
};

static struct threshold own = { LOG_INFO + 1, LOG_INFO + 1 };
static struct threshold guests = { LOG_ERR, LOG_WARN + 1 };

static const struct {
    const char *word;
    int below;
} words[] = {
    { "none", LOG_ERR },         { "error", LOG_ERR + 1 },
    { "warning", LOG_WARN + 1 }, { "info", LOG_INFO + 1 },
    { "debug", LOG_DEBUG + 1 },  { "all", LOG_DEBUG + 1 },
};

static struct lock lock = LOCK_INIT(LR_CONSOLE); /* guards all below */
static struct stack_top *holder; /* CPU that holds it; NULL none */
static unsigned int depth;
static bool line_open; /* the last line of ours has no newline yet */
static bool synchronous;
static bool ring_news; /* printed since VIRQ_CON_RING was raised */
static unsigned int tokens = BURST, suppressed;
static uint64_t refilled_ns;

/*
 * An NMI or a panic may print while this CPU is printing: then the line is
 * mixed into the other one, which beats a deadlock.
 */
void console_lock(void)
{
    struct stack_top *me = stack_top();

    if (__atomic_load_n(&holder, __ATOMIC_RELAXED) == me) {
        depth++;
        return;
    }
    for (unsigned int i = 0; !lock_try(&lock); i++) {
        if (synchronous && i > 1000000)
            break; /* the holder is stopped for good */
        spin_relax();
    }
    __atomic_store_n(&holder, me, __ATOMIC_RELAXED);
}

void console_unlock(void)
{
    if (depth) {
        depth--;
        return;
    }
    __atomic_store_n(&holder, NULL, __ATOMIC_RELAXED);
    if (lock_held(&lock))
        lock_release(&lock);
}

void console_write(const char *s, size_t len)
{
    console_lock();
    uart_write(s, len);
    if (synchronous)
        uart_drain();
    console_unlock();
}

static void emit(const char *s, size_t len)
{
    ring_write(s, len);
    video_write(s, len);
    uart_write(s, len);
}

/* Print @text; each new line of it gets the prefix. */
static void print_lines(const char *text)
{
    console_lock();
    while (*text) {
        const char *nl = strchr(text, '\n');
        size_t len = nl ? (size_t)(nl + 1 - text) : strlen(text);

        if (!line_open)
            emit(PREFIX, sizeof(PREFIX) - 1);
        emit(text, len);
        line_open = !nl;
        text += len;
    }
    if (synchronous)
        uart_drain();
    console_unlock();

    /*
     * Whoever reads the log wants to know, but we may be called with locks
     * held that an event takes: console_key_work() tells them.
     */
    ring_news = true;
    if (this_cpu())
        work_raise(this_cpu(), WORK_KEY);
}

void log_tell_readers(void)
{
    if (!__atomic_exchange_n(&ring_news, false, __ATOMIC_RELAXED))
        return;
    virq_raise_global(VIRQ_CON_RING);
}

static void print_va(const char *fmt, va_list ap)
{
    char text[LINE_BYTES];

    hv_vsnprintf(text, sizeof(text), fmt, ap);
    print_lines(text);
}

/* May a message of limited rate be printed?  Tells what was left out. */
static bool rate_permits(void)
{
    uint64_t now = now_ns(), add = (now - refilled_ns) / REFILL_NS;
    unsigned int missed;
    bool ok;

    console_lock();
    if (add) {
        tokens = MIN(tokens + add, (uint64_t)BURST);
        refilled_ns = now;
    }
    ok = tokens > 0;
    if (ok)
        tokens--;
    else
        suppressed++;
    missed = ok ? suppressed : 0;
    if (ok)
        suppressed = 0;
    console_unlock();

    if (missed) {
        char text[64];

        hv_snprintf(text, sizeof(text), "%u messages left out\n", missed);
        print_lines(text);
    }
    return ok;
}

static bool wanted(const struct threshold *t, enum log_level level)
{
    if ((int)level < t->always)
        return true;
    return (int)level < t->limited && rate_permits();
}

void log_print(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    if (!wanted(&own, level))
        return;
    va_start(ap, fmt);
    print_va(fmt, ap);
    va_end(ap);
}

void guest_log(enum log_level level, const char *fmt, ...)
{
    va_list ap;

    if (!wanted(&guests, level))
        return;
    va_start(ap, fmt);
    print_va(fmt, ap);
    va_end(ap);
}

void console_sync(void)
{
    synchronous = true;
    uart_drain();
}

/* One word of @s, up to its end or a slash; -1: not known. */
static int parse_level(const char *s)
{
    for (unsigned int i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = strlen(words[i].word);

        if (!strncmp(s, words[i].word, n) && (!s[n] || s[n] == '/'))
            return words[i].below;
    }
    return -1;
}

static void parse_threshold(const char *cmdline, const char *name,
                            struct threshold *t)
{
    char value[32];
    const char *slash;
    int a, b;

    if (!cmdline_get(cmdline, name, value, sizeof(value)))
        return;
    slash = strchr(value, '/');
    a = parse_level(value);
    b = slash ? parse_level(slash + 1) : a;
    if (a < 0 || b < 0) {
        log_warn("%s=%s: not understood\n", name, value);
        return;
    }
    t->always = a;
    t->limited = MAX(a, b);
}

void console_early_init(const char *cmdline)
{
    uart_init(cmdline);
    parse_threshold(cmdline, "loglvl", &own);
    parse_threshold(cmdline, "guest_loglvl", &guests);
}

void console_init(void)
{
    ring_grow();
    uart_irq_init();
}
