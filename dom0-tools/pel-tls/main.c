/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pel-tls: carries a migration over TLS.
 *
 * pel-tls connect DIR HOST:PORT        carries standard input and output
 * pel-tls listen DIR [ADDRESS:]PORT [OPTION...]
 *                                      starts `pel migrate-receive` for each
 *
 * DIR has ca.pem, cert.pem and key.pem.  Exit status: 0 done; 1 failed, with
 * one line on standard error; 2 the command line makes no sense.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <pel/ctx.h>
#include "tls.h"

static char **arguments; /* of pel migrate-receive */

static void receive(void)
{
    execvp("pel", arguments);
    perror("pel-tls: cannot run pel");
}

int main(int argc, char **argv)
{
    const char *dir = argc > 2 ? argv[2] : "", *where = argc > 3 ? argv[3] : "";
    struct pel_ctx ctx;
    int rc;

    if (argc < 4 || (strcmp(argv[1], "connect") && strcmp(argv[1], "listen")) ||
        (argc > 4 && strcmp(argv[1], "listen"))) {
        fprintf(stderr,
                "pel-tls: connect DIR HOST:PORT, or listen DIR "
                "[ADDRESS:]PORT [OPTION...]; see \"pel help migrate\"\n");
        return 2;
    }
    /* Its options, if any, stand behind DIR and PORT. */
    argv[2] = "pel";
    argv[3] = "migrate-receive";
    arguments = argv + 2;
    pel_ctx_init(&ctx);
    rc = strcmp(argv[1], "listen") ? tls_connect(&ctx, where, dir)
                                   : tls_listen(&ctx, where, dir, receive);
    if (rc)
        fprintf(stderr, "pel-tls: %s\n", pel_error_message(&ctx));
    pel_ctx_close(&ctx);
    return rc ? 1 : 0;
}
