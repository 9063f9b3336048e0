/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pel info, dmesg and debug-keys: the machine and its hypervisor. */
#include <stdio.h>
#include <pel/ctx.h>
#include <pel/hcall.h>
#include <pel/host.h>
#include <pel/json.h>
#include "cmd.h"
#include "out.h"

int cmd_info(struct pel_ctx *ctx, const struct args *a)
{
    struct pel_json_writer *w;
    struct pel_hostinfo host;
    int rc = pel_host_info(ctx, &host);

    if (rc)
        return rc;
    if (!arg_has(a, 'j')) {
        out_info_text(stdout, &host);
        return 0;
    }
    w = pel_json_writer_new(true);
    out_info_json(w, &host);
    return out_json(ctx, stdout, w);
}

static void put(const char *text, uint32_t len, void *arg)
{
    fwrite(text, 1, len, arg);
}

int cmd_dmesg(struct pel_ctx *ctx, const struct args *a)
{
    (void)a;
    return pel_host_messages(ctx, put, stdout);
}

int cmd_debug_keys(struct pel_ctx *ctx, const struct args *a)
{
    return pel_hc_debug_keys(ctx, a->words[0]);
}
