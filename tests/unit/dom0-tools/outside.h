/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A hypervisor, a store and back ends of cardboard for one guest: what they
 * were asked for, and which of their calls shall fail.
 */
#ifndef TEST_OUTSIDE_H
#define TEST_OUTSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#define ID 7u               /* of the guest */
#define SHARED 0x5555ul     /* frame of shared_info */
#define FIRST_MFN 0x10000ul /* pfn N is in frame FIRST_MFN + N */

struct outside {
    unsigned int calls, fail_at, die_at; /* 0: never */
    bool domain, nodes, introduced, devices, pinned, unpaused;
    bool neighbour; /* another guest is there */
    const char *neighbour_name;
    int maps; /* mappings that are open */
    uint64_t free_pages, given_pages;
    bool no_big_extents;
    uint64_t hypercall_mfn;
    struct vcpu_guest_context vcpu;
    grant_entry_v1_t grants[512];
    struct shared_info shared;
    char *memory; /* what was mapped last, in order of pfn */
    size_t memory_pages;
};

/* Shared with processes that are forked from now on. */
extern struct outside *w;

void outside_begin(void);

#endif
