/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the hypercall files share: bounce buffers and the error message. */
#ifndef PEL_HCALL_LOCAL_H
#define PEL_HCALL_LOCAL_H

#include <stddef.h>
#include <stdint.h>
#include <xencall.h>

struct pel_ctx;

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

#endif
