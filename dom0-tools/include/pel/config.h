/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's configuration: what an xl.cfg file or its JSON form says, checked
 * and with the defaults filled in.
 *
 * All strings are malloc'ed and owned by the structure; NULL means "not
 * given".
 */
#ifndef PEL_CONFIG_H
#define PEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pel_ctx;
struct pel_json;
struct pel_json_writer;

#define PEL_NAME_MAX 128     /* characters of a domain's name, without NUL */
#define PEL_VCPUS_MAX 128    /* vCPUs of one guest */
#define PEL_CMDLINE_MAX 1023 /* bytes, without NUL; start_info's field */

/* What to do when a guest has shut itself down. */
enum pel_action {
    PEL_ACTION_DESTROY,
    PEL_ACTION_RESTART,
    PEL_ACTION_RENAME_RESTART,
    PEL_ACTION_PRESERVE,
    PEL_ACTION_COUNT,
};

/* How a guest's time stamp counter behaves; values of the ABI. */
enum pel_tsc_mode {
    PEL_TSC_DEFAULT, /* the hypervisor chooses */
    PEL_TSC_ALWAYS_EMULATE,
    PEL_TSC_NATIVE,          /* never emulated */
    PEL_TSC_NATIVE_PARAVIRT, /* withdrawn; hypervisors refuse it */
    PEL_TSC_COUNT,
};

#define PEL_WEIGHT_DEFAULT 256
#define PEL_WEIGHT_MAX 65535
#define PEL_CAP_MAX 65535 /* in % of one CPU */

/*
 * Which CPUs the vCPUs may use: lists for pel_cpumap_parse(), one for each
 * vCPU from 0 up, or a single one for all.  None: every CPU.
 */
struct pel_affinity {
    char **lists;
    size_t nr;
    bool for_all; /* @nr is 1, and it is every vCPU's */
};

enum pel_disk_backend {
    PEL_DISK_PHY,  /* target is a block device of dom0 */
    PEL_DISK_FILE, /* target is a file: attached through a loop device */
};

struct pel_disk {
    enum pel_disk_backend backend;
    char *target; /* absolute path in dom0, or what @script understands */
    char *vdev;   /* name in the guest: xvda, hdb, sdc1, d0p1 */
    bool writable;
    char *script; /* block hotplug script, absolute or in the script
                   * directory; NULL: done natively */
};

struct pel_nic {
    uint8_t mac[6]; /* all zero until pel_config_finish() draws one */
    bool has_mac;
    char *bridge; /* NULL: the default bridge, xenbr0 */
    char *ifname; /* back end's name in dom0; NULL: vifDOMID.DEVID */
    char *ip;     /* address that a script is told; may be a list */
    char *script; /* vif hotplug script; NULL: done natively */
    uint32_t mtu; /* bytes; 0: the bridge's or the default */
};

struct pel_config {
    char *name;
    uint8_t uuid[16];
    bool has_uuid;
    uint64_t memory_kb; /* memory at start */
    uint64_t maxmem_kb; /* limit of ballooning; >= memory_kb */
    uint32_t vcpus;     /* online at start */
    uint32_t maxvcpus;  /* >= vcpus */
    struct pel_affinity cpus, cpus_soft;
    uint32_t cpu_weight; /* share of the CPUs; 0: the scheduler's default */
    uint32_t cap;        /* in % of one CPU; 0: no limit */
    enum pel_tsc_mode tsc_mode;
    char *kernel;       /* path of a bzImage or ELF in dom0 */
    char *ramdisk;      /* path, or NULL */
    char *cmdline;      /* the guest kernel's, complete; never NULL once
                         * finished */
    char *root, *extra; /* parts of cmdline; NULL once finished */
    enum pel_action on_poweroff, on_reboot, on_crash;
    struct pel_disk *disks;
    size_t nr_disks;
    struct pel_nic *nics;
    size_t nr_nics;
};

/**
 * pel_config_init - make it empty, with what happens after a shutdown at its
 * defaults; whoever declares one calls this first
 */
void pel_config_init(struct pel_config *cfg);

/**
 * pel_config_parse - read xl.cfg text
 * @origin:  name for messages: a path, or "command line"
 * @text:    not NUL-terminated; NUL bytes are refused
 * @cfg:     empty, or holding earlier values, which assignments replace, or
 *           with += add to
 *
 * Keys: name uuid memory maxmem vcpus maxvcpus cpus cpus_soft cpu_weight cap
 * tsc_mode kernel ramdisk cmdline root extra disk vif on_poweroff on_reboot
 * on_crash type.  Unknown keys are errors.
 *
 * The result still wants pel_config_finish().
 * Returns: 0; -PEL_EINVAL with "ORIGIN:LINE: ..."; -PEL_ENOTSUP for a type
 *          that is not pv; -PEL_ENOMEM.
 */
int pel_config_parse(struct pel_ctx *ctx, const char *origin, const char *text,
                     size_t len, struct pel_config *cfg);

/**
 * pel_config_load - read a file and then KEY=VALUE assignments, and finish
 * @path:  the file
 * @words: assignments in the grammar of the file, or NULL
 * @cfg:   empty; empty again on failure
 *
 * Paths of kernel and ramdisk are absolute then.
 */
int pel_config_load(struct pel_ctx *ctx, const char *path,
                    const char *const *words, size_t nr_words,
                    struct pel_config *cfg);

/**
 * pel_config_finish - check the whole, fill in defaults
 *
 * Defaults: of memory and maxmem what the other is, or 32 MiB; vcpus 1,
 * maxvcpus as many as vcpus; on_poweroff destroy, on_reboot restart, on_crash
 * destroy; a random UUID; random MAC addresses in the range 00:16:3e; no bridge
 * is filled in.  Idempotent.
 * Returns: 0; -PEL_EINVAL naming the key.
 */
int pel_config_finish(struct pel_ctx *ctx, struct pel_config *cfg);

/**
 * pel_name_check - whether a domain may have this name
 * Returns: 0; -PEL_EINVAL with the reason
 */
int pel_name_check(struct pel_ctx *ctx, const char *name);

/**
 * pel_config_free - free all strings and arrays, leave it empty
 */
void pel_config_free(struct pel_config *cfg);

/**
 * pel_disk_parse - one string of disk=[...]
 * @text: 'phy:/dev/x,xvda,w', 'file:/img,xvda,r', '/x,raw,xvda,rw',
 *        'format=raw,vdev=xvda,access=rw,target=/x', also mixed
 * @disk: zeroed; owned by the caller even on failure
 *
 * The back end of a bare path is found from what it is when the guest is
 * created: here it stays PEL_DISK_FILE unless "phy:" or a path in /dev says
 * block device.
 * Returns: 0; -PEL_EINVAL; -PEL_ENOTSUP (qcow2, cdrom, other back ends)
 */
int pel_disk_parse(struct pel_ctx *ctx, const char *text,
                   struct pel_disk *disk);
void pel_disk_free(struct pel_disk *disk);

/**
 * pel_nic_parse - one string of vif=[...]: mac, bridge, script, ip, vifname,
 * mtu; model and type=vif|netfront are accepted and have no effect in PV
 * Returns: 0; -PEL_EINVAL; -PEL_ENOTSUP (type=ioemu, other back ends)
 */
int pel_nic_parse(struct pel_ctx *ctx, const char *text, struct pel_nic *nic);
void pel_nic_free(struct pel_nic *nic);

/* Fill one device of zeros from its JSON map; errors as those of parsing. */
typedef int pel_disk_reader(struct pel_ctx *ctx, const struct pel_json *j,
                            struct pel_disk *disk);
typedef int pel_nic_reader(struct pel_ctx *ctx, const struct pel_json *j,
                           struct pel_nic *nic);

/**
 * pel_config_read_devices - all disks and NICs of two JSON lists
 * @disks, @nics: the lists; NULL is an empty one
 * @cfg: has no devices yet; who frees it frees what was read before an error
 * Returns: 0; -PEL_ENOMEM; what a reader returns
 */
int pel_config_read_devices(struct pel_ctx *ctx, const struct pel_json *disks,
                            pel_disk_reader *disk, const struct pel_json *nics,
                            pel_nic_reader *nic, struct pel_config *cfg);

/**
 * pel_nic_draw_mac - give a NIC an address unless it has one
 * Returns: 0; -PEL_EIO
 */
int pel_nic_draw_mac(struct pel_ctx *ctx, struct pel_nic *nic);

/**
 * pel_disk_copy, pel_nic_copy - a copy that owns its own texts
 * @to: zeroed
 * Returns: 0; -PEL_ENOMEM
 */
int pel_disk_copy(struct pel_ctx *ctx, struct pel_disk *to,
                  const struct pel_disk *from);
int pel_nic_copy(struct pel_ctx *ctx, struct pel_nic *to,
                 const struct pel_nic *from);

/**
 * pel_action_name, pel_action_parse - "destroy", "restart", ...
 * Returns: the word; the action, or -PEL_EINVAL without a message
 */
const char *pel_action_name(enum pel_action action);
int pel_action_parse(const char *word);

/**
 * pel_tsc_mode_name - "default", "native", ...
 */
const char *pel_tsc_mode_name(enum pel_tsc_mode mode);

/**
 * pel_config_to_json - the finished configuration as one JSON object
 * @out: set to a malloc'ed NUL-terminated text
 */
int pel_config_to_json(struct pel_ctx *ctx, const struct pel_config *cfg,
                       char **out);

/**
 * pel_config_write_json - the same, as the next value of a larger text
 */
void pel_config_write_json(struct pel_json_writer *w,
                           const struct pel_config *cfg);

/**
 * pel_config_from_json - the reverse, with the same checks as a file
 * @cfg: empty; empty again on failure
 * Returns: 0; -PEL_EFORMAT not JSON or not of this shape; -PEL_EINVAL
 */
int pel_config_from_json(struct pel_ctx *ctx, const char *text, size_t len,
                         struct pel_config *cfg);

#endif
