/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small objects of the hypervisor.  A page holds objects of one size class;
 * its frame says which, how many are in use, and where the free ones start,
 * so a page goes back when its last object does.
 */
#include <hv/heap.h>
#include <hv/lock.h>
#include <hv/string.h>

#include "local.h"

#define MIN_SHIFT 5                         /* 32 bytes */
#define NR_CLASSES (PAGE_SHIFT - MIN_SHIFT) /* 32 ... 2048 */
#define CLASS_WHOLE (NR_CLASSES + 1)        /* frame.aux of a whole page */

static struct lock small_lock = LOCK_INIT(LR_SMALL);
/* Pages with free objects, by class; linked through their frames. */
static uint32_t partial[NR_CLASSES] = { [0 ... NR_CLASSES - 1] = FRAME_NONE };

/*
 * The type word of such a page (nobody else uses it): first free object + 1
 * in bits 0-15, objects in use in 16-31.  Each free object begins with the
 * number + 1 of the next.
 */
static uint16_t first_free(const struct frame *f) { return (uint16_t)f->type; }

static uint16_t in_use(const struct frame *f)
{
    return (uint16_t)(f->type >> 16);
}

static void set_state(struct frame *f, uint16_t first, uint16_t used)
{
    f->type = first | (uint64_t)used << 16;
}

static unsigned int class_of(size_t size)
{
    unsigned int c = 0;

    while ((1UL << (c + MIN_SHIFT)) < size)
        c++;
    return c;
}

static void *object(struct frame *f, unsigned int c, uint16_t i)
{
    return (char *)mfn_to_virt(frame_mfn(f)) + ((size_t)i << (c + MIN_SHIFT));
}

/* A new page of class @c, all objects free. */
static struct frame *page_make(unsigned int c)
{
    unsigned int nr = PAGE_SIZE >> (c + MIN_SHIFT);
    void *p = heap_alloc(0);
    struct frame *f;

    if (!p)
        return NULL;
    f = frame_of(virt_to_mfn(p));
    f->aux = c + 1;
    for (unsigned int i = 0; i + 1 < nr; i++)
        *(uint16_t *)object(f, c, i) = i + 2;
    set_state(f, 1, 0);
    frame_list_add(&partial[c], f);
    return f;
}

void *hv_alloc(size_t size)
{
    unsigned int c = class_of(size);
    struct frame *f;
    uint16_t i;
    void *p;

    ASSERT(size <= PAGE_SIZE);
    if (c >= NR_CLASSES) {
        p = heap_alloc(0);
        if (p)
            frame_of(virt_to_mfn(p))->aux = CLASS_WHOLE;
        return p;
    }

    lock_take(&small_lock);
    f = partial[c] == FRAME_NONE ? page_make(c) : &frame_table[partial[c]];
    if (!f) {
        lock_release(&small_lock);
        return NULL;
    }
    i = first_free(f) - 1;
    p = object(f, c, i);
    set_state(f, *(uint16_t *)p, in_use(f) + 1);
    if (!first_free(f))
        frame_list_del(&partial[c], f);
    lock_release(&small_lock);

    memset(p, 0, 1UL << (c + MIN_SHIFT));
    return p;
}

void hv_free(void *p)
{
    struct frame *f;
    unsigned int c;

    if (!p)
        return;

    f = frame_of(virt_to_mfn(p));
    if (f->aux == CLASS_WHOLE) {
        heap_free(p, 0);
        return;
    }
    ASSERT(f->aux && f->aux <= NR_CLASSES && in_use(f));

    c = f->aux - 1;
    lock_take(&small_lock);
    if (!first_free(f))
        frame_list_add(&partial[c], f);
    *(uint16_t *)p = first_free(f);
    set_state(f, (((unsigned long)p & ~PAGE_MASK) >> (c + MIN_SHIFT)) + 1,
              in_use(f) - 1);
    if (in_use(f)) {
        lock_release(&small_lock);
        return;
    }
    frame_list_del(&partial[c], f);
    lock_release(&small_lock);
    f->type = 0;
    heap_free(mfn_to_virt(frame_mfn(f)), 0);
}
