/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes of a guest's console. */
#include <stdio.h>

#include <pel/console.h>
#include <pel/ctx.h>

#include "local.h"

/* How much output a console daemon keeps for a reader that is not there. */
#define CONSOLE_LIMIT "1048576"

int pel_console_add(struct pel_ctx *ctx, uint32_t domid, uint64_t ring_mfn,
                    uint32_t port)
{
    char mfn_text[32], port_text[16];
    struct pel_store s;
    struct device dev;
    int rc;

    rc = pel_store_use(ctx, &s);
    if (rc)
        return rc;
    device_init(&dev, domid, "console", 0);
    snprintf(mfn_text, sizeof(mfn_text), "%llu", (unsigned long long)ring_mfn);
    snprintf(port_text, sizeof(port_text), "%u", port);

    const struct node front[] = {
        { "limit", CONSOLE_LIMIT },
        { "type", "xenconsoled" },
        { "output", "pty" },
        { "tty", "" },
        { "port", port_text },
        { "ring-ref", mfn_text },
        { NULL, NULL },
    };
    const struct node back[] = {
        { "protocol", "vt100" },
        { NULL, NULL },
    };

    rc = nodes_create(&s, &dev, front, back);

    return rc ? pel_store_fail(ctx, rc, "cannot write the console of domain %u",
                               domid)
              : 0;
}
