/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same facts for programs. */
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <uuid/uuid.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <pel/json.h>
#include "out.h"

static void text(struct pel_json_writer *w, const char *key, const char *v)
{
    pel_json_key(w, key);
    pel_json_put_text(w, v);
}

static void number(struct pel_json_writer *w, const char *key, uint64_t v)
{
    pel_json_key(w, key);
    pel_json_put_uint(w, v);
}

/* One word, the strongest of those that are true. */
static const char *state(const struct pel_dominfo *d)
{
    if (d->dying)
        return "dying";
    if (d->shutdown)
        return d->reason == SHUTDOWN_crash ? "crashed" : "shutdown";
    if (d->paused)
        return "paused";
    if (d->running)
        return "running";
    return d->blocked ? "blocked" : "runnable";
}

// clang-format off
static const char *const reasons[] = {
    [SHUTDOWN_poweroff] = "poweroff",
    [SHUTDOWN_reboot]   = "reboot",
    [SHUTDOWN_suspend]  = "suspend",
    [SHUTDOWN_crash]    = "crash",
    [SHUTDOWN_watchdog] = "watchdog",
};
// clang-format on

void out_domain_json(struct pel_json_writer *w, const struct pel_dominfo *d,
                     const char *name, const struct pel_config *config)
{
    char uuid[UUID_STR_LEN];

    uuid_unparse_lower(d->uuid, uuid);
    pel_json_open_map(w);
    text(w, "name", name);
    number(w, "domid", d->domid);
    text(w, "uuid", uuid);
    number(w, "memory_kb", d->memory_kb);
    number(w, "maxmem_kb", d->max_kb);
    number(w, "vcpus", d->vcpus);
    text(w, "state", state(d));
    if (d->shutdown && d->reason < sizeof(reasons) / sizeof(reasons[0]))
        text(w, "shutdown_reason", reasons[d->reason]);
    number(w, "cpu_time_ns", d->cpu_time_ns);
    if (config) {
        pel_json_key(w, "config");
        pel_config_write_json(w, config);
    }
    pel_json_close_map(w);
}

void out_info_json(struct pel_json_writer *w, const struct pel_hostinfo *h)
{
    struct utsname uts;

    pel_json_open_map(w);
    if (!uname(&uts)) {
        text(w, "host", uts.nodename);
        text(w, "release", uts.release);
        text(w, "version", uts.version);
        text(w, "machine", uts.machine);
    }
    number(w, "nr_cpus", h->nr_cpus);
    number(w, "max_cpu_id", h->max_cpu_id);
    number(w, "nr_nodes", h->nr_nodes);
    number(w, "cores_per_socket", h->cores_per_socket);
    number(w, "threads_per_core", h->threads_per_core);
    number(w, "cpu_khz", h->cpu_khz);
    pel_json_key(w, "hw_caps");
    pel_json_open_list(w);
    for (int i = 0; i < 8; i++)
        pel_json_put_uint(w, h->hw_caps[i]);
    pel_json_close_list(w);
    number(w, "total_memory_kb", h->total_kb);
    number(w, "free_memory_kb", h->free_kb);
    number(w, "xen_major", h->major);
    number(w, "xen_minor", h->minor);
    text(w, "xen_extra", h->extra);
    text(w, "xen_caps", h->caps);
    number(w, "xen_pagesize", h->page_size);
    text(w, "xen_changeset", h->changeset);
    text(w, "xen_commandline", h->commandline);
    text(w, "cc_compiler", h->compiler);
    text(w, "cc_compile_by", h->compile_by);
    text(w, "cc_compile_domain", h->compile_domain);
    text(w, "cc_compile_date", h->compile_date);
    pel_json_close_map(w);
}
