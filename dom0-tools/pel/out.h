/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What pel prints: text with the columns that admins know, and JSON. */
#ifndef PEL_OUT_H
#define PEL_OUT_H

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <xen/xen.h>
#include <xen/sysctl.h>
#include <pel/device.h>
#include <pel/domain.h>
#include <pel/host.h>
#include <pel/vcpus.h>

struct pel_ctx;
struct pel_json_writer;

/**
 * out_list_head, out_list_row - the table of "list"
 * @verbose: with UUIDs and the reasons of shutdowns
 */
void out_list_head(FILE *f, bool verbose);
void out_list_row(FILE *f, const struct pel_dominfo *d, const char *name,
                  bool verbose);

/** out_vcpu_head, out_vcpu_row - the table of "vcpu-list"; @nr_cpus: host's */
void out_vcpu_head(FILE *f);
void out_vcpu_row(FILE *f, uint32_t domid, const char *name,
                  const struct pel_vcpuinfo *v, uint32_t nr_cpus);

/** out_sched_head, out_sched_row - the table of "sched-credit2" */
void out_sched_head(FILE *f);
void out_sched_row(FILE *f, uint32_t domid, const char *name, uint32_t weight,
                   uint32_t cap);

/**
 * out_uptime_head, out_uptime_row - the table of "uptime"
 * @now:   seconds since 1970, for the short form only
 * @short_form: the form of uptime(1), which has no head
 */
void out_uptime_head(FILE *f);
void out_uptime_row(FILE *f, uint32_t domid, const char *name, uint64_t seconds,
                    time_t now, bool short_form);

/** out_block_*, out_network_* - the tables of "block-list", "network-list" */
void out_block_head(FILE *f);
void out_block_row(FILE *f, uint32_t domid, const struct pel_devinfo *d);
void out_network_head(FILE *f);
void out_network_row(FILE *f, const struct pel_devinfo *d);

/**
 * out_pool_head, out_pool_row - the table of "cpupool-list"
 * @cpus: list them instead of counting
 */
void out_pool_head(FILE *f, bool cpus);
void out_pool_row(FILE *f, const char *name,
                  const struct xen_sysctl_cpupool_op *pool,
                  const struct pel_cpumap *map, uint32_t nr_cpus, bool cpus);

/**
 * out_domain_json - one domain as a JSON object
 * @config: its configuration, or NULL to leave that out
 */
void out_domain_json(struct pel_json_writer *w, const struct pel_dominfo *d,
                     const char *name, const struct pel_config *config);

/**
 * out_json - finish a JSON text and print it
 * Returns: 0; -PEL_ENOMEM
 */
int out_json(struct pel_ctx *ctx, FILE *f, struct pel_json_writer *w);

/** out_info_text, out_info_json - the host */
void out_info_text(FILE *f, const struct pel_hostinfo *h);
void out_info_json(struct pel_json_writer *w, const struct pel_hostinfo *h);

#endif
