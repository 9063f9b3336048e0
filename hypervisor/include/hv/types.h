/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of art as C types: a machine frame, a guest's pseudo-physical
 * frame and a guest virtual address cannot be mixed up by accident.
 */
#ifndef HV_TYPES_H
#define HV_TYPES_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Machine frame number: physical address / 4096. */
typedef struct {
    unsigned long v;
} mfn_t;

/* Pseudo-physical frame number: what a guest calls physical / 4096. */
typedef struct {
    unsigned long v;
} pfn_t;

/* Virtual address in a guest's address space, never dereferenced directly. */
typedef struct {
    unsigned long v;
} vaddr_t;

static inline mfn_t mfn(unsigned long x) { return (mfn_t){ x }; }

static inline unsigned long mfn_x(mfn_t m) { return m.v; }

static inline pfn_t pfn(unsigned long x) { return (pfn_t){ x }; }

static inline unsigned long pfn_x(pfn_t p) { return p.v; }

static inline vaddr_t vaddr(unsigned long x) { return (vaddr_t){ x }; }

static inline unsigned long vaddr_x(vaddr_t a) { return a.v; }

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

#endif
