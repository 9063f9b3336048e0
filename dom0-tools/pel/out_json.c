/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same facts for programs. */
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <pel/ctx.h>
#include <pel/json.h>
#include "out.h"

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
    pel_json_member_text(w, "name", name);
    pel_json_member_uint(w, "domid", d->domid);
    pel_json_member_text(w, "uuid", uuid);
    pel_json_member_uint(w, "memory_kb", d->memory_kb);
    pel_json_member_uint(w, "maxmem_kb", d->max_kb);
    pel_json_member_uint(w, "vcpus", d->vcpus);
    pel_json_member_text(w, "state", state(d));
    if (d->shutdown && d->reason < sizeof(reasons) / sizeof(reasons[0]))
        pel_json_member_text(w, "shutdown_reason", reasons[d->reason]);
    pel_json_member_uint(w, "cpu_time_ns", d->cpu_time_ns);
    if (config) {
        pel_json_key(w, "config");
        pel_config_write_json(w, config);
    }
    pel_json_close_map(w);
}

int out_json(struct pel_ctx *ctx, FILE *f, struct pel_json_writer *w)
{
    char *text = pel_json_writer_end(w);

    if (!text)
        return pel_fail_oom(ctx);
    fputs(text, f);
    free(text);
    return 0;
}
