/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The auditor: counts every reference and typed use again, from the page
 * tables and from what vCPUs hold, and compares with the frame table.
 *
 * The other parts (grants, registered pages) count what they hold themselves.
 * Then every number must match exactly, so no operation may be under way.
 */
#include <hv/console.h>
#include <hv/heap.h>
#include <hv/mm.h>

#include "local.h"

/* What was found for each frame. */
struct found {
    uint32_t refs, types;
};

static struct found *found;
static unsigned long violations;

/* More would only hide the first. */
#define MAX_REPORTS 20

static void violation(const char *what, unsigned long m, uint64_t has,
                      uint64_t want)
{
    const struct frame *f = frame_of(mfn(m));

    if (violations++ < MAX_REPORTS)
        log_err("audit: frame %lx (d%u, ref %016lx, type %016lx): %s %lu, "
                "found %lu\n",
                m, ref_owner(f->ref), f->ref, f->type, what, has, want);
}

static void count(mfn_t m, bool typed)
{
    if (mfn_x(m) >= max_mfn)
        return;
    found[mfn_x(m)].refs++;
    if (typed)
        found[mfn_x(m)].types++;
}

static void count_entry(unsigned long table, pte_t e, enum page_type level)
{
    enum page_type want = level == PT_L1 ? PT_WRITABLE : level - 1;
    mfn_t m = pte_mfn(e);
    bool typed = level != PT_L1 || (e & PTE_RW);

    if (!frame_valid(m)) {
        if (level != PT_L1)
            violation("table entry of no RAM", table, mfn_x(m), 0);
        return;
    }
    if (ref_owner(frame_of(m)->ref) == OWNER_HV ||
        ref_owner(frame_of(m)->ref) == OWNER_FREE)
        violation("maps a frame of nobody's", table, mfn_x(m), 0);
    /* PT-1 itself. */
    if (typed && tw_type(frame_of(m)->type) != want)
        violation("maps a frame in the wrong way", table, mfn_x(m), 0);
    if (!(e & PTE_US))
        violation("entry without U", table, e, 0);
    if ((e & PTE_PSE) && level != PT_L1)
        violation("large page", table, e, 0);
    count(m, typed);
}

static void count_frame(unsigned long m)
{
    struct frame *f = frame_of(mfn(m));
    enum page_type type = tw_type(f->type);
    const pte_t *t = mfn_to_virt(mfn(m));
    unsigned int n = ptype_holds_entries(f->type, f->aux);

    for (unsigned int i = 0; i < n; i++)
        if ((t[i] & PTE_P) && !(type == PT_L4 && pt_is_hv_slot(i)))
            count_entry(m, t[i], type);

    if (f->ref & REF_ALLOC)
        count(mfn(m), f->ref & REF_SHARED);
    else if (f->ref & REF_SHARED)
        found[m].types++; /* its type stays fixed to the end */
    if (f->type & TW_PINNED)
        count(mfn(m), true);
    if (f->type & TW_PARTIAL)
        count(mfn(m), false);
}

static void count_vcpu(const struct vcpu *v)
{
    if (v->cr3[1])
        count(v->guest_table, true);
    if (v->cr3[0])
        count(v->guest_table_user, true);
    for (unsigned int i = 0; i < ARRAY_SIZE(v->pt_drop); i++)
        count(mfn(v->pt_drop[i] - 1), true); /* none: no frame's number */
    for (unsigned int i = 0; i < DIV_UP(v->gdt_ents, 512); i++)
        count(v->gdt_frames[i], true);
    for (unsigned int i = 0; i < LDT_PAGES; i++)
        if (v->ldt_mapped & (1U << i))
            count(v->ldt_frames[i], true);
    count(v->info_mfn, true); /* MFN_INVALID where none is registered */
}

static void compare(unsigned long m)
{
    const struct frame *f = frame_of(mfn(m));
    const struct found *c = &found[m];
    uint32_t refs = (uint32_t)f->ref, types = f->type & TW_COUNT;
    bool table = ptype_is_table(tw_type(f->type));

    if (!(f->ref & REF_RAM) || ref_owner(f->ref) == OWNER_HV)
        return;
    if (ref_owner(f->ref) == OWNER_FREE) {
        if (refs || c->refs)
            violation("free, but referenced", m, refs, c->refs);
        return;
    }
    if (refs != c->refs)
        violation("references", m, refs, c->refs);
    if (types != c->types)
        violation("typed uses", m, types, c->types);
    /* PT-2 */
    if (table && !types && (f->type & TW_VALID))
        violation("valid table without a use", m, 0, 0);
}

unsigned long mm_audit(audit_source_fn *others)
{
    unsigned long bytes = max_mfn * sizeof(*found);
    unsigned int order = heap_order(bytes);

    found = heap_alloc(order);
    if (!found) {
        log_err("audit: no memory for %lu MiB of counters\n", bytes >> 20);
        return 1;
    }

    violations = 0;
    for (unsigned long m = 0; m < max_mfn; m++)
        if (frame_valid(mfn(m)))
            count_frame(m);
    for_each_domain (d) {
        for_each_vcpu (v, d)
            count_vcpu(v);
        if (others)
            others(d, count);
        track_audit(d, violation);
    }
    for (unsigned long m = 0; m < max_mfn; m++)
        compare(m);

    heap_free(found, order);
    log_info("audit: %lu frames, %lu violations\n", max_mfn, violations);
    return violations;
}
