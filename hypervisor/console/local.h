/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of console/ share. */
#pragma once

#include <hv/types.h>

/* uart.c: the serial line */

/**
 * uart_init - find the line that `console=' and `com1=', `com2=' describe
 *
 * Without those words, com1 as the firmware left it.  A port where no 16550
 * answers is not used.
 */
void uart_init(const char *cmdline);

/* uart_irq_init - receive by interrupt, through uart_receive() */
void uart_irq_init(void);

/* uart_write - every byte is in the line's FIFO on return; \n gets its \r */
void uart_write(const char *s, size_t len);

/* uart_drain - wait until the last byte has left */
void uart_drain(void);

/* video.c: every character is on the screen on return, if there is one */
void video_write(const char *s, size_t len);

/* ring.c: the kept log.  The caller holds the console's lock. */
void ring_write(const char *s, size_t len);

/* ring_replay - hand all that is kept to @write */
void ring_replay(void (*write)(const char *s, size_t len));

/* ring_grow - move over to memory of the heap */
void ring_grow(void);

/* log.c */
void console_lock(void);
void console_unlock(void);

/* log_tell_readers - raise VIRQ_CON_RING if something was printed */
void log_tell_readers(void);

/* input.c: bytes that arrived on the serial line */
void console_receive(char c);

/**
 * input_read - take up to @len bytes that were typed to dom0
 * Returns: how many.
 */
size_t input_read(char *buf, size_t len);
