/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What CPUID shows to a PV guest: the machine's leaves, each register under
 * a mask of what such a guest can use.  What is not in the table is zero, so
 * a feature that nobody here has heard of is never offered.
 *
 * Hidden on purpose: FSGSBASE, since a kernel that uses it needs two more
 * exits for each context switch; RDPID, since TSC_AUX belongs to no vCPU;
 * topology, since a vCPU is not a place in the machine.
 */
#include <hv/clock.h>
#include <hv/domain.h>
#include <hv/features.h>
#include <hv/policy.h>
#include <hv/string.h>
#include <hv/vcpu.h>
#include <x86/insn.h>
#include <xen/arch-x86/cpuid.h>

#define BIT(n) (1U << (n))
#define ALL (~0U)

#define BASE 0x40000000U
#define EXT 0x80000000U
#define XEN_INTERFACE 0x00040011U /* 4.17 */

/* Leaf 1, edx; AMD repeats most of it in 0x80000001. */
#define COMMON_EDX                                                             \
    (BIT(0) /* FPU */ | BIT(2) /* DE */ | BIT(4) /* TSC */ |                   \
     BIT(5) /* MSR */ | BIT(6) /* PAE */ | BIT(7) /* MCE */ |                  \
     BIT(8) /* CX8 */ | BIT(9) /* APIC */ | BIT(14) /* MCA */ |                \
     BIT(15) /* CMOV */ | BIT(16) /* PAT */ | BIT(23) /* MMX */ |              \
     BIT(24) /* FXSR */)
#define LEAF1_EDX                                                              \
    (COMMON_EDX | BIT(11) /* SEP */ | BIT(19) /* CLFLUSH */ |                  \
     BIT(25) /* SSE */ | BIT(26) /* SSE2 */ | BIT(27) /* SS */)
#define LEAF1_ECX                                                              \
    (BIT(0) /* SSE3 */ | BIT(1) /* PCLMULQDQ */ | BIT(9) /* SSSE3 */ |         \
     BIT(12) /* FMA */ | BIT(13) /* CX16 */ | BIT(19) | BIT(20) /* SSE4 */ |   \
     BIT(22) /* MOVBE */ | BIT(23) /* POPCNT */ | BIT(25) /* AES */ |          \
     LEAF1_ECX_XSAVE | BIT(30) /* RDRAND */)
#define LEAF1_ECX_XSAVE                                                        \
    (BIT(26) /* XSAVE */ | BIT(28) /* AVX */ | BIT(29) /* F16C */)
#define LEAF1_ECX_OSXSAVE BIT(27)
#define LEAF1_ECX_HYPERVISOR BIT(31)

#define LEAF7_EBX                                                              \
    (BIT(3) /* BMI1 */ | BIT(5) /* AVX2 */ | BIT(6) /* FDP_EXCPTN */ |         \
     BIT(8) /* BMI2 */ | BIT(9) /* ERMS */ | BIT(13) /* NO_FPU_SEL */ |        \
     BIT(16) | BIT(17) /* AVX512F, DQ */ | BIT(18) /* RDSEED */ |              \
     BIT(19) /* ADX */ | BIT(21) /* AVX512IFMA */ | BIT(23) /* CLFLUSHOPT */ | \
     BIT(24) /* CLWB */ | BIT(28) /* AVX512CD */ | BIT(29) /* SHA */ |         \
     BIT(30) | BIT(31) /* AVX512BW, VL */)
#define LEAF7_ECX                                                              \
    (BIT(1) | BIT(6) /* AVX512VBMI, 2 */ | BIT(8) /* GFNI */ |                 \
     BIT(9) /* VAES */ | BIT(10) /* VPCLMUL */ | BIT(11) | BIT(12) |           \
     BIT(14) /* AVX512 VNNI, BITALG, VPOPCNT */)
#define LEAF7_EDX                                                              \
    (BIT(4) /* FSRM */ | BIT(8) /* VP2INTERSECT */ | BIT(10) /* MD_CLEAR */ |  \
     BIT(14) /* SERIALIZE */ | BIT(23) /* AVX512_FP16 */)
#define LEAF7_1_EAX                                                            \
    (BIT(4) | BIT(5) /* AVX_VNNI, AVX512_BF16 */ | BIT(10) | BIT(11) |         \
     BIT(12) /* fast strings */)
#define EXT1_ECX                                                               \
    (BIT(0) /* LAHF */ | BIT(5) /* ABM */ | BIT(6) /* SSE4A */ |               \
     BIT(7) /* MISALIGNSSE */ | BIT(8) /* PREFETCHW */ | BIT(11) /* XOP */ |   \
     BIT(16) /* FMA4 */ | BIT(21) /* TBM */)
#define EXT1_EDX                                                               \
    (COMMON_EDX | BIT(11) /* SYSCALL */ | BIT(20) /* NX */ |                   \
     BIT(22) /* MMXEXT */ | BIT(25) /* FFXSR */ | BIT(27) /* RDTSCP */ |       \
     BIT(29) /* LM */ | BIT(30) | BIT(31) /* 3DNOW */)

/* Extended states that a guest may switch on: x87, SSE, AVX, AVX-512. */
#define XCR0_ALLOWED 0xe7UL
#define XSAVE_BASIC_BYTES 576

// clang-format off
static const struct keep {
    uint32_t leaf, sub;
    uint32_t a, b, c, d;
} table[] = {
    { 0x1,  POLICY_NO_SUB, ALL, 0x0000ff00, LEAF1_ECX, LEAF1_EDX },
    { 0x2,  POLICY_NO_SUB, ALL, ALL, ALL, ALL },
    { 0x4,  0,             0x3fff, ALL, ALL, ALL },
    { 0x4,  1,             0x3fff, ALL, ALL, ALL },
    { 0x4,  2,             0x3fff, ALL, ALL, ALL },
    { 0x4,  3,             0x3fff, ALL, ALL, ALL },
    { 0x6,  POLICY_NO_SUB, BIT(2), 0, 0, 0 },
    { 0x7,  0,             ALL, LEAF7_EBX, LEAF7_ECX, LEAF7_EDX },
    { 0x7,  1,             LEAF7_1_EAX, 0, 0, 0 },
    { 0xd,  0,             0, 0, 0, 0 }, /* made by xsave_leaves() */
    { 0xd,  1,             BIT(0) | BIT(1) | BIT(2), 0, 0, 0 },
    { 0xd,  2,             ALL, ALL, 0, 0 },
    { 0xd,  5,             ALL, ALL, 0, 0 },
    { 0xd,  6,             ALL, ALL, 0, 0 },
    { 0xd,  7,             ALL, ALL, 0, 0 },
    { 0x15, POLICY_NO_SUB, ALL, ALL, ALL, 0 },
    { 0x16, POLICY_NO_SUB, ALL, ALL, ALL, 0 },
    { EXT + 0x01, POLICY_NO_SUB, ALL, ALL, EXT1_ECX, EXT1_EDX },
    { EXT + 0x02, POLICY_NO_SUB, ALL, ALL, ALL, ALL },
    { EXT + 0x03, POLICY_NO_SUB, ALL, ALL, ALL, ALL },
    { EXT + 0x04, POLICY_NO_SUB, ALL, ALL, ALL, ALL },
    { EXT + 0x05, POLICY_NO_SUB, ALL, ALL, ALL, ALL },
    { EXT + 0x06, POLICY_NO_SUB, ALL, ALL, ALL, ALL },
    { EXT + 0x07, POLICY_NO_SUB, 0, 0, 0, BIT(8) },
    { EXT + 0x08, POLICY_NO_SUB, 0xffff, BIT(0) | BIT(2) | BIT(9), 0, 0 },
    { EXT + 0x1a, POLICY_NO_SUB, ALL, 0, 0, 0 },
    { EXT + 0x21, POLICY_NO_SUB, BIT(2) | BIT(6), 0, 0, 0 },
};
// clang-format on

#define MAX_BASIC 0x16U
#define MAX_EXTENDED (EXT + 0x21)

struct cpu_policy host_policy;

static struct cpu_leaf *add_leaf(struct cpu_policy *p, uint32_t leaf,
                                 uint32_t sub)
{
    struct cpu_leaf *l = &p->leaf[p->nr++];

    *l = (struct cpu_leaf){ .leaf = leaf, .sub = sub };
    return l;
}

static struct cpu_leaf *find_leaf(struct cpu_policy *p, uint32_t leaf,
                                  uint32_t sub)
{
    for (unsigned int i = 0; i < p->nr; i++)
        if (p->leaf[i].leaf == leaf &&
            (p->leaf[i].sub == POLICY_NO_SUB || p->leaf[i].sub == sub))
            return &p->leaf[i];
    return NULL;
}

/* The range's highest leaf, and the vendor. */
static uint32_t add_range(struct cpu_policy *p, uint32_t base, uint32_t max)
{
    struct cpu_leaf *l;
    uint32_t r[4];

    cpuid(base, 0, r);
    if ((r[0] ^ base) >= EXT || r[0] < base)
        return 0;
    l = add_leaf(p, base, POLICY_NO_SUB);
    l->a = MIN(r[0], max);
    l->b = r[1];
    l->c = r[2];
    l->d = r[3];
    return l->a;
}

/* Bytes of an area with the components of @xcr0, as leaf 0xd describes them */
static uint32_t xsave_bytes(const struct cpu_policy *p, uint64_t xcr0)
{
    uint32_t bytes = XSAVE_BASIC_BYTES;

    for (unsigned int i = 0; i < p->nr; i++) {
        const struct cpu_leaf *l = &p->leaf[i];

        if (l->leaf == 0xd && l->sub >= 2 && l->sub < 63 &&
            (xcr0 >> l->sub & 1))
            bytes = MAX(bytes, l->a + l->b);
    }
    return bytes;
}

/* Leaf 0xd out of what the machine supports and a guest may use. */
static void xsave_leaves(struct cpu_policy *p)
{
    struct cpu_leaf *l = find_leaf(p, 0xd, 0);
    uint32_t r[4];

    p->xcr0_max = 0;
    if (!l || !CPU_HAS(XSAVE))
        return;
    cpuid(0xd, 0, r);
    p->xcr0_max = (r[0] | (uint64_t)r[3] << 32) & XCR0_ALLOWED;
    if ((p->xcr0_max & 0xe4) != 0xe4)
        p->xcr0_max &= 7; /* AVX-512 comes whole or not at all */
    l->a = p->xcr0_max;
    l->d = p->xcr0_max >> 32;
    l->c = xsave_bytes(p, p->xcr0_max);
    l->b = l->c;
}

/* No feature without those that it is built on. */
static void drop_dependents(struct cpu_policy *p)
{
    struct cpu_leaf *l1 = find_leaf(p, 1, 0), *l7 = find_leaf(p, 7, 0);
    struct cpu_leaf *l71 = find_leaf(p, 7, 1), *e1 = find_leaf(p, EXT + 1, 0);
    bool avx = p->xcr0_max & 4, avx512 = p->xcr0_max & 0x40;

    if (l1 && !p->xcr0_max)
        l1->c &= ~LEAF1_ECX_XSAVE;
    if (l1 && !avx)
        l1->c &= ~(BIT(28) | BIT(29) | BIT(12)); /* AVX, F16C, FMA */
    if (e1 && !avx)
        e1->c &= ~(BIT(11) | BIT(16)); /* XOP, FMA4 */
    if (l7 && !avx) {
        l7->b &= ~BIT(5);             /* AVX2 */
        l7->c &= ~(BIT(9) | BIT(10)); /* VAES, VPCLMUL */
    }
    if (l71 && !avx)
        l71->a &= ~BIT(4);
    if (l7 && !avx512) {
        l7->b &= ~(BIT(16) | BIT(17) | BIT(21) | BIT(28) | BIT(30) | BIT(31));
        l7->c &= ~(BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14));
        l7->d &= ~(BIT(8) | BIT(23));
    }
    if (l71 && !avx512)
        l71->a &= ~BIT(5);
}

void policy_index(struct cpu_policy *p)
{
    memset(p->basic, POLICY_NONE, sizeof(p->basic));
    memset(p->extended, POLICY_NONE, sizeof(p->extended));
    for (unsigned int i = p->nr; i-- > 0;) {
        uint32_t leaf = p->leaf[i].leaf;

        if (leaf < POLICY_BASIC)
            p->basic[leaf] = i;
        else if (leaf - EXT < POLICY_EXTENDED)
            p->extended[leaf - EXT] = i;
        if (leaf == 0xd && p->leaf[i].sub == 0)
            p->xcr0_max = p->leaf[i].a | (uint64_t)p->leaf[i].d << 32;
    }
}

void policy_init(void)
{
    struct cpu_policy *p = &host_policy;
    uint32_t r[4], top[2], max;

    p->nr = 0;
    top[0] = add_range(p, 0, MAX_BASIC);
    top[1] = add_range(p, EXT, MAX_EXTENDED);
    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        const struct keep *k = &table[i];
        struct cpu_leaf *l;

        max = top[k->leaf >= EXT];
        if (k->leaf > max || (k->leaf == 0xd && !CPU_HAS(XSAVE)))
            continue;
        cpuid(k->leaf, k->sub == POLICY_NO_SUB ? 0 : k->sub, r);
        l = add_leaf(p, k->leaf, k->sub);
        l->a = r[0] & k->a;
        l->b = r[1] & k->b;
        l->c = r[2] & k->c;
        l->d = r[3] & k->d;
        if (k->leaf == 1)
            l->c |= LEAF1_ECX_HYPERVISOR;
    }
    xsave_leaves(p);
    drop_dependents(p);
    policy_index(p);
}

void policy_domain_init(struct domain *d) { d->policy = host_policy; }

/* 0x40000000 and up: that this is Xen's ABI, and its clock. */
static void hypervisor_leaf(const struct vcpu *v, uint32_t leaf, uint32_t sub,
                            uint32_t out[4])
{
    const struct domain *d = v->domain;
    const struct cpu_leaf *l;

    switch (leaf) {
    case BASE:
        out[0] = BASE + 5;
        out[1] = XEN_CPUID_SIGNATURE_EBX;
        out[2] = XEN_CPUID_SIGNATURE_ECX;
        out[3] = XEN_CPUID_SIGNATURE_EDX;
        break;
    case BASE + 1:
        out[0] = XEN_INTERFACE;
        break;
    case BASE + 2: /* pages for hypercalls, their MSR */
        out[0] = 1;
        out[1] = BASE;
        out[2] = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case BASE + 3:
        if (sub == 0) {
            out[0] = (tsc_stable ? BIT(1) : 0) | (CPU_HAS(RDTSCP) ? BIT(2) : 0);
            out[1] = d->tsc_mode;
            out[2] = tsc_khz;
            out[3] = d->tsc_incarnation;
        } else if (sub == 2) {
            out[0] = tsc_khz;
        }
        break;
    case BASE + 5:
        l = find_leaf((struct cpu_policy *)&d->policy, EXT + 8, 0);
        out[1] = l ? l->a & 0xff : 36;
        break;
    }
}

/* What depends on the vCPU. */
static void adjust(const struct vcpu *v, uint32_t leaf, uint32_t sub,
                   uint32_t out[4])
{
    const struct cpu_policy *p = &v->domain->policy;

    if (leaf == 1) {
        out[1] |= v->id << 25; /* APIC id: two for each vCPU */
        /* As the processor has it, before the guest sets its own CR4. */
        if (p->xcr0_max)
            out[2] |= LEAF1_ECX_OSXSAVE;
    } else if (leaf == 0xd && sub == 0) {
        out[1] = xsave_bytes(p, v->fpu.xcr0);
    } else if (leaf == 0xd && sub == 1 && out[0] & BIT(1)) {
        out[1] = xsave_bytes(p, v->fpu.xcr0);
    } else if (leaf == EXT + 7 && !v->domain->hardware) {
        out[3] &= ~BIT(8); /* a guest may move to where it is not true */
    }
}

void policy_cpuid(const struct vcpu *v, uint32_t leaf, uint32_t sub,
                  uint32_t out[4])
{
    const struct cpu_policy *p = &v->domain->policy;
    const struct cpu_leaf *l;
    unsigned int i = POLICY_NONE;

    out[0] = out[1] = out[2] = out[3] = 0;
    if (leaf < POLICY_BASIC)
        i = p->basic[leaf];
    else if (leaf - EXT < POLICY_EXTENDED)
        i = p->extended[leaf - EXT];
    else if (leaf - BASE <= 5)
        hypervisor_leaf(v, leaf, sub, out);

    for (; i < p->nr && p->leaf[i].leaf == leaf; i++) {
        l = &p->leaf[i];
        if (l->sub != POLICY_NO_SUB && l->sub != sub)
            continue;
        out[0] = l->a;
        out[1] = l->b;
        out[2] = l->c;
        out[3] = l->d;
        adjust(v, leaf, sub, out);
        return;
    }
}
