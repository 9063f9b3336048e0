/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS over TCP between two hosts that both show a certificate.  A process of
 * its own carries the bytes, so that nothing else needs to know of it.
 */
#ifndef PEL_TLS_H
#define PEL_TLS_H

struct pel_ctx;

/**
 * tls_connect - carry our standard input and output to another host
 * @where: HOST:PORT; the certificate there has to be HOST's
 * @dir:   folder of ca.pem, cert.pem and key.pem
 * Returns: 0 when both directions have ended; -PEL_EIO; -PEL_EINVAL
 */
int tls_connect(struct pel_ctx *ctx, const char *where, const char *dir);

/**
 * tls_listen - serve connections, each in a process of its own, for ever
 * @where: [ADDRESS:]PORT
 * @serve: replaces its process by the program that takes a connection whose
 *         other side has shown a certificate that ca.pem vouches for; the
 *         connection is its standard input and output
 * Returns: only errors: -PEL_EIO; -PEL_EINVAL
 */
int tls_listen(struct pel_ctx *ctx, const char *where, const char *dir,
               void (*serve)(void));

#endif
