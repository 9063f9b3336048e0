/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Buffers for hypercalls, and what is said when one fails. */
#include <errno.h>
#include <string.h>
#include <pel/ctx.h>
#include <pel/domain.h>
#include "local.h"

int hbuf_get(struct pel_ctx *ctx, size_t len, const void *from,
             struct hbuf *buf)
{
    int rc = pel_ctx_xencall(ctx, &buf->xc);

    buf->p = NULL;
    if (rc)
        return rc;

    buf->p = xencall_alloc_buffer(buf->xc, len);
    if (!buf->p)
        return pel_fail_oom(ctx);
    if (from)
        memcpy(buf->p, from, len);
    else
        memset(buf->p, 0, len);
    return 0;
}

void hbuf_put(struct hbuf *buf)
{
    int saved = errno;

    if (buf->p)
        xencall_free_buffer(buf->xc, buf->p);
    buf->p = NULL;
    errno = saved;
}

int hcall_fail(struct pel_ctx *ctx, const char *what, uint32_t domid)
{
    if (domid == PEL_DOMID_NONE)
        return pel_fail_sys(ctx, PEL_EHYPER, "cannot %s: the hypervisor says",
                            what);
    if (errno == ESRCH)
        return pel_fail(ctx, PEL_ENOENT, "there is no domain %u", domid);
    return pel_fail_sys(ctx, PEL_EHYPER,
                        "cannot %s domain %u: the hypervisor says", what,
                        domid);
}
