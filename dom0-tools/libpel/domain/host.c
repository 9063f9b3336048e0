/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hypervisor says of itself and of the machine. */
#include <stdio.h>
#include <string.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/version.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/host.h>

/* One text of XENVER_*; "" when the hypervisor has none. */
static void text(struct pel_ctx *ctx, unsigned int cmd, size_t len, char *to,
                 size_t size)
{
    char buf[1024] = "";

    to[0] = '\0';
    if (pel_hc_version(ctx, cmd, buf, len, NULL)) {
        pel_error_clear(ctx);
        return;
    }
    buf[len - 1] = '\0';
    snprintf(to, size, "%s", buf);
}

static void compile_info(struct pel_ctx *ctx, struct pel_hostinfo *out)
{
    xen_compile_info_t info;

    memset(&info, 0, sizeof(info));
    if (pel_hc_version(ctx, XENVER_compile_info, &info, sizeof(info), NULL)) {
        pel_error_clear(ctx);
        return;
    }
    snprintf(out->compiler, sizeof(out->compiler), "%.*s",
             (int)sizeof(info.compiler), info.compiler);
    snprintf(out->compile_by, sizeof(out->compile_by), "%.*s",
             (int)sizeof(info.compile_by), info.compile_by);
    snprintf(out->compile_domain, sizeof(out->compile_domain), "%.*s",
             (int)sizeof(info.compile_domain), info.compile_domain);
    snprintf(out->compile_date, sizeof(out->compile_date), "%.*s",
             (int)sizeof(info.compile_date), info.compile_date);
}

int pel_host_info(struct pel_ctx *ctx, struct pel_hostinfo *out)
{
    struct xen_sysctl_physinfo phys;
    long version, page_size;
    int rc;

    memset(out, 0, sizeof(*out));
    rc = pel_hc_physinfo(ctx, &phys);
    if (!rc)
        rc = pel_hc_version(ctx, XENVER_version, NULL, 0, &version);
    if (!rc)
        rc = pel_hc_version(ctx, XENVER_pagesize, NULL, 0, &page_size);
    if (rc)
        return rc;

    out->nr_cpus = phys.nr_cpus;
    out->max_cpu_id = phys.max_cpu_id;
    out->nr_nodes = phys.nr_nodes;
    out->cores_per_socket = phys.cores_per_socket;
    out->threads_per_core = phys.threads_per_core;
    out->cpu_khz = phys.cpu_khz;
    out->total_kb = phys.total_pages * 4;
    out->free_kb = phys.free_pages * 4;
    memcpy(out->hw_caps, phys.hw_cap, sizeof(out->hw_caps));
    out->major = version >> 16;
    out->minor = version & 0xffff;
    out->page_size = page_size;
    text(ctx, XENVER_extraversion, sizeof(xen_extraversion_t), out->extra,
         sizeof(out->extra));
    text(ctx, XENVER_capabilities, sizeof(xen_capabilities_info_t), out->caps,
         sizeof(out->caps));
    text(ctx, XENVER_changeset, sizeof(xen_changeset_info_t), out->changeset,
         sizeof(out->changeset));
    text(ctx, XENVER_commandline, sizeof(xen_commandline_t), out->commandline,
         sizeof(out->commandline));
    compile_info(ctx, out);
    return 0;
}

int pel_host_messages(struct pel_ctx *ctx,
                      void (*put)(const char *text, uint32_t len, void *arg),
                      void *arg)
{
    char buf[16384];
    uint32_t index = 0;

    for (;;) {
        uint32_t len = sizeof(buf);
        int rc = pel_hc_console_ring(ctx, buf, &index, &len);

        if (rc || !len)
            return rc;
        put(buf, len, arg);
    }
}
