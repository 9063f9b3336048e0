/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's vCPUs: where they are, where they may be, how many are online. */
#ifndef PEL_VCPUS_H
#define PEL_VCPUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pel/cpumap.h>

struct pel_config;
struct pel_ctx;

#define PEL_VCPU_ALL UINT32_MAX

struct pel_vcpuinfo {
    uint32_t id;
    bool online, blocked, running;
    uint32_t cpu; /* where it is, or was last */
    uint64_t cpu_time_ns;
    struct pel_cpumap hard, soft; /* may run there; would rather run there */
};

/**
 * pel_vcpus_list - all vCPUs of a domain, offline ones too
 * @out: set to a malloc'ed array of @nr, in order of ids
 * Returns: 0; -PEL_ENOENT
 */
int pel_vcpus_list(struct pel_ctx *ctx, uint32_t domid,
                   struct pel_vcpuinfo **out, size_t *nr);

/**
 * pel_vcpus_pin - say where vCPUs may run
 * @vcpu:       one, or PEL_VCPU_ALL
 * @hard, @soft: NULL leaves that one as it is
 *
 * Warns when the hypervisor can fulfil less than was asked for.
 * Returns: 0; -PEL_EINVAL no CPU is in a set; -PEL_ENOENT no such domain or
 *          vCPU; -PEL_EHYPER
 */
int pel_vcpus_pin(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                  const struct pel_cpumap *hard, const struct pel_cpumap *soft);

/**
 * pel_vcpus_place - the affinities of a configuration
 * @domid: has all its vCPUs
 */
int pel_vcpus_place(struct pel_ctx *ctx, uint32_t domid,
                    const struct pel_config *cfg);

/**
 * pel_vcpus_set_online - have the guest use its first @nr vCPUs
 *
 * Only asks, in the store; the guest does it when it gets to it.
 * Returns: 0; -PEL_EINVAL none, or more than it has; -PEL_ENOENT; -PEL_ESTORE
 */
int pel_vcpus_set_online(struct pel_ctx *ctx, uint32_t domid, uint32_t nr);

#endif
