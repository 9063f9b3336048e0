/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop over wrong uses, and what must be as before after each. */
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/vcpu.h>
#include <pv/evtchn.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/string.h>
#include "rows.h"

#define PAGE_AT 40 /* in the scratch window; nothing is mapped behind it */

static uint8_t *page;

/* What calls that fail must not change. */
struct state {
    long pages, port, up;
    uint32_t grant_frames, version;
};

static struct state look(void)
{
    struct gnttab_query_size size = { .dom = DOMID_SELF };
    struct gnttab_get_version version = { .dom = DOMID_SELF };
    domid_t self = DOMID_SELF;
    struct state s = { .port = evtchn_alloc(DOMID_SELF) };

    evtchn_close((evtchn_port_t)s.port);
    s.pages = hc_memory_op(XENMEM_current_reservation, &self);
    s.up = hc_vcpu_op(VCPUOP_is_up, 1, NULL);
    hc_grant_table_op(GNTTABOP_query_size, &size, 1);
    hc_grant_table_op(GNTTABOP_get_version, &version, 1);
    s.grant_frames = size.nr_frames;
    s.version = version.version;
    return s;
}

static bool same(const struct state *a, const struct state *b)
{
    return a->pages == b->pages && a->port == b->port && a->up == b->up &&
           a->grant_frames == b->grant_frames && a->version == b->version;
}

static bool bytes_differ(const uint8_t *a, const uint8_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i])
            return true;
    return false;
}

static long call(const struct row *r, uint64_t at)
{
    unsigned long a[4];

    for (unsigned int i = 0; i < 4; i++)
        a[i] = r->arg[i] == BUF ? at : r->arg[i];
    return hypercall(r->nr, a[0], a[1], a[2], a[3], 0);
}

static void with_structure(const struct row *r, long want)
{
    uint64_t flags = r->flags & READ_ONLY ? PTE_KERNEL_RO : PTE_KERNEL_RW;
    uint64_t va = scratch_va(PAGE_AT);
    long rc;

    if (r->size > PAGE_SIZE) {
        test_fail("%s: too large for this loop", r->why);
        return;
    }
    memcpy(page, r->data, r->size);
    hc_update_va_mapping(va, pte_of(page, flags), UVMF_INVLPG);
    rc = call(r, va);
    if (r->flags & IN_GRANT) {
        test_eq(r->why, (uint64_t)rc, 0);
        rc = *(int16_t *)(page + r->at);
    } else if (!(r->flags & WRITES) && bytes_differ(page, r->data, r->size)) {
        test_fail("%s: the structure has changed", r->why);
    }
    test_eq(r->why, (uint64_t)rc, (uint64_t)want);
}

/* Nowhere, in the hypervisor, and half in a page with nothing behind it. */
static void bad_buffers(const struct row *r, long want)
{
    const uint64_t edge = scratch_va(PAGE_AT) + PAGE_SIZE;
    const uint64_t addresses[] = {
        UNMAPPED,
        HV_ADDR,
        NON_CANONICAL,
        HYPERVISOR_VIRT_START,
        HYPERVISOR_VIRT_END - 1,
        0x00007fffffffffff,
        ~0ul,
        edge - r->size + 1,
        edge,
    };

    memset(page, 0, PAGE_SIZE);
    hc_update_va_mapping(edge - PAGE_SIZE, pte_of(page, PTE_KERNEL_RW),
                         UVMF_INVLPG);
    for (unsigned int i = 0; i < sizeof(addresses) / sizeof(addresses[0]);
         i++) {
        long rc = call(r, addresses[i]);

        if (rc != want)
            test_fail("%s at %lx: got %ld, want %ld", r->why, addresses[i], rc,
                      want);
    }
}

void wrong_rows(const struct row *rows, size_t nr)
{
    page = page_alloc();
    for (size_t i = 0; i < nr; i++) {
        long want = (int16_t)(rows[i].want >> (pv_is_dom0() ? 0 : 16));
        struct state before, after;

        if (want == NOT_RUN)
            continue;
        before = look();
        if (rows[i].data)
            with_structure(&rows[i], want);
        else
            bad_buffers(&rows[i], want);
        after = look();
        if (!same(&before, &after))
            test_fail("%s: something has changed", rows[i].why);
        hc_update_va_mapping(scratch_va(PAGE_AT), 0, UVMF_INVLPG);
    }
    page_free(page);
}
