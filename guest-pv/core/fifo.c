/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's half of the FIFO ABI of event channels. */
#include <pv/cpu.h>
#include <pv/fifo.h>
#include <pv/hypercall.h>
#include <pv/mm.h>
#include <pv/start.h>
#include <pv/string.h>

#define LINKED (1u << EVTCHN_FIFO_LINKED)

static event_word_t *words; /* NULL: the 2-level ABI is in use */
static struct evtchn_fifo_control_block *blocks[CPUS_MAX];

/* What a vCPU has taken from its control block. */
static struct {
    uint32_t ready;
    evtchn_port_t head[EVTCHN_FIFO_MAX_QUEUES];
} taken[CPUS_MAX];

static long add_block(unsigned int id)
{
    struct evtchn_init_control arg = { .vcpu = id };
    long rc;

    blocks[id] = page_alloc();
    arg.control_gfn = mfn_of(blocks[id]);
    rc = hc_event_channel_op(EVTCHNOP_init_control, &arg);
    if (rc) {
        page_free(blocks[id]);
        blocks[id] = NULL;
    }
    return rc;
}

/* What the console and the store send must not come between the tests'. */
static event_word_t first_word(evtchn_port_t port)
{
    bool service =
        !pv_is_dom0() && (port == pv_start_info->console.domU.evtchn ||
                          port == pv_start_info->store_evtchn);

    return service ? 1u << EVTCHN_FIFO_MASKED : 0;
}

static void set_words(event_word_t *page)
{
    for (evtchn_port_t port = 0; port < FIFO_PORTS; port++)
        __atomic_store_n(&page[port], first_word(port), __ATOMIC_SEQ_CST);
}

long fifo_begin(void)
{
    struct evtchn_expand_array arg;
    event_word_t *page;
    long rc;

    if (words)
        return 0;
    for (unsigned int id = 0; id < CPUS_MAX; id++) {
        rc = blocks[id] ? 0 : add_block(id);
        if (rc == -XEN_ENOENT && id > 0)
            break;
        if (rc)
            return rc;
    }
    page = page_alloc();
    set_words(page);
    arg.array_gfn = mfn_of(page);
    rc = hc_event_channel_op(EVTCHNOP_expand_array, &arg);
    if (rc)
        page_free(page);
    else
        words = page;
    return rc;
}

void fifo_end(void)
{
    struct evtchn_reset arg = { .dom = DOMID_SELF };

    if (!pv_is_dom0() || hc_event_channel_op(EVTCHNOP_reset, &arg))
        return;
    for (unsigned int id = 0; id < CPUS_MAX; id++) {
        if (blocks[id])
            page_free(blocks[id]);
        blocks[id] = NULL;
    }
    if (words)
        page_free(words);
    words = NULL;
    memset(taken, 0, sizeof(taken));
}

void fifo_clean(void)
{
    set_words(words);
    for (unsigned int id = 0; id < CPUS_MAX; id++)
        if (blocks[id])
            memset(blocks[id], 0, sizeof(*blocks[id]));
    memset(taken, 0, sizeof(taken));
}

bool fifo_active(void) { return words; }

event_word_t *fifo_word(evtchn_port_t port)
{
    return words && port < FIFO_PORTS ? &words[port] : NULL;
}

struct evtchn_fifo_control_block *fifo_block(unsigned int id)
{
    return blocks[id];
}

/* Take a word off its queue; returns the next one's port. */
static evtchn_port_t unlink_word(event_word_t *w)
{
    event_word_t was = __atomic_load_n(w, __ATOMIC_SEQ_CST);
    event_word_t off = LINKED | EVTCHN_FIFO_LINK_MASK;

    while (!__atomic_compare_exchange_n(w, &was, was & ~off, false,
                                        __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
        ;
    return was & EVTCHN_FIFO_LINK_MASK;
}

evtchn_port_t fifo_take(unsigned int *priority)
{
    unsigned int id = cpu_self()->id, q;
    evtchn_port_t port, next;

    taken[id].ready |=
        __atomic_exchange_n(&blocks[id]->ready, 0, __ATOMIC_SEQ_CST);
    while (taken[id].ready) {
        q = (unsigned int)__builtin_ctz(taken[id].ready);
        port = taken[id].head[q];
        if (!port)
            port = __atomic_load_n(&blocks[id]->head[q], __ATOMIC_SEQ_CST);
        next = fifo_word(port) ? unlink_word(fifo_word(port)) : 0;
        taken[id].head[q] = next;
        if (!next)
            taken[id].ready &= ~(1u << q);
        if (priority)
            *priority = q;
        if (port)
            return port;
    }
    return 0;
}
