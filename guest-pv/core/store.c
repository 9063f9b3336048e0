/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A client of the store.  It asks, then yields until the answer is there: so
 * it needs no event, and nothing is under way between two of its calls.
 */
#include <xen/io/xs_wire.h>
#include <pv/evtchn.h>
#include <pv/hypercall.h>
#include <pv/insn.h>
#include <pv/mm.h>
#include <pv/store.h>
#include <pv/string.h>
#include <pv/time.h>

#define ANSWER_LIMIT (10 * SECOND)

static uint8_t ring_page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
static volatile struct xenstore_domain_interface *ring;
static evtchn_port_t ring_port;

void store_init(const struct start_info *si)
{
    uint64_t pte = (uint64_t)si->store_mfn << PAGE_SHIFT | PTE_KERNEL_RW;

    ring = NULL;
    if (hc_update_va_mapping((uintptr_t)ring_page, pte, UVMF_INVLPG))
        return;
    ring_port = si->store_evtchn;
    ring = (volatile struct xenstore_domain_interface *)ring_page;
}

static bool has_room(void *arg)
{
    (void)arg;
    return ring->req_prod - ring->req_cons < XENSTORE_RING_SIZE;
}

static bool has_bytes(void *arg)
{
    (void)arg;
    return ring->rsp_prod != ring->rsp_cons;
}

static bool put(const void *from, size_t len)
{
    const char *p = from;

    for (size_t i = 0; i < len; i++) {
        if (!has_room(NULL)) {
            evtchn_send(ring_port);
            if (!time_wait(has_room, NULL, ANSWER_LIMIT))
                return false;
        }
        ring->req[MASK_XENSTORE_IDX(ring->req_prod)] = p[i];
        insn_barrier();
        ring->req_prod++;
    }
    return true;
}

/* @to: NULL: they are dropped. */
static bool get(void *to, size_t len)
{
    char *p = to;

    for (size_t i = 0; i < len; i++) {
        char c;

        if (!has_bytes(NULL)) {
            evtchn_send(ring_port);
            if (!time_wait(has_bytes, NULL, ANSWER_LIMIT))
                return false;
        }
        c = ring->rsp[MASK_XENSTORE_IDX(ring->rsp_cons)];
        insn_barrier();
        ring->rsp_cons++;
        if (p)
            p[i] = c;
    }
    return true;
}

/* The answer's length, its bytes in @answer; -1. */
static int ask(uint32_t type, const char *path, const char *value, char *answer,
               unsigned int size)
{
    size_t path_len = strlen(path) + 1, value_len = value ? strlen(value) : 0;
    struct xsd_sockmsg head = {
        .type = type,
        .len = (uint32_t)(path_len + value_len),
    };
    bool kept;

    if (!ring || !put(&head, sizeof(head)) || !put(path, path_len) ||
        !put(value, value_len))
        return -1;
    evtchn_send(ring_port);
    if (!get(&head, sizeof(head)))
        return -1;
    kept = head.type == type && head.len < size;
    if (!get(kept ? answer : NULL, head.len) || !kept)
        return -1;
    answer[head.len] = 0;
    return (int)head.len;
}

int store_read(const char *path, char *value, unsigned int size)
{
    return ask(XS_READ, path, NULL, value, size);
}

int store_write(const char *path, const char *value)
{
    char ok[8];

    return ask(XS_WRITE, path, value, ok, sizeof(ok)) < 0 ? -1 : 0;
}
