/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printing, the kept log, and the serial line. */
#pragma once

#include <hv/types.h>

enum log_level { LOG_ERR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/**
 * log_print - print one line (or part of one) to the console and the log
 *
 * Dropped if @level is above `loglvl='.  Callable anywhere, any time.
 */
void log_print(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#define log_err(...) log_print(LOG_ERR, __VA_ARGS__)
#define log_warn(...) log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...) log_print(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_print(LOG_DEBUG, __VA_ARGS__)

/* guest_log - about a guest's doings: `guest_loglvl=', limited in rate */
void guest_log(enum log_level level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* console_early_init - com1 from the command line; before memory exists */
void console_early_init(const char *cmdline);

/* console_init - receive interrupts, VIRQ_CONSOLE, larger log ring */
void console_init(void);

struct dom0_vga_console_info;

/* video_init - show what was printed so far; needs hvmap_init() */
void video_init(void);

/**
 * video_to_dom0 - describe the screen to dom0, and leave it to dom0
 * Returns: bytes used of @to; 0 there is no screen.
 */
size_t video_to_dom0(struct dom0_vga_console_info *to);

/* console_write - raw bytes of a guest's or our own */
void console_write(const char *s, size_t len);

/* console_sync - from now on every byte is on the wire before we return */
void console_sync(void);

/* console_key_work - run the debug keys that were hit (WORK_KEY) */
void console_key_work(void);

/* console_dump_here - registers of the vCPU that runs here (WORK_DUMP) */
void console_dump_here(void);

/* console_key - run debug key @c, as sysctl debug_keys asks */
void console_key(char c);

/**
 * console_ring_read - copy from the kept log
 * @u_buf:  guest address; @len: bytes there; @from: in/out position
 *
 * Returns: bytes copied or -EFAULT.
 */
long console_ring_read(unsigned long u_buf, uint32_t len, uint32_t *from,
                       bool incremental, bool clear);

/* console_owns_port - is @port one of our serial line, hidden from dom0? */
bool console_owns_port(uint16_t port);

/* hv_vsnprintf, hv_snprintf - as in C99, formats as console/printf.c says */
int hv_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap);
int hv_snprintf(char *buf, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
