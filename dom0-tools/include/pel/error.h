/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error codes of libpel and the one message that goes with them.
 *
 * A function that can fail returns 0 or a negative PEL_E*, and has left one
 * line for a person in the context: what went wrong, and what to do.
 */
#ifndef PEL_ERROR_H
#define PEL_ERROR_H

#include <stdarg.h>

struct pel_ctx;

enum pel_errno {
    PEL_EINVAL = 1, /* the caller's or the configuration's mistake */
    PEL_ENOMEM,     /* this process is out of memory */
    PEL_ENOENT,     /* no such domain, store node or file */
    PEL_EEXIST,     /* the name or UUID is taken */
    PEL_ENOSPC,     /* the host has not enough memory for the guest */
    PEL_EFORMAT,    /* malformed kernel image, JSON or store content */
    PEL_ENOTSUP,    /* well-formed, but nothing that we support */
    PEL_EHYPER,     /* the hypervisor refused */
    PEL_ESTORE,     /* the store refused, or is not there */
    PEL_EIO,        /* a system call on a file or device failed */
    PEL_ETIMEDOUT,  /* somebody did not answer within the limit */
    PEL_ESTATE,     /* the domain is in the wrong state for this */
    PEL_EUNDECIDED, /* a migration: nobody knows yet who owns the guest */
    PEL_EUSAGE,     /* the words of a command line do not go together */
};

/**
 * pel_fail - record a message and return its error code
 * @ctx: context that keeps the message; NULL drops it
 * @err: a PEL_E* (positive)
 * @fmt: one line without a final newline or full stop
 *
 * The first message wins until pel_error_clear(): the cause is nearest to
 * where things broke, callers only pass the code on.
 * Returns: -@err, so that "return pel_fail(...)" is the usual form.
 */
int pel_fail(struct pel_ctx *ctx, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * pel_fail_sys - the same, with ": " and strerror(errno) appended
 */
int pel_fail_sys(struct pel_ctx *ctx, int err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * pel_fail_oom - out of memory; allocates nothing
 * Returns: -PEL_ENOMEM
 */
int pel_fail_oom(struct pel_ctx *ctx);

/**
 * pel_error_message - the recorded line, or "" when there is none
 */
const char *pel_error_message(const struct pel_ctx *ctx);

/**
 * pel_error_clear - forget the message, before trying something else
 */
void pel_error_clear(struct pel_ctx *ctx);

#endif
