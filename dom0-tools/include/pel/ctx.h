/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The context: handles to the hypervisor and the store, opened when first
 * needed, and the last error message.  One thread uses one context.
 */
#ifndef PEL_CTX_H
#define PEL_CTX_H

#include <pel/error.h>
#include <pel/log.h>

#define PEL_MESSAGE_MAX 512 /* bytes, with the final NUL */

struct xencall_handle;
struct xenforeignmemory_handle;
struct xenevtchn_handle;
struct xs_handle;

struct pel_ctx {
    struct xencall_handle *xencall;
    struct xenforeignmemory_handle *fmem;
    struct xenevtchn_handle *evtchn;
    struct xs_handle *store;      /* opened by <pel/store.h> */
    enum pel_log_level log_level; /* highest level reported; 0 is warn */
    pel_log_fn *log_fn;           /* NULL: standard error */
    void *log_arg;
    char message[PEL_MESSAGE_MAX]; /* "" when nothing failed */
};

/**
 * pel_ctx_init - make an empty context; opens nothing and cannot fail
 */
void pel_ctx_init(struct pel_ctx *ctx);

/**
 * pel_ctx_close - close what is open; @ctx may be used again afterwards
 *
 * Keeps the message, so that it can be printed last.
 */
void pel_ctx_close(struct pel_ctx *ctx);

/**
 * pel_ctx_xencall - the hypercall handle, opened at first use
 * Returns: 0; -PEL_EHYPER when /dev/xen/privcmd cannot be opened (not a
 *          control domain, not root)
 */
int pel_ctx_xencall(struct pel_ctx *ctx, struct xencall_handle **out);

/**
 * pel_ctx_fmem - the foreign memory handle; errors as pel_ctx_xencall()
 */
int pel_ctx_fmem(struct pel_ctx *ctx, struct xenforeignmemory_handle **out);

/**
 * pel_ctx_evtchn - the event channel handle; errors as pel_ctx_xencall()
 */
int pel_ctx_evtchn(struct pel_ctx *ctx, struct xenevtchn_handle **out);

#endif
