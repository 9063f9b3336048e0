/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Wrong uses of each operation, as tables: what is called with which
 * structure, and the error that the ABI has for it.
 *
 * A row without a structure names an operation whose buffer is then put at
 * every address where none can be.  tests/lint/hypercall-rows wants a row for
 * each operation in the tables of the hypervisor.
 */
#ifndef WRONG_ROWS_H
#define WRONG_ROWS_H

#include <stddef.h>
#include <stdint.h>
#include <xen/errno.h>
#include <xen/xen.h>
#include <pv/hypercall.h>
#include <pv/test.h>

/** BUF - as an argument: the address of the row's structure */
#define BUF 0x0b0f0b0f0b0f0b0ful

/** NOT_RUN - as a result: no wrong use by a domain of this kind */
#define NOT_RUN 0x7fff

/* What a row may say of itself. */
enum {
    READ_ONLY = 1, /* the structure lies in a page that cannot be written */
    WRITES = 2,    /* the structure changes, though the call fails */
    IN_GRANT = 4,  /* the result is the status in a grant structure, at @at */
};

struct row {
    const char *why;
    uint8_t nr; /* __HYPERVISOR_* */
    uint8_t flags;
    uint16_t size;
    const void *data; /* a structure of @size bytes; NULL: see above */
    unsigned long arg[4];
    uint32_t want; /* see WANT() */
    uint16_t at;
};

/* One word, so that macros can pass it on: the results of both kinds. */
#define WANT(dom0, guest)                                                      \
    .want = (uint16_t)(dom0) | (uint32_t)(uint16_t)(guest) << 16

/** BOTH - the same for every domain; PRIV - guests may not call at all */
#define BOTH(rc) WANT(rc, rc)
#define PRIV(rc) WANT(rc, -XEN_EPERM)
#define DOM0(rc) WANT(rc, NOT_RUN)
#define GUEST(rc) WANT(NOT_RUN, rc)

#define DATA(type, ...)                                                        \
    .data = &(const type){ __VA_ARGS__ }, .size = sizeof(type)

/** ROW - a call of @hc(cmd, structure); ROW_ANY - with any arguments */
#define ROW(why_, hc, cmd, ...)                                                \
    {                                                                          \
        .why = #hc " " #cmd ": " why_, .nr = __HYPERVISOR_##hc,                \
        .arg = { cmd, BUF }, __VA_ARGS__                                       \
    }
#define ROW_ANY(why_, hc, ...)                                                 \
    {                                                                          \
        .why = #hc ": " why_, .nr = __HYPERVISOR_##hc, __VA_ARGS__             \
    }

/**
 * wrong_rows - make each call and look whether anything has changed
 *
 * Fails the running test for each wrong answer.
 */
void wrong_rows(const struct row *rows, size_t nr);

#define WRONG_ROWS(table) wrong_rows(table, sizeof(table) / sizeof(table[0]))

#endif
