/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hypercall files share: bounce buffers and the error message. */
#ifndef PEL_HCALL_LOCAL_H
#define PEL_HCALL_LOCAL_H

#include <stddef.h>
#include <stdint.h>
#include <xencall.h>

struct pel_ctx;
struct xen_domctl;
struct xen_sysctl;

/* Memory that the hypervisor can read and write while we are in it. */
struct hbuf {
    xencall_handle *xc;
    void *p;
};

/**
 * hbuf_get - a buffer of @len bytes
 * @from: copied in; NULL: zeroed
 */
int hbuf_get(struct pel_ctx *ctx, size_t len, const void *from,
             struct hbuf *buf);

/** hbuf_put - free it; also when it is empty.  Keeps errno. */
void hbuf_put(struct hbuf *buf);

/**
 * hcall_fail - message and code for an errno that a hypercall left
 * @what:  what was tried, as in "cannot @what domain 3"
 * @domid: domain, or PEL_DOMID_NONE for the machine
 */
int hcall_fail(struct pel_ctx *ctx, const char *what, uint32_t domid);

/**
 * domctl - one operation, its arguments taken from and returned to @op
 * Returns: 0, or -1 with errno, or a negative PEL_E* when there was no way
 *          to ask
 */
int domctl(struct pel_ctx *ctx, struct xen_domctl *op);

/** domctl_or_fail - the same, with failures told in terms of @what */
int domctl_or_fail(struct pel_ctx *ctx, struct xen_domctl *op,
                   const char *what);

/**
 * sysctl_or_fail - one operation on the machine, told in terms of @what
 * Returns: 0; -PEL_EHYPER, with the hypervisor's errno kept
 */
int sysctl_or_fail(struct pel_ctx *ctx, struct xen_sysctl *op,
                   const char *what);

#endif
