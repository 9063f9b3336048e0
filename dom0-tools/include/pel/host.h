/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine and its hypervisor. */
#ifndef PEL_HOST_H
#define PEL_HOST_H

#include <stdint.h>

struct pel_ctx;

/* Texts that the hypervisor does not give are "". */
struct pel_hostinfo {
    uint32_t nr_cpus, max_cpu_id, nr_nodes;
    uint32_t cores_per_socket, threads_per_core;
    uint32_t cpu_khz;
    uint64_t total_kb, free_kb;
    uint32_t hw_caps[8];
    uint32_t major, minor; /* of the ABI that the hypervisor speaks */
    char extra[16];        /* the rest of that version */
    char caps[1024];       /* kinds of guest, blank between them */
    uint32_t page_size;    /* bytes */
    char changeset[64];
    char commandline[1024];
    char compiler[64], compile_by[16], compile_domain[32], compile_date[32];
};

/**
 * pel_host_info - describe the machine
 */
int pel_host_info(struct pel_ctx *ctx, struct pel_hostinfo *out);

/**
 * pel_host_messages - hand the hypervisor's kept messages out, oldest first
 * @put: called with pieces of text, not NUL-terminated
 */
int pel_host_messages(struct pel_ctx *ctx,
                      void (*put)(const char *text, uint32_t len, void *arg),
                      void *arg);

#endif
