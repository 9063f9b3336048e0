/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words that everything uses.  A machine frame is a type of its own, so that
 * it cannot be mixed up with a guest's frame number or an address.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Machine frame number: physical address / 4096. */
typedef struct {
    unsigned long v;
} mfn_t;

static inline mfn_t mfn(unsigned long x) { return (mfn_t){ x }; }

static inline unsigned long mfn_x(mfn_t m) { return m.v; }

#define MFN_INVALID mfn(~0UL)

static inline bool mfn_eq(mfn_t a, mfn_t b) { return a.v == b.v; }

static inline mfn_t mfn_add(mfn_t m, unsigned long n) { return mfn(m.v + n); }

#define static_assert _Static_assert

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define container_of(p, type, member)                                          \
    ((type *)((char *)(p)-offsetof(type, member)))
#define ALIGN_UP(x, a) (((x) + (a)-1) & ~((typeof(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a)-1))
#define DIV_UP(x, n) (((x) + (n)-1) / (n))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#define PAGE_SHIFT 12
#define PAGE_SIZE 4096UL
#define PAGE_MASK (~(PAGE_SIZE - 1))

/* Code and data that boot needs and that are freed afterwards. */
#define INIT_TEXT __attribute__((section(".init.text")))
#define INIT_DATA __attribute__((section(".init.data")))
#define INIT_RODATA __attribute__((section(".init.rodata")))
