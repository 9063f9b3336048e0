/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest's console: its nodes in the store, and a person's terminal on it.
 * The data are carried by peld (or a stock xenconsoled), which maps the ring
 * and offers a pseudo-terminal.
 */
#ifndef PEL_CONSOLE_H
#define PEL_CONSOLE_H

#include <stdint.h>

struct pel_ctx;

/**
 * pel_console_add - write the nodes of a guest's console
 * @ctx:       context
 * @domid:     an existing domain, before it is introduced to the store
 * @ring_mfn:  machine frame of the ring, as in its start_info
 * @port:      the guest's event channel for it, unbound and for dom0
 *
 * pel_devices_remove_all() takes them away.
 * Returns: 0; -PEL_ESTORE; -PEL_ENOMEM.
 * Source:  <xen/io/console.h>; node names as stock consoles expect them.
 */
int pel_console_add(struct pel_ctx *ctx, uint32_t domid, uint64_t ring_mfn,
                    uint32_t port);

/**
 * pel_console_attach - connect this process's terminal to a guest's console
 * @ctx:         context
 * @domid:       domain
 * @timeout_ms:  how long to wait for a daemon to offer the console
 *
 * Standard input and output; a terminal is put into raw mode and restored.
 * Ends when the person types Ctrl-], on SIGINT, SIGTERM or SIGHUP, or when
 * the console goes because the guest did.  The end of standard input ends
 * nothing: output goes on.  A peld that is started anew is found again.
 * Returns: 0; -PEL_ENOENT no such domain or console; -PEL_ETIMEDOUT nobody
 *          offers it; -PEL_EIO; -PEL_ESTORE.
 */
int pel_console_attach(struct pel_ctx *ctx, uint32_t domid, int timeout_ms);

#endif
