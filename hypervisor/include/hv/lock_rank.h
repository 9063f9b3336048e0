/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every lock of the hypervisor, in the order of taking: while one is held,
 * only locks of a higher rank may be taken.
 */
#pragma once

enum lock_rank {
    LR_NONE = 0,
    LR_CPU_START = 2,    /* starting and stopping CPUs */
    LR_CPU_TSC = 3,      /* two CPUs compare their TSCs */
    LR_DOMAIN_LIST = 10, /* membership of the domain list and table */
    LR_DOMAIN = 20,      /* struct domain: life cycle, array of vCPUs */
    LR_EVTCHN = 30,      /* one domain's channel table: binding and closing */
    LR_CHANNEL = 31,     /* one event channel: whom it leads to */
    LR_EVENT_QUEUE = 32, /* one queue of one vCPU (FIFO ABI) */
    LR_GRANT = 40,       /* struct grant_table: size, version, maptrack */
    LR_GRANT_ENTRY = 41, /* one grant: who uses it and how often */
    LR_FRAME = 44,       /* the lock bit of one frame's type word */
    LR_PAGE_LIST = 45,   /* struct domain: page list and page counts */
    LR_TRACK = 50,       /* one tracked domain: its shadow tables */
    LR_SMALL = 55,       /* lists of small objects */
    LR_HEAP = 60,        /* free lists of the page allocator */
    LR_IRQ = 65,         /* interrupt descriptors, IOAPIC and MSI registers */
    LR_PCI = 66,         /* the PCI configuration ports */
    LR_RUNQ = 70,        /* one run queue; two: lower CPU number first */
    LR_CAP = 71,         /* what a domain may use before its cap */
    LR_TIMER = 72,       /* one CPU's heap of deadlines */
    LR_TIME = 75,        /* the wall clock */
    LR_CONSOLE = 90,     /* innermost: printing works anywhere */
};
