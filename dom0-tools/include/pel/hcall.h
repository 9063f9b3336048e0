/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Hypercalls of the control domain, one function per operation, raw through
 * libxencall.  Unless said otherwise each returns 0, -PEL_ENOENT for a domain
 * that does not exist, -PEL_ENOMEM, or -PEL_EHYPER with the hypervisor's
 * error in the message.  Structures are those of <xen/...>.
 */
#ifndef PEL_HCALL_H
#define PEL_HCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>

struct pel_cpumap;
struct pel_ctx;
struct pel_topology;

/* ---- domctl ---------------------------------------------------------- */

/**
 * pel_hc_create - make an empty, paused domain with a free id
 * @domid: set to its id
 */
int pel_hc_create(struct pel_ctx *ctx,
                  const struct xen_domctl_createdomain *how, uint32_t *domid);

/**
 * pel_hc_destroy - begin and finish its end; takes as long as it takes
 *
 * Afterwards the domain is gone, or dying until others let go of its pages.
 */
int pel_hc_destroy(struct pel_ctx *ctx, uint32_t domid);

int pel_hc_pause(struct pel_ctx *ctx, uint32_t domid);
int pel_hc_unpause(struct pel_ctx *ctx, uint32_t domid);

/** pel_hc_info - one domain; -PEL_ENOENT also when ids have a gap there */
int pel_hc_info(struct pel_ctx *ctx, uint32_t domid,
                struct xen_domctl_getdomaininfo *out);

/** pel_hc_max_vcpus - allocate vCPUs 0 to @nr - 1; once per domain */
int pel_hc_max_vcpus(struct pel_ctx *ctx, uint32_t domid, uint32_t nr);

/** pel_hc_max_mem - the limit of its memory, in KiB */
int pel_hc_max_mem(struct pel_ctx *ctx, uint32_t domid, uint64_t limit_kb);

/** pel_hc_address_size - width of the PV kernel, in bits: 64 */
int pel_hc_address_size(struct pel_ctx *ctx, uint32_t domid, uint32_t bits);

/** pel_hc_tsc_mode - how the TSC behaves: a value of enum pel_tsc_mode */
int pel_hc_tsc_mode(struct pel_ctx *ctx, uint32_t domid, uint32_t mode);

/** pel_hc_hypercall_page - have frame @mfn filled with call stubs */
int pel_hc_hypercall_page(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn);

/** pel_hc_set_vcpu - registers of a vCPU that has not run yet */
int pel_hc_set_vcpu(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    const struct vcpu_guest_context *state);

/** pel_hc_trigger - XEN_DOMCTL_SENDTRIGGER_*; PV guests know none of them */
int pel_hc_trigger(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                   uint32_t trigger);

/** pel_hc_vcpu_info - where a vCPU is; -PEL_ENOENT also for no such vCPU */
int pel_hc_vcpu_info(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     struct xen_domctl_getvcpuinfo *out);

/** pel_hc_get_affinity - both sets of a vCPU */
int pel_hc_get_affinity(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                        struct pel_cpumap *hard, struct pel_cpumap *soft);

/**
 * pel_hc_set_affinity - one set, or both at once
 * @hard, @soft: NULL leaves that one as it is; on return what of it the
 *               hypervisor can fulfil
 */
int pel_hc_set_affinity(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                        struct pel_cpumap *hard, struct pel_cpumap *soft);

/** pel_hc_get_sched - a domain's share: weight, and cap in % of one CPU */
int pel_hc_get_sched(struct pel_ctx *ctx, uint32_t domid,
                     struct xen_domctl_sched_credit2 *out);

/** pel_hc_set_sched - both; weight 0 leaves the weight as it is */
int pel_hc_set_sched(struct pel_ctx *ctx, uint32_t domid,
                     const struct xen_domctl_sched_credit2 *how);

/* ---- state of a guest that stands still --------------------------------- */

/** pel_hc_get_vcpu - registers of a vCPU */
int pel_hc_get_vcpu(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    struct vcpu_guest_context *state);

/**
 * pel_hc_get_vcpu_more, pel_hc_set_vcpu_more - callbacks of 32-bit programs
 * @ext: its vcpu says which
 */
int pel_hc_get_vcpu_more(struct pel_ctx *ctx, uint32_t domid,
                         struct xen_domctl_ext_vcpucontext *ext);
int pel_hc_set_vcpu_more(struct pel_ctx *ctx, uint32_t domid,
                         const struct xen_domctl_ext_vcpucontext *ext);

/**
 * pel_hc_get_xsave, pel_hc_set_xsave - extended state of a vCPU's FPU
 * @state: set to malloc'ed bytes, NULL when there is none
 */
int pel_hc_get_xsave(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     void **state, size_t *len);
int pel_hc_set_xsave(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                     const void *state, size_t len);

/** pel_hc_get_msrs, pel_hc_set_msrs - the same for registers of the model */
int pel_hc_get_msrs(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    struct xen_domctl_vcpu_msr **msrs, size_t *nr);
int pel_hc_set_msrs(struct pel_ctx *ctx, uint32_t domid, uint32_t vcpu,
                    const struct xen_domctl_vcpu_msr *msrs, size_t nr);

int pel_hc_get_tsc(struct pel_ctx *ctx, uint32_t domid,
                   struct xen_domctl_tsc_info *out);
int pel_hc_set_tsc(struct pel_ctx *ctx, uint32_t domid,
                   const struct xen_domctl_tsc_info *how);

/**
 * pel_hc_get_policy, pel_hc_set_policy - what of the CPU a guest sees
 * @leaves, @msrs: room for *@nr_leaves and *@nr_msrs; set to how many came
 */
int pel_hc_get_policy(struct pel_ctx *ctx, uint32_t domid,
                      xen_cpuid_leaf_t *leaves, uint32_t *nr_leaves,
                      xen_msr_entry_t *msrs, uint32_t *nr_msrs);
int pel_hc_set_policy(struct pel_ctx *ctx, uint32_t domid,
                      const xen_cpuid_leaf_t *leaves, uint32_t nr_leaves,
                      const xen_msr_entry_t *msrs, uint32_t nr_msrs);

/** pel_hc_resume - let a domain that has shut down go on */
int pel_hc_resume(struct pel_ctx *ctx, uint32_t domid);

/**
 * pel_hc_page_types - what frames of a domain are used for
 * @words: @nr (1024 at most) frame numbers; on return XEN_DOMCTL_PFINFO_*
 */
int pel_hc_page_types(struct pel_ctx *ctx, uint32_t domid, uint64_t *words,
                      size_t nr);

/**
 * pel_hc_log_on, pel_hc_log_off - begin and end to note which pages change
 *
 * On while it is on is an error, and so is off while it is off.
 */
int pel_hc_log_on(struct pel_ctx *ctx, uint32_t domid);
int pel_hc_log_off(struct pel_ctx *ctx, uint32_t domid);

/**
 * pel_hc_log - which pages have changed since the last round began
 * @clean:   begin a new round
 * @bits:    one for each page by pseudo-physical number, set or left alone;
 *           (@nr_pfns + 7) / 8 bytes
 * Returns: also -PEL_EHYPER when the log has fewer pages than that
 */
int pel_hc_log(struct pel_ctx *ctx, uint32_t domid, bool clean, uint8_t *bits,
               uint64_t nr_pfns);

/** pel_hc_nr_frames - machine frame numbers of memory are below this */
int pel_hc_nr_frames(struct pel_ctx *ctx, uint64_t *nr);

/* ---- memory, page tables, event channels ------------------------------ */

/**
 * pel_hc_populate - give a domain memory
 * @order: extents of 2^@order pages
 * @pfns:  first pseudo-physical frame of each extent; on return those done
 *         hold the first machine frame
 * @done:  set to how many were given; fewer than @nr when memory ran out,
 *         and that is no error here
 */
int pel_hc_populate(struct pel_ctx *ctx, uint32_t domid, unsigned int order,
                    xen_pfn_t *pfns, size_t nr, size_t *done);

/** pel_hc_depopulate - take the frames @mfns away from a domain */
int pel_hc_depopulate(struct pel_ctx *ctx, uint32_t domid,
                      const xen_pfn_t *mfns, size_t nr);

/** pel_hc_memory_map - what the guest is told: RAM from 0 up to @size bytes */
int pel_hc_memory_map(struct pel_ctx *ctx, uint32_t domid, uint64_t size);

/** pel_hc_pin_l4 - validate and pin the top-level page table @mfn */
int pel_hc_pin_l4(struct pel_ctx *ctx, uint32_t domid, uint64_t mfn);

/**
 * pel_hc_pin_tables - validate and pin tables of any level
 * @ops: MMUEXT_PIN_*, @nr of them
 */
int pel_hc_pin_tables(struct pel_ctx *ctx, uint32_t domid,
                      const struct mmuext_op *ops, size_t nr);

/** pel_hc_evtchn_unbound - a port of @domid that @remote may bind to */
int pel_hc_evtchn_unbound(struct pel_ctx *ctx, uint32_t domid, uint32_t remote,
                          uint32_t *port);

/* ---- the whole machine ------------------------------------------------- */

/**
 * pel_hc_infos - domains with ids from @first up
 * @out:  room for @max
 * @nr:   set to how many were found; 0 past the last
 */
int pel_hc_infos(struct pel_ctx *ctx, uint32_t first,
                 struct xen_domctl_getdomaininfo *out, size_t max, size_t *nr);

int pel_hc_physinfo(struct pel_ctx *ctx, struct xen_sysctl_physinfo *out);

/** pel_hc_topology - every CPU's place; offline ones are marked so */
int pel_hc_topology(struct pel_ctx *ctx, struct pel_topology *out);

/**
 * pel_hc_pool - the CPU pool with the lowest id from @id up
 * @cpus: its CPUs
 * Returns: -PEL_ENOENT, without a message, past the last
 */
int pel_hc_pool(struct pel_ctx *ctx, uint32_t id,
                struct xen_sysctl_cpupool_op *out, struct pel_cpumap *cpus);

/**
 * pel_hc_sched_ratelimit - how long a vCPU runs at least, in microseconds
 * @set: NULL only asks
 */
int pel_hc_sched_ratelimit(struct pel_ctx *ctx, uint32_t pool,
                           const uint32_t *set, uint32_t *get);

/** pel_hc_debug_keys - as if they were typed on the serial line */
int pel_hc_debug_keys(struct pel_ctx *ctx, const char *keys);

/**
 * pel_hc_console_ring - read the hypervisor's messages
 * @buf:   room for *@len bytes
 * @index: where to start, 0 at first; set to where to go on
 * @len:   set to how many bytes came; 0 at the end
 */
int pel_hc_console_ring(struct pel_ctx *ctx, char *buf, uint32_t *index,
                        uint32_t *len);

/**
 * pel_hc_version - one XENVER_* call
 * @arg:   copied in and out, @len bytes; NULL for none
 * @value: set to the call's result; NULL when not wanted
 */
int pel_hc_version(struct pel_ctx *ctx, unsigned int cmd, void *arg, size_t len,
                   long *value);

#endif
