/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the domain's life share. */
#ifndef PEL_DOMAIN_LOCAL_H
#define PEL_DOMAIN_LOCAL_H

#include <stdint.h>
#include <pel/config.h>
#include <pel/domain.h>
#include <pel/image.h>

struct pel_ctx;
struct pel_store;

/* A kernel and ramdisk, read and understood before anything is made. */
struct boot_files {
    struct pel_buf kernel_file, ramdisk;
    struct pel_buf kernel; /* the ELF */
    bool kernel_owned;
    struct pel_elf elf;
    struct pel_notes notes;
    struct pel_layout layout;
};

/** boot_files_open - read them and plan the guest's memory */
int boot_files_open(struct pel_ctx *ctx, const struct pel_config *cfg,
                    struct boot_files *files);
void boot_files_close(struct boot_files *files);

/* Frames and ports that the guest shares with dom0's daemons. */
struct shared_pages {
    uint64_t store_mfn, console_mfn;
    uint32_t store_port, console_port;
};

/**
 * domain_build - fill an empty domain: memory, kernel, tables, first vCPU
 * @domid: has its vCPUs and limits
 * @out:   what the daemons need
 */
int domain_build(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, const struct boot_files *files,
                 struct shared_pages *out);

/**
 * domain_seed_grants - grants of a new guest to dom0, whose daemons map the
 * rings by them
 */
int domain_seed_grants(struct pel_ctx *ctx, uint32_t domid,
                       const struct shared_pages *shared);

/**
 * domain_check_new - whether there is room for it, and nobody of its name
 * Returns: 0; -PEL_EEXIST; -PEL_ENOSPC
 */
int domain_check_new(struct pel_ctx *ctx, const struct pel_config *cfg);

/** domain_make_empty - a domain without memory and vCPUs */
int domain_make_empty(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t *domid);

/** domain_set_limits - its vCPUs, the limit of its memory, its share */
int domain_set_limits(struct pel_ctx *ctx, const struct pel_config *cfg,
                      uint32_t domid);

/** domain_publish - its nodes in the store, and its devices */
int domain_publish(struct pel_ctx *ctx, uint32_t domid,
                   const struct pel_config *cfg,
                   const struct shared_pages *shared);

/** has_files - whether a disk may be a file, and not a block device */
bool has_files(const struct pel_config *cfg);

/**
 * publish_early, publish_late - the same in two steps, before and after the
 * pages are known that it shares with the daemons
 * @disks_late: the same for both
 *
 * What takes long comes early.  Files come late: their owner may still write
 * to them from another host.
 */
int publish_early(struct pel_ctx *ctx, uint32_t domid,
                  const struct pel_config *cfg, bool disks_late);
int publish_late(struct pel_ctx *ctx, uint32_t domid,
                 const struct pel_config *cfg, bool disks_late,
                 const struct shared_pages *shared);

/** domain_undo - destroy a half-made domain; keeps the message in @ctx */
void domain_undo(struct pel_ctx *ctx, uint32_t domid);

/* Pages that are a guest's and not in what its kernel counts as memory. */
#define MAXMEM_SLACK_KB 1024ull

/**
 * guest_memory_alloc - give a domain its pages
 * @p2m: set to a malloc'ed array, the machine frame of each pfn
 * Returns: 0; -PEL_ENOSPC
 */
int guest_memory_alloc(struct pel_ctx *ctx, uint32_t domid, uint64_t nr_pages,
                       xen_pfn_t **p2m);

/**
 * domain_nodes_add - the domain's nodes in the store, and its name if it is
 * free
 * @shared: all zero: not known yet, see domain_nodes_share()
 * Returns: 0; -PEL_EEXIST; -PEL_ESTORE
 */
int domain_nodes_add(struct pel_ctx *ctx, uint32_t domid,
                     const struct pel_config *cfg,
                     const struct shared_pages *shared);

#define CONFIG_TEXT_MAX 4000 /* with each path a request to the store */

/**
 * domain_config_text - a configuration as JSON that the store has room for
 * @json: malloc'ed
 * Returns: 0; -PEL_EINVAL it is too long
 */
int domain_config_text(struct pel_ctx *ctx, const struct pel_config *cfg,
                       char **json);

/** domain_nodes_share - nodes of pages that domain_nodes_add() did not have */
int domain_nodes_share(struct pel_ctx *ctx, uint32_t domid,
                       const struct shared_pages *shared);

/* The names in the store; a domain that is being made has none yet. */
struct domain_names {
    size_t nr;
    uint32_t *domid;
    char **name; /* NULL: none */
};

/**
 * domain_names_read - read them, in the transaction of @s
 * @to:  set; domain_names_free() frees it, also when it failed
 *
 * Returns: 0 or a negative errno.
 */
int domain_names_read(struct pel_store *s, struct domain_names *to);

/**
 * domain_names_get - read them in a transaction of their own
 *
 * Returns: 0 or, with a message, -PEL_ESTORE, -PEL_ENOMEM.
 */
int domain_names_get(struct pel_ctx *ctx, struct domain_names *to);
void domain_names_free(struct domain_names *names);

/** domain_names_of - the name of a domain, or NULL */
const char *domain_names_of(const struct domain_names *names, uint32_t domid);

/**
 * domain_name_check_free - whether no other domain has a name; one that has
 * gone loses it
 * @s:     in a transaction, so that the answer holds until its end
 * @domid: the domain that is to have it
 * @told:  set to -PEL_EEXIST, with the message, if one has
 * Returns: 0; -EEXIST; an error of the store
 */
int domain_name_check_free(struct pel_ctx *ctx, struct pel_store *s,
                           const char *name, uint32_t domid, int *told);

/** domain_nodes_introduce - tell the store about the guest's ring */
int domain_nodes_introduce(struct pel_ctx *ctx, uint32_t domid,
                           const struct shared_pages *shared);

/**
 * domain_nodes_remove - remove all that domain_nodes_add() wrote, as far as it
 * is there
 */
int domain_nodes_remove(struct pel_ctx *ctx, uint32_t domid);

/** domain_nodes_exist - whether the store knows the domain; an error is "no" */
bool domain_nodes_exist(struct pel_ctx *ctx, uint32_t domid);

#endif
