/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that takes all it can get of one thing, says when it was refused,
 * and goes on asking for ever.
 *
 * Word of the command line: want=NAME, of the table below.
 */
#include <xen/memory.h>
#include <xen/sched.h>
#include <pv/evtchn.h>
#include <pv/grant.h>
#include <pv/guest.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/printf.h>
#include <pv/shutdown.h>
#include <pv/start.h>
#include <pv/string.h>

#define BATCH 64
#define FRAMES_MAX 4096 /* more than any grant table has */

/* One more frame of memory. */
static bool take_memory(uint64_t n)
{
    xen_pfn_t frame;
    struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

    (void)n;
    set_xen_guest_handle(r.extent_start, &frame);
    return hc_memory_op(XENMEM_increase_reservation, &r) == 1;
}

static bool take_port(uint64_t n)
{
    (void)n;
    return evtchn_alloc(0) >= 0;
}

/* A grant table of one frame more. */
static bool take_grant_frame(uint64_t n)
{
    static xen_pfn_t frames[FRAMES_MAX];
    struct gnttab_setup_table setup = { .dom = DOMID_SELF };

    setup.nr_frames = n < FRAMES_MAX ? (uint32_t)n + 1 : FRAMES_MAX;
    set_xen_guest_handle(setup.frame_list, frames);
    return !hc_grant_table_op(GNTTABOP_setup_table, &setup, 1) && !setup.status;
}

/* A grant names its user by number; a port that we offer ourselves tells. */
static domid_t own_domid(void)
{
    struct evtchn_status status = { .dom = DOMID_SELF };

    status.port = (evtchn_port_t)evtchn_alloc(DOMID_SELF);
    if (hc_event_channel_op(EVTCHNOP_status, &status))
        return DOMID_SELF;
    evtchn_close(status.port);
    return status.u.unbound.dom;
}

/* Entries of the list of mapped grants, on our own page; an entry of the
 * grant table is not mapped so often that its own count would end it. */
static bool take_mappings(uint64_t n)
{
    static struct gnttab_map_grant_ref ops[BATCH];
    static void *page;
    static domid_t self;
    grant_ref_t ref = GRANT_FIRST + n / 512 % 64;

    if (!page) {
        page = page_alloc();
        self = own_domid();
    }
    if (grant_init())
        return false;
    if (!grant_entry(ref)->flags)
        grant_allow(ref, self, page, GTF_readonly);
    for (unsigned int i = 0; i < BATCH; i++)
        ops[i] = (struct gnttab_map_grant_ref){
            .flags = GNTMAP_device_map | GNTMAP_readonly,
            .ref = ref,
            .dom = self,
        };
    return !hc_grant_table_op(GNTTABOP_map_grant_ref, ops, BATCH) &&
           !ops[BATCH - 1].status;
}

static bool take_console(uint64_t n)
{
    pv_printf("%lu: a line of output\n", n);
    return true;
}

// clang-format off
static const struct want {
    const char *name;
    bool (*take)(uint64_t n); /* false: refused */
} wants[] = {
    { "memory",   take_memory },
    { "events",   take_port },
    { "grants",   take_grant_frame },
    { "maptrack", take_mappings },
    { "console",  take_console },
};
// clang-format on

static const struct want *find_want(void)
{
    char name[16] = "";

    pv_word("want", name, sizeof(name));
    for (unsigned int i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
        if (!strcmp(wants[i].name, name))
            return &wants[i];
    pv_printf("greedy: want=%s is not known\n", name);
    pv_shutdown(SHUTDOWN_crash);
}

void guest_main(struct start_info *si)
{
    const struct want *w;
    uint64_t n = 0;

    pv_start(si);
    w = find_want();
    while (w->take(n))
        n++;
    pv_printf("greedy: %s refused after %lu\n", w->name, n);
    for (;;)
        w->take(n);
}
