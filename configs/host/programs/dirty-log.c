/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drive and check the dirty log of a domain, for tests in dom0.
 *
 *   dirty-log DOMID on|off|clean|peek|limit [MIB]
 *   dirty-log DOMID check ROUNDS MILLISECONDS
 *
 * check: take the log so many times, the domain paused, and compare it with
 * what has really changed since the last time.  A page that changed and is
 * not in the log is "missed", and fails.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xencall.h>
#include <xenforeignmemory.h>

#define PAGE 4096UL
#define BATCH 1024
#define M2P_PER_CHUNK (2UL << 20 >> 3)
#define MAX_CHUNKS 64

static xencall_handle *xc;
static xenforeignmemory_handle *fm;
static unsigned int domid;

/* Frames of the domain, by pseudo-physical number. */
static unsigned long nr_pages, *mfns;
static uint64_t *hashes;
static uint8_t *bitmap; /* hypercall buffer */

static void die(const char *what)
{
    fprintf(stderr, "dirty-log: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int domctl(struct xen_domctl *op)
{
    struct xen_domctl *b = xencall_alloc_buffer(xc, sizeof(*b));
    int err;

    op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    op->domain = domid;
    *b = *op;
    err = xencall1(xc, __HYPERVISOR_domctl, (uintptr_t)b);
    *op = *b;
    xencall_free_buffer(xc, b);
    return err;
}

static void simple_domctl(uint32_t cmd)
{
    struct xen_domctl op = { .cmd = cmd };

    if (domctl(&op))
        die("domctl");
}

static struct xen_domctl_shadow_op shadow(uint32_t what, uint32_t mb)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_shadow_op };

    op.u.shadow_op.op = what;
    op.u.shadow_op.mb = mb;
    op.u.shadow_op.pages = nr_pages;
    if (bitmap)
        set_xen_guest_handle(op.u.shadow_op.dirty_bitmap, bitmap);
    if (domctl(&op))
        die("shadow_op");
    return op.u.shadow_op;
}

/* ---- the domain's memory ---- */

static unsigned long max_mfn(void)
{
    long n = xencall2(xc, __HYPERVISOR_memory_op, XENMEM_maximum_ram_page, 0);

    if (n < 0)
        die("maximum_ram_page");
    return n + 1;
}

static const uint64_t *map_m2p(unsigned long max)
{
    unsigned int n = (max + M2P_PER_CHUNK - 1) / M2P_PER_CHUNK;
    struct xen_machphys_mfn_list *l = xencall_alloc_buffer(xc, sizeof(*l));
    xen_pfn_t *first = xencall_alloc_buffer(xc, MAX_CHUNKS * sizeof(*first));
    xen_pfn_t *all = malloc(n * 512 * sizeof(*all));
    const uint64_t *m2p;

    if (n > MAX_CHUNKS)
        n = MAX_CHUNKS;
    l->max_extents = n;
    set_xen_guest_handle(l->extent_start, first);
    if (xencall2(xc, __HYPERVISOR_memory_op, XENMEM_machphys_mfn_list,
                 (uintptr_t)l))
        die("machphys_mfn_list");
    for (unsigned int i = 0; i < n * 512; i++)
        all[i] = first[i / 512] + i % 512;
    m2p = xenforeignmemory_map(fm, DOMID_XEN, PROT_READ, n * 512, all, NULL);
    if (!m2p)
        die("map of the M2P");
    return m2p;
}

/* Which of @n frames from @mfn are the domain's? */
static void collect(unsigned long mfn, unsigned int n, const uint64_t *m2p,
                    xen_pfn_t *types)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getpageframeinfo3 };

    for (unsigned int i = 0; i < n; i++)
        types[i] = mfn + i;
    op.u.getpageframeinfo3.num = n;
    set_xen_guest_handle(op.u.getpageframeinfo3.array, types);
    if (domctl(&op))
        die("getpageframeinfo3");
    for (unsigned int i = 0; i < n; i++)
        if (types[i] != XEN_DOMCTL_PFINFO_XTAB && m2p[mfn + i] < nr_pages)
            mfns[m2p[mfn + i]] = mfn + i;
}

static void find_memory(void)
{
    struct xen_domctl op = { .cmd = XEN_DOMCTL_getdomaininfo };
    xen_pfn_t *types = xencall_alloc_buffer(xc, BATCH * sizeof(*types));
    unsigned long max = max_mfn();
    const uint64_t *m2p = map_m2p(max);

    if (domctl(&op))
        die("getdomaininfo");
    nr_pages = op.u.getdomaininfo.max_pages;
    mfns = calloc(nr_pages, sizeof(*mfns));
    hashes = calloc(nr_pages, sizeof(*hashes));
    bitmap = xencall_alloc_buffer(xc, (nr_pages + 7) / 8);
    for (unsigned long m = 0; m < max; m += BATCH)
        collect(m, max - m < BATCH ? max - m : BATCH, m2p, types);
}

static uint64_t hash(const uint64_t *page)
{
    uint64_t h = 14695981039346656037UL;

    for (unsigned int i = 0; i < PAGE / 8; i++)
        h = (h ^ page[i]) * 1099511628211UL;
    return h;
}

/* ---- rounds ---- */

struct round {
    unsigned int dirty, changed, missed;
};

/* Without @r there was nothing to compare with. */
static void look_at(unsigned long pfn, const uint64_t *page, struct round *r)
{
    uint64_t h = hash(page);

    if (r && h != hashes[pfn]) {
        r->changed++;
        if (!(bitmap[pfn / 8] >> pfn % 8 & 1)) {
            r->missed++;
            if (r->missed <= 10)
                fprintf(stderr, "missed: pfn %lx mfn %lx\n", pfn, mfns[pfn]);
        }
    }
    hashes[pfn] = h;
}

static struct round take_round(bool first)
{
    struct round r = { 0 };

    memset(bitmap, 0, (nr_pages + 7) / 8);
    simple_domctl(XEN_DOMCTL_pausedomain);
    if (shadow(XEN_DOMCTL_SHADOW_OP_CLEAN, 0).pages != nr_pages)
        die("the log is too short");
    for (unsigned long pfn = 0; pfn < nr_pages; pfn++)
        r.dirty += bitmap[pfn / 8] >> pfn % 8 & 1;
    for (unsigned long pfn = 0; pfn < nr_pages; pfn += BATCH) {
        unsigned int n = nr_pages - pfn < BATCH ? nr_pages - pfn : BATCH;
        int errs[BATCH];
        char *p =
            xenforeignmemory_map(fm, domid, PROT_READ, n, &mfns[pfn], errs);

        if (!p)
            die("map of the domain's memory");
        for (unsigned int i = 0; i < n; i++)
            if (mfns[pfn + i] && !errs[i])
                look_at(pfn + i, (uint64_t *)(p + i * PAGE), first ? NULL : &r);
        xenforeignmemory_unmap(fm, p, n);
    }
    simple_domctl(XEN_DOMCTL_unpausedomain);
    return r;
}

static int check(unsigned int rounds, unsigned long ms)
{
    struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };
    unsigned int missed = 0;

    find_memory();
    take_round(true);
    for (unsigned int i = 0; i < rounds; i++) {
        struct round r;

        nanosleep(&ts, NULL);
        r = take_round(false);
        printf("round %u: dirty %u changed %u missed %u\n", i + 1, r.dirty,
               r.changed, r.missed);
        missed += r.missed;
    }
    return missed != 0;
}

static int show(struct xen_domctl_shadow_op op)
{
    printf("pages %lu dirty %u faults %u limit %u MiB\n",
           (unsigned long)op.pages, op.stats.dirty_count, op.stats.fault_count,
           op.mb);
    return 0;
}

static const struct {
    const char *name;
    uint32_t op;
} commands[] = {
    { "on", XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY },
    { "off", XEN_DOMCTL_SHADOW_OP_OFF },
    { "clean", XEN_DOMCTL_SHADOW_OP_CLEAN },
    { "peek", XEN_DOMCTL_SHADOW_OP_PEEK },
};

int main(int argc, char **argv)
{
    if (argc < 3) {
        fprintf(stderr, "usage: dirty-log DOMID COMMAND ...\n");
        return 2;
    }
    domid = strtoul(argv[1], NULL, 10);
    xc = xencall_open(NULL, 0);
    fm = xenforeignmemory_open(NULL, 0);
    if (!xc || !fm)
        die("no hypervisor");
    if (!strcmp(argv[2], "check") && argc == 5)
        return check(strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    if (!strcmp(argv[2], "limit") && argc == 4)
        return show(shadow(XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION,
                           strtoul(argv[3], NULL, 10)));
    if (!strcmp(argv[2], "limit"))
        return show(shadow(XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, 0));
    for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (!strcmp(argv[2], commands[i].name))
            return show(shadow(commands[i].op, 0));
    fprintf(stderr, "dirty-log: no such command\n");
    return 2;
}
