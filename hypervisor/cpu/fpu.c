/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * x87, SSE and AVX state.  It is switched eagerly with the vCPU: nothing of
 * another guest is ever left in a register.  The only #NM that a guest sees
 * is the one that it asked for by its virtual CR0.TS.
 *
 * Areas have the standard format.  While state is moved, XCR0 holds all that
 * any guest may use, so that no component stays behind because a guest has
 * switched it off.
 */
#include <hv/bug.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/errno.h>
#include <hv/features.h>
#include <hv/fpu.h>
#include <hv/heap.h>
#include <hv/policy.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <x86/regs.h>

#define XSTATE_X87 1UL
#define XSTATE_SSE 2UL
#define XSTATE_AVX 4UL

#define FCW_INIT 0x037f
#define MXCSR_INIT 0x1f80
#define MXCSR_DEFAULT_MASK 0xffbf

/* The first 512 bytes of either format (SDM volume 1, 10.5). */
struct fxsave_area {
    uint16_t fcw, fsw, ftw, fop;
    uint64_t fip, fdp;
    uint32_t mxcsr, mxcsr_mask;
    uint8_t st[128], xmm[256], rest[96];
};

struct xsave_area {
    struct fxsave_area legacy;
    uint64_t xstate_bv, xcomp_bv, reserved[6];
};

static_assert(sizeof(struct fxsave_area) == 512, "architectural");
static_assert(sizeof(struct xsave_area) == 576, "architectural");

static uint64_t xcr0_all; /* 0: FXSAVE only */
static unsigned int area_order;
static uint32_t mxcsr_mask = MXCSR_DEFAULT_MASK;
static uint64_t xcr0_loaded[NR_CPUS];

static void xcr0_load(uint64_t v)
{
    uint64_t *loaded = &xcr0_loaded[this_cpu_id()];

    if (xcr0_all && *loaded != v) {
        xsetbv(0, v);
        *loaded = v;
    }
}

static void size_area(void)
{
    uint32_t r[4], bytes = sizeof(struct xsave_area);

    if (xcr0_all) {
        cpuid(0xd, 0, r); /* ebx: bytes for XCR0 as it is now */
        bytes = MAX(bytes, r[1]);
    }
    area_order = heap_order(bytes);
}

void fpu_init_cpu(void)
{
    static struct fxsave_area probe __attribute__((aligned(64)));
    unsigned long cr4 = read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT;

    write_cr0((read_cr0() | CR0_MP | CR0_NE) & ~(CR0_EM | CR0_TS));
    xcr0_all = host_policy.xcr0_max;
    if (xcr0_all)
        cr4 |= CR4_OSXSAVE;
    write_cr4(cr4);
    this_cpu()->cr4 = cr4;
    xcr0_load(xcr0_all);
    if (!area_order)
        size_area();

    fxsave(&probe);
    if (probe.mxcsr_mask)
        mxcsr_mask = probe.mxcsr_mask;
    log_debug("fpu: %s, components %#lx\n", xcr0_all ? "XSAVE" : "FXSAVE",
              xcr0_all);
}

static void init_area(struct xsave_area *x)
{
    memset(x, 0, sizeof(*x));
    x->legacy.fcw = FCW_INIT;
    x->legacy.mxcsr = MXCSR_INIT;
}

int fpu_vcpu_init(struct vcpu *v)
{
    v->fpu.area = heap_alloc(area_order);
    if (!v->fpu.area)
        return -ENOMEM;
    init_area(v->fpu.area);
    v->fpu.xcr0 = XSTATE_X87;
    return 0;
}

void fpu_vcpu_destroy(struct vcpu *v)
{
    heap_free(v->fpu.area, area_order);
    v->fpu.area = NULL;
}

void fpu_save(struct vcpu *v)
{
    if (v->fpu_ts)
        clts(); /* the guest's, not a reason for #NM here */
    if (!xcr0_all) {
        fxsave(v->fpu.area);
        return;
    }
    xcr0_load(xcr0_all);
    if (CPU_HAS(XSAVEOPT))
        xsaveopt(v->fpu.area, xcr0_all);
    else
        xsave(v->fpu.area, xcr0_all);
}

static int restore(const void *area)
{
    return xcr0_all ? xrstor_safe(area, xcr0_all) : fxrstor_safe(area);
}

void fpu_load(struct vcpu *v)
{
    clts();
    xcr0_load(xcr0_all);
    /* AMD's load these only with an error: else the last vCPU's would stay. */
    if (!CPU_HAS(SYSENTER) && !CPU_HAS(FPU_POINTERS))
        fpu_touch(&mxcsr_mask);
    if (unlikely(restore(v->fpu.area))) {
        /* Cannot be: contexts are checked when they are set. */
        init_area(v->fpu.area);
        if (restore(v->fpu.area))
            panic("the FPU refuses its initial state");
    }
    xcr0_load(v->fpu.xcr0);
    if (v->fpu_ts)
        stts();
}

/* Components that @v may switch on; 0: it has no XSAVE. */
static uint64_t xcr0_max(const struct vcpu *v)
{
    return v->domain->policy.xcr0_max & xcr0_all;
}

static bool xcr0_valid(uint64_t xcr0, uint64_t max)
{
    if (!max || (xcr0 & ~max) || !(xcr0 & XSTATE_X87))
        return false;
    if ((xcr0 & XSTATE_AVX) && !(xcr0 & XSTATE_SSE))
        return false;
    return !(xcr0 & 0xe0) || (xcr0 & 0xe6) == 0xe6;
}

bool fpu_set_xcr0(struct vcpu *v, uint64_t xcr0)
{
    if (!xcr0_valid(xcr0, xcr0_max(v)))
        return false;
    v->fpu.xcr0 = xcr0;
    xcr0_load(xcr0);
    return true;
}

void fpu_set_context(struct vcpu *v, const void *fxsave, bool valid)
{
    struct xsave_area *x = v->fpu.area;

    init_area(x);
    if (!valid)
        return;
    memcpy(&x->legacy, fxsave, sizeof(x->legacy));
    x->legacy.mxcsr &= mxcsr_mask;
    memset(x->legacy.rest, 0, sizeof(x->legacy.rest));
    x->xstate_bv = XSTATE_X87 | XSTATE_SSE;
}

/* XSAVE may leave the bytes of an initial component as they were. */
static void clean_legacy(struct fxsave_area *f, uint64_t xstate_bv)
{
    memset(f->rest, 0, sizeof(f->rest));
    if (!xcr0_all)
        return;
    if (!(xstate_bv & XSTATE_X87)) {
        memset(f, 0, offsetof(struct fxsave_area, mxcsr));
        memset(f->st, 0, sizeof(f->st));
        f->fcw = FCW_INIT;
    }
    if (!(xstate_bv & XSTATE_SSE))
        memset(f->xmm, 0, sizeof(f->xmm));
}

void fpu_get_context(struct vcpu *v, void *fxsave)
{
    const struct xsave_area *x = v->fpu.area;

    if (v == current_vcpu()) {
        fpu_save(v);
        if (v->fpu_ts)
            stts();
        xcr0_load(v->fpu.xcr0);
    }
    memcpy(fxsave, &x->legacy, sizeof(x->legacy));
    clean_legacy(fxsave, x->xstate_bv);
}

/* What stands before the area. */
struct state_head {
    uint64_t xcr0, xcr0_accum;
};

/* Where a component above SSE is in the area, and its bytes. */
static uint64_t place(unsigned int component, uint64_t *offset)
{
    uint32_t r[4];

    cpuid(0xd, component, r);
    *offset = r[1];
    return r[0];
}

static uint64_t area_bytes(uint64_t mask)
{
    uint64_t bytes = sizeof(struct xsave_area), offset;

    for (unsigned int i = 2; i < 63; i++)
        if (mask >> i & 1) {
            uint64_t len = place(i, &offset);

            bytes = MAX(bytes, offset + len);
        }
    return bytes;
}

uint64_t fpu_state_size(const struct vcpu *v, uint64_t *mask)
{
    *mask = xcr0_max(v);
    return *mask ? sizeof(struct state_head) + area_bytes(*mask) : 0;
}

void fpu_get_state(const struct vcpu *v, void *to)
{
    const struct xsave_area *from = v->fpu.area;
    uint64_t mask, size = fpu_state_size(v, &mask), offset;
    struct state_head *head = to;
    struct xsave_area *x = (void *)(head + 1);

    memset(to, 0, size);
    *head = (struct state_head){ v->fpu.xcr0, mask };
    x->legacy = from->legacy;
    clean_legacy(&x->legacy, from->xstate_bv);
    x->xstate_bv = from->xstate_bv & mask;
    for (unsigned int i = 2; i < 63; i++)
        if (x->xstate_bv >> i & 1) {
            uint64_t len = place(i, &offset);

            memcpy((char *)x + offset, (const char *)from + offset, len);
        }
}

int fpu_set_state(struct vcpu *v, const void *from, uint64_t size)
{
    const struct state_head *head = from;
    const struct xsave_area *x = (const void *)(head + 1);
    struct xsave_area *area = v->fpu.area;
    uint64_t max = xcr0_max(v);

    if (size < sizeof(*head))
        return -EINVAL;
    if (!head->xcr0 && !head->xcr0_accum)
        return 0;
    size -= sizeof(*head);
    if (size < sizeof(*x) || !xcr0_valid(head->xcr0, max) ||
        (head->xcr0_accum & ~max) || (head->xcr0 & ~head->xcr0_accum) ||
        (x->xstate_bv & ~head->xcr0_accum) || x->xcomp_bv ||
        area_bytes(x->xstate_bv) > size)
        return -EINVAL;
    for (unsigned int i = 0; i < ARRAY_SIZE(x->reserved); i++)
        if (x->reserved[i])
            return -EINVAL;

    memset(area, 0, area_bytes(max));
    memcpy(area, x, size);
    area->legacy.mxcsr &= mxcsr_mask;
    memset(area->legacy.rest, 0, sizeof(area->legacy.rest));
    v->fpu.xcr0 = head->xcr0;
    return 0;
}
