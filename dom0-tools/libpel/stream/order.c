/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which records may come when, how often, and what they must look like: one
 * row for each.  Rows that are missing are records of no PV guest's image.
 */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include "local.h"

#define BIT(type) (1u << (type))

typedef int check_fn(struct pel_image_reader *r, size_t len,
                     struct pel_image_record *out);

static int check_pv_info(struct pel_image_reader *r, size_t len,
                         struct pel_image_record *out)
{
    const uint8_t *p = out->body; /* width in bytes, levels of page tables */

    (void)len;
    if (p[0] == 8 && p[1] == 4)
        return 0;
    return pel_fail(r->ctx, PEL_ENOTSUP,
                    "the image is of a guest with %u-bit words and %u levels "
                    "of page tables; only 64-bit PV guests run here",
                    p[0] * 8, p[1]);
}

static int check_p2m(struct pel_image_reader *r, size_t len,
                     struct pel_image_record *out)
{
    const uint8_t *body = out->body;
    const uint64_t *pfns = (const void *)(body + 8);
    uint32_t range[2];

    memcpy(range, body, sizeof(range));
    if (range[0] || range[1] >= PEL_IMAGE_PFNS)
        return damaged(r, "its memory goes from page %u to %u", range[0],
                       range[1]);
    if (r->seen & BIT(PEL_REC_P2M_FRAMES) && range[1] != r->last_pfn)
        return damaged(r, "its memory grows from page %u to %u", r->last_pfn,
                       range[1]);
    if (len != 8 + (range[1] / 512 + 1ul) * 8)
        return damaged(r, "the list of %u pages has %zu bytes", range[1] + 1,
                       len);
    for (uint32_t i = 0; i <= range[1] / 512; i++)
        if (pfns[i] > range[1])
            return damaged(r, "a part of its list of pages is page %llu",
                           (unsigned long long)pfns[i]);
    r->last_pfn = range[1];
    out->nr = range[1] / 512 + 1;
    out->pfns = pfns;
    return 0;
}

static bool type_is_known(uint32_t type)
{
    return type == XEN_DOMCTL_PFINFO_NOTAB || pel_page_is_table(type) ||
           !pel_page_has_data(type);
}

/* One pfn with its type. */
static int check_pfn(struct pel_image_reader *r, size_t i, uint64_t word)
{
    uint64_t pfn = word & PFN_MASK;
    uint32_t type = word >> 32 & XEN_DOMCTL_PFINFO_LTAB_MASK;

    if (word & PFN_RESERVED || pfn > r->last_pfn)
        return damaged(r, "it has a page 0x%llx of a guest with %u pages",
                       (unsigned long long)word, r->last_pfn + 1);
    if (!type_is_known(type))
        return damaged(r, "page %llu is of type 0x%x", (unsigned long long)pfn,
                       type >> XEN_DOMCTL_PFINFO_LTAB_SHIFT);
    r->pfns[i] = pfn;
    r->types[i] = type;
    return 0;
}

/* Twice in one record; savers list pages in order, so that is rare work. */
static int check_doubles(struct pel_image_reader *r, size_t nr)
{
    for (size_t i = 1; i < nr; i++) {
        if (r->pfns[i] > r->pfns[i - 1])
            continue;
        for (size_t j = 0; j < nr; j++)
            for (size_t k = j + 1; k < nr; k++)
                if (r->pfns[j] == r->pfns[k])
                    return damaged(r, "page %llu stands twice in a record",
                                   (unsigned long long)r->pfns[j]);
        return 0;
    }
    return 0;
}

static int check_pages(struct pel_image_reader *r, size_t len,
                       struct pel_image_record *out)
{
    const struct record_header h = { PEL_REC_PAGE_DATA, len };
    const uint8_t *body = out->body, *data;
    const uint64_t *list = out->body;
    uint32_t nr;
    int rc = 0;

    memcpy(&nr, body, sizeof(nr));
    if (nr == 0 || nr > PEL_BATCH_PAGES || len < 8 + nr * 8ul)
        return damaged(r, "a record of %u pages has %zu bytes", nr, len);
    for (uint32_t i = 0; !rc && i < nr; i++)
        rc = check_pfn(r, i, list[1 + i]);
    if (!rc)
        rc = check_doubles(r, nr);
    if (rc)
        return rc;

    r->sum = sum_bytes(r->sum, &h, sizeof(h));
    r->sum = sum_bytes(r->sum, body, 8 + nr * 8ul);
    data = body + 8 + nr * 8ul;
    len -= 8 + nr * 8ul;
    for (uint32_t i = 0; i < nr; i++) {
        r->pages[i] = NULL;
        if (!pel_page_has_data(r->types[i]))
            continue;
        if (len < PAGE_BYTES)
            return damaged(r, "a record of %u pages is too short", nr);
        if (pel_page_is_zero(data)) {
            r->sum = sum_page(r->sum, PEL_ZERO_HASH);
        } else {
            r->pages[i] = data;
            r->sum = sum_page(r->sum, pel_page_hash(data));
        }
        data += PAGE_BYTES;
        len -= PAGE_BYTES;
    }
    if (len)
        return damaged(r, "a record of %u pages is %zu bytes too long", nr,
                       len);
    out->nr = nr;
    out->pfns = r->pfns;
    out->types = r->types;
    out->pages = r->pages;
    return 0;
}

/* Bits of what has been seen of a vCPU. */
enum { SEEN_BASIC = 1, SEEN_EXTENDED = 2, SEEN_XSAVE = 4, SEEN_MSRS = 8 };

static int check_vcpu(struct pel_image_reader *r, size_t len,
                      struct pel_image_record *out)
{
    const struct {
        uint8_t seen;
        size_t min, max, unit; /* bytes; 0 is tolerated, but of registers */
    } sizes[] = {
        [PEL_REC_VCPU_BASIC] = { SEEN_BASIC, sizeof(struct vcpu_guest_context),
                                 sizeof(struct vcpu_guest_context), 1 },
        [PEL_REC_VCPU_EXTENDED] = { SEEN_EXTENDED, 1, 128, 1 },
        [PEL_REC_VCPU_XSAVE] = { SEEN_XSAVE, 16, 16384, 1 },
        [PEL_REC_VCPU_MSRS] = { SEEN_MSRS, 16, 4096, 16 },
    };
    const uint8_t *body = out->body;

    memcpy(&out->vcpu, body, sizeof(out->vcpu));
    out->body = body + 8;
    out->len = len - 8;
    if (out->vcpu >= PEL_IMAGE_VCPUS)
        return damaged(r, "it has a vCPU %u", out->vcpu);
    if (r->vcpu_seen[out->vcpu] & sizes[out->type].seen)
        return damaged(r, "vCPU %u stands twice in it", out->vcpu);
    r->vcpu_seen[out->vcpu] |= sizes[out->type].seen;
    if ((out->len || out->type == PEL_REC_VCPU_BASIC) &&
        (out->len < sizes[out->type].min || out->len > sizes[out->type].max ||
         out->len % sizes[out->type].unit))
        return damaged(r, "a record of type %u has %zu bytes", out->type, len);
    return 0;
}

static int check_policy(struct pel_image_reader *r, size_t len,
                        struct pel_image_record *out)
{
    size_t unit = out->type == PEL_REC_CPUID_POLICY ? sizeof(xen_cpuid_leaf_t)
                                                    : sizeof(xen_msr_entry_t);

    if (len % unit || len > 64 * 1024)
        return damaged(r, "a record of type %u has %zu bytes", out->type, len);
    return 0;
}

static int check_end(struct pel_image_reader *r, size_t len,
                     struct pel_image_record *out)
{
    (void)len;
    (void)out;
    if (!r->pages_apart && !(r->seen & BIT(PEL_REC_PAGE_DATA)))
        return damaged(r, "it ends without any page");
    if (!(r->vcpu_seen[0] & SEEN_BASIC))
        return damaged(r, "it ends without the registers of vCPU 0");
    return 0;
}

#define STATIC (BIT(PEL_REC_PV_INFO) | BIT(PEL_REC_STATIC_DATA_END))
#define LISTED (STATIC | BIT(PEL_REC_P2M_FRAMES))
#define WHOLE (LISTED | BIT(PEL_REC_SHARED_INFO))

// clang-format off
static const struct rule {
    const char *name;
    uint32_t after;  /* records that must have come */
    uint32_t before; /* records that must not have */
    bool often;      /* may come more than once */
    size_t min, max; /* bytes */
    check_fn *check;
} rules[] = {
    [PEL_REC_END]             = { "END", WHOLE, 0, false, 0, 0, check_end },
    [PEL_REC_PAGE_DATA]       = { "PAGE_DATA", LISTED, 0, true, 16, RECORD_MAX, check_pages },
    [PEL_REC_PV_INFO]         = { "X86_PV_INFO", 0, STATIC, false, 8, 8, check_pv_info },
    [PEL_REC_P2M_FRAMES]      = { "X86_PV_P2M_FRAMES", STATIC, 0, true, 16, RECORD_MAX, check_p2m },
    [PEL_REC_VCPU_BASIC]      = { "X86_PV_VCPU_BASIC", LISTED, 0, true, 8, RECORD_MAX, check_vcpu },
    [PEL_REC_VCPU_EXTENDED]   = { "X86_PV_VCPU_EXTENDED", LISTED, 0, true, 8, RECORD_MAX, check_vcpu },
    [PEL_REC_VCPU_XSAVE]      = { "X86_PV_VCPU_XSAVE", LISTED, 0, true, 8, RECORD_MAX, check_vcpu },
    [PEL_REC_SHARED_INFO]     = { "SHARED_INFO", LISTED, 0, false, PAGE_BYTES, PAGE_BYTES, NULL },
    [PEL_REC_TSC_INFO]        = { "X86_TSC_INFO", STATIC, 0, false, sizeof(struct pel_image_tsc), sizeof(struct pel_image_tsc), NULL },
    [PEL_REC_VCPU_MSRS]       = { "X86_PV_VCPU_MSRS", LISTED, 0, true, 8, RECORD_MAX, check_vcpu },
    [PEL_REC_STATIC_DATA_END] = { "STATIC_DATA_END", BIT(PEL_REC_PV_INFO), 0, false, 0, 0, NULL },
    [PEL_REC_CPUID_POLICY]    = { "X86_CPUID_POLICY", 0, BIT(PEL_REC_STATIC_DATA_END), false, 0, RECORD_MAX, check_policy },
    [PEL_REC_MSR_POLICY]      = { "X86_MSR_POLICY", 0, BIT(PEL_REC_STATIC_DATA_END), false, 0, RECORD_MAX, check_policy },
};
// clang-format on

int record_check(struct pel_image_reader *r, size_t len,
                 struct pel_image_record *out)
{
    const struct rule *rule;
    int rc = 0;

    if (out->type >= sizeof(rules) / sizeof(rules[0]) || !rules[out->type].name)
        return pel_fail(r->ctx, PEL_ENOTSUP,
                        "the image has a record of type 0x%x, which no PV "
                        "guest's image has",
                        out->type);
    rule = &rules[out->type];
    if ((r->seen & rule->after) != rule->after || r->seen & rule->before)
        return damaged(r, "a record %s is in the wrong place", rule->name);
    if (!rule->often && r->seen & BIT(out->type))
        return damaged(r, "a record %s comes twice", rule->name);
    if (len < rule->min || len > rule->max)
        return damaged(r, "a record %s has %zu bytes", rule->name, len);
    out->len = len;
    if (rule->check)
        rc = rule->check(r, len, out);
    if (!rc)
        r->seen |= BIT(out->type);
    return rc;
}
