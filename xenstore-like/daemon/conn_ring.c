/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clients that are kernels: a ring in shared memory and an event channel. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/grant_table.h>

#include <store/log.h>
#include <store/replay.h>
#include <store/ring.h>

#include "conn_ring.h"

#define DOM0_PAGE "/proc/xen/xsd_kva"
#define PAGE_BYTES 4096

struct ring {
    struct conn conn;
    struct xen *xen;
    struct xenstore_domain_interface *page;
    evtchn_port_t port; /* ours */
    bool moved;         /* bytes moved: the peer waits for a signal */
    bool failed;        /* the guest is not heard until a reset */
    bool anew;          /* that reset comes when the journal has it */
    bool logged;        /* once is enough: a guest must not fill the log */
};

static struct ring *to_ring(struct conn *c)
{
    return list_entry(c, struct ring, conn);
}

static int io_read(struct conn *c, void *data, size_t len)
{
    struct ring *r = to_ring(c);
    int got = r->failed ? 0 : ring_read(r->page, &c->in_pos, data, len);

    r->moved |= got > 0;
    return got;
}

static int io_write(struct conn *c, const void *data, size_t len)
{
    struct ring *r = to_ring(c);
    int put = ring_write(r->page, &c->out_pos, data, len);

    r->moved |= put > 0;
    return put;
}

/*
 * A guest signals what it adds to a ring that it finds empty, and the room
 * that it makes in one that it finds full.  Linux looks for that without a
 * barrier behind what it wrote, so it may see what stood there before we
 * moved on while we do not see its bytes yet: they are looked for once more
 * after the signal, which takes longer than any processor keeps a write back.
 */
static bool io_turn_done(struct conn *c)
{
    struct ring *r = to_ring(c);

    if (r->anew) {
        ring_reset(r->page);
        r->anew = r->failed = false;
        r->moved = true;
    }
    ring_consumed(r->page, c->in_pos);
    if (r->moved)
        xenevtchn_notify(r->xen->evtchn, r->port);
    r->moved = false;
    if (r->failed)
        return false;
    return (conn_may_read(c) && ring_has_requests(r->page, c->in_pos)) ||
           (buf_len(&c->out) && ring_has_room(r->page, c->out_pos));
}

/* A guest that breaks the rules is not heard until it asks for a reset. */
static void io_fail(struct conn *c)
{
    struct ring *r = to_ring(c);
    uint8_t why = c->broken;

    if (!r->logged)
        log_line("domain %u: connection stopped, error %u", c->domid, why);
    r->logged = true;
    conn_reset(c);
    ring_error(r->page, why);
    r->failed = true;
    xenevtchn_notify(r->xen->evtchn, r->port);
}

static const struct conn_io ring_io = {
    .read = io_read,
    .write = io_write,
    .turn_done = io_turn_done,
    .fail = io_fail,
};

/*
 * Begin anew, as with a kernel that has just booted.  The guest finds its page
 * reset when that is in the journal, and so never hears of the old watches.
 */
static void begin_anew(struct ring *r)
{
    conn_reset(&r->conn);
    r->conn.in_pos = r->conn.out_pos = 0;
    r->failed = r->anew = true;
    conn_dirty(&r->conn);
}

void ring_signalled(struct ring *r)
{
    if (ring_wants_reset(r->page))
        begin_anew(r);
    if (!r->failed)
        loop_ready(r->xen->loop, &r->conn);
}

static int port_own(struct xen *x, evtchn_port_t port, struct ring *r)
{
    size_t nr = x->nr_ports ? x->nr_ports : 64;
    struct ring **by_port;

    while (nr <= port)
        nr *= 2;
    if (nr > x->nr_ports) {
        by_port = realloc(x->by_port, nr * sizeof(struct ring *));
        if (!by_port)
            return -ENOMEM;
        for (size_t i = x->nr_ports; i < nr; i++)
            by_port[i] = NULL;
        x->by_port = by_port;
        x->nr_ports = nr;
    }
    x->by_port[port] = r;
    return 0;
}

/* Bind @port of domain @domid to one of ours. */
static int port_bind(struct ring *r, uint16_t domid, evtchn_port_t port)
{
    struct xen *x = r->xen;
    int local = xenevtchn_bind_interdomain(x->evtchn, domid, port);
    int err;

    if (local < 0)
        return -EINVAL;
    err = port_own(x, local, r);
    if (err) {
        xenevtchn_unbind(x->evtchn, local);
        return err;
    }
    r->port = local;
    return 0;
}

static void port_unbind(struct ring *r)
{
    r->xen->by_port[r->port] = NULL;
    xenevtchn_unbind(r->xen->evtchn, r->port);
}

static void *page_map_dom0(void)
{
    int fd = open(DOM0_PAGE, O_RDWR | O_CLOEXEC);
    void *page;

    if (fd < 0)
        return NULL;
    page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return page == MAP_FAILED ? NULL : page;
}

static void *page_map(struct xen *x, uint16_t domid)
{
    if (!domid)
        return page_map_dom0();
    return xengnttab_map_grant_ref(x->gnttab, domid, GNTTAB_RESERVED_XENSTORE,
                                   PROT_READ | PROT_WRITE);
}

static void page_unmap(struct xen *x, uint16_t domid, void *page)
{
    if (!domid)
        munmap(page, PAGE_BYTES);
    else
        xengnttab_unmap(x->gnttab, page, 1);
}

/* What the last server left for @r, if the page bears it out. */
static void take_over(struct ring *r, struct conn *from)
{
    struct conn *c = &r->conn;
    uint32_t told = r->page->rsp_prod - from->out_pos;

    if (told > buf_len(&from->out) ||
        from->in_pos - r->page->req_cons > XENSTORE_RING_SIZE) {
        log_line("domain %u: its ring is not as it was left", c->domid);
        buf_clear(&from->in);
        buf_clear(&from->out);
        from->in_pos = r->page->req_cons;
        from->out_pos = r->page->rsp_prod;
    } else if (told) {
        buf_taken(&from->out, told); /* told, but that was not recorded */
        from->out_pos += told;
    }
    replay_adopt(c, from);
}

int ring_open(struct xen *x, struct domain *dom, evtchn_port_t port)
{
    struct ring *r = calloc(1, sizeof(*r));
    struct conn *from = dom->conn;
    int err;

    if (!r)
        return -ENOMEM;
    r->xen = x;
    r->page = page_map(x, dom->domid);
    if (!r->page) {
        log_line("domain %u: cannot map its ring", dom->domid);
        free(r);
        return -EINVAL;
    }
    err = port_bind(r, dom->domid, port);
    if (err) {
        log_line("domain %u: cannot bind its port %u", dom->domid, port);
        page_unmap(x, dom->domid, r->page);
        free(r);
        return err;
    }

    conn_init(&r->conn, x->srv, &ring_io, dom);
    r->conn.in_pos = r->page->req_cons; /* as the last server left it */
    r->conn.out_pos = r->page->rsp_prod;
    dom->conn = &r->conn; /* replay_drop() leaves it alone then */
    r->failed = from && r->page->error;
    if (from && (r->failed || ring_wants_reset(r->page)))
        replay_drop(from);
    else if (from)
        take_over(r, from);
    if (!r->failed)
        ring_offer(r->page);
    record_all_of(&r->conn);
    /* dom0 waits for its store; a guest perhaps for one that died. */
    if (!dom->domid || r->page->req_prod || r->page->rsp_prod)
        xenevtchn_notify(x->evtchn, r->port);
    conn_dirty(&r->conn);
    ring_signalled(r); /* it may have written, or asked, before we came */
    return 0;
}

int ring_rebind(struct xen *x, struct domain *dom, evtchn_port_t port)
{
    struct ring *r = to_ring(dom->conn);
    evtchn_port_t old = r->port;
    int err;

    err = port_bind(r, dom->domid, port);
    if (err)
        return err;
    x->by_port[old] = NULL;
    xenevtchn_unbind(x->evtchn, old);
    begin_anew(r);
    return 0;
}

void ring_close(struct xen *x, struct domain *dom)
{
    struct ring *r = to_ring(dom->conn);

    if (dom->conn->io != &ring_io) {
        replay_drop(dom->conn); /* the last server's, not yet taken over */
        return;
    }
    dom->conn = NULL;
    conn_fini(&r->conn);
    port_unbind(r);
    page_unmap(x, dom->domid, r->page);
    free(r);
}
