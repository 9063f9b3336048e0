/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A 16550 serial port: polled output through its FIFO, received bytes by
 * interrupt.  `com1=115200,8n1 console=com1' are the words of the command
 * line; `com1=SPEED[,FORMAT[,PORT[,IRQ]]]' is the whole form.
 */
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/irq.h>
#include <hv/string.h>
#include <x86/insn.h>
#include "local.h"

#define UART_DATA 0 /* with DLAB: divisor, low byte */
#define UART_IER 1  /* with DLAB: divisor, high byte */
#define UART_FCR 2
#define UART_LCR 3
#define UART_MCR 4
#define UART_LSR 5
#define UART_SCR 7

#define IER_RX 0x01
#define FCR_ON 0x07 /* enable and clear both FIFOs, interrupt at 1 byte */
#define LCR_DLAB 0x80
#define MCR_DTR_RTS_OUT2 0x0b /* OUT2 lets the interrupt through */
#define LSR_RX 0x01
#define LSR_THRE 0x20
#define LSR_IDLE 0x40
#define UART_CLOCK 115200
#define FIFO_BYTES 16

static struct {
    uint16_t port; /* 0: no serial line */
    unsigned int gsi;
    char last; /* byte written last */
} uart;

static const struct {
    const char *name;
    uint16_t port;
    uint8_t irq;
} lines[] = {
    { "com1", 0x3f8, 4 },
    { "com2", 0x2f8, 3 },
};

/* "8n1" as the line control register; others than 5-8 bits: 8n1. */
static uint8_t parse_format(const char *s)
{
    uint8_t lcr = 0x03;

    if (strlen(s) < 3 || s[0] < '5' || s[0] > '8')
        return lcr;
    lcr = s[0] - '5';
    if (s[1] == 'o')
        lcr |= 0x08;
    else if (s[1] == 'e')
        lcr |= 0x18;
    if (s[2] == '2')
        lcr |= 0x04;
    return lcr;
}

/* Behind the next comma, or the end of the string. */
static const char *next_field(const char *s)
{
    const char *c = strchr(s, ',');

    return c ? c + 1 : s + strlen(s);
}

static bool answers(uint16_t port)
{
    outb(port + UART_SCR, 0x5a);
    if (inb(port + UART_SCR) != 0x5a)
        return false;
    outb(port + UART_SCR, 0xa5);
    return inb(port + UART_SCR) == 0xa5;
}

static void program(uint16_t port, unsigned int baud, uint8_t lcr)
{
    outb(port + UART_IER, 0);
    if (baud) {
        unsigned int div = UART_CLOCK / baud;

        outb(port + UART_LCR, lcr | LCR_DLAB);
        outb(port + UART_DATA, div & 0xff);
        outb(port + UART_IER, div >> 8);
    }
    outb(port + UART_LCR, lcr);
    outb(port + UART_FCR, FCR_ON);
    outb(port + UART_MCR, MCR_DTR_RTS_OUT2);
}

void uart_init(const char *cmdline)
{
    char opts[64] = "";
    uint64_t baud = 0, port, irq;
    const char *p = opts;
    unsigned int line;

    uart.port = 0;
    for (line = 0; line < ARRAY_SIZE(lines); line++)
        if (cmdline_list(cmdline, "console", lines[line].name, !line))
            break;
    if (line == ARRAY_SIZE(lines))
        return;

    port = lines[line].port;
    irq = lines[line].irq;
    cmdline_get(cmdline, lines[line].name, opts, sizeof(opts));
    if (parse_u64(p, NULL, &baud) || baud > UART_CLOCK)
        baud = 0; /* "auto", or nothing: as the firmware left it */
    p = next_field(p);
    const char *format = p;
    p = next_field(p);
    if (*p && *p != ',' && (parse_u64(p, NULL, &port) || port > 0xfff8))
        port = lines[line].port;
    p = next_field(p);
    if (*p && (parse_u64(p, NULL, &irq) || irq > 255))
        irq = lines[line].irq;

    if (!answers(port))
        return;
    program(port, baud, parse_format(format));
    uart.gsi = irq;
    uart.port = port;
}

bool console_owns_port(uint16_t port)
{
    return uart.port && port >= uart.port && port < uart.port + 8;
}

static void wait_for(uint8_t bit)
{
    /* Bounded, so that a line which dies does not take us with it. */
    for (unsigned int i = 0; i < 1000000; i++) {
        if (inb(uart.port + UART_LSR) & bit)
            return;
        pause_cpu();
    }
}

void uart_write(const char *s, size_t len)
{
    unsigned int room = 0;

    if (!uart.port)
        return;
    for (size_t i = 0; i < len; i++) {
        bool cr = s[i] == '\n' && uart.last != '\r';

        if (room < 2) {
            wait_for(LSR_THRE);
            room = FIFO_BYTES;
        }
        if (cr) {
            outb(uart.port + UART_DATA, '\r');
            room--;
        }
        outb(uart.port + UART_DATA, s[i]);
        room--;
        uart.last = s[i];
    }
}

void uart_drain(void)
{
    if (uart.port)
        wait_for(LSR_IDLE);
}

/* The line's interrupt is edge-triggered: empty the FIFO or lose it. */
static void uart_receive(void *arg)
{
    (void)arg;
    for (unsigned int i = 0; i < 256; i++) {
        if (!(inb(uart.port + UART_LSR) & LSR_RX))
            return;
        console_receive(inb(uart.port + UART_DATA));
    }
}

void uart_irq_init(void)
{
    if (!uart.port)
        return;
    if (irq_own_gsi(uart.gsi, uart_receive, NULL)) {
        log_warn("console: no interrupt for the serial line\n");
        return;
    }
    outb(uart.port + UART_IER, IER_RX);
    uart_receive(NULL); /* what came before raises no edge any more */
}
