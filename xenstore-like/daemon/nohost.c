/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No hypervisor: the store serves its socket alone. */
#include <errno.h>

#include "loop.h"
#include "nohost.h"

static int no_introduce(struct server *srv, struct domain *dom, uint64_t gfn,
                        unsigned int port)
{
    (void)srv;
    (void)dom;
    (void)gfn;
    (void)port;
    return -ENOSYS;
}

/* Nobody was introduced, so nobody is ever released. */
static void no_release(struct server *srv, struct domain *dom)
{
    (void)srv;
    dom->conn = NULL;
}

static void no_ready(struct server *srv, struct conn *conn)
{
    loop_ready(srv->host_arg, conn);
}

const struct host no_host = {
    .introduce = no_introduce,
    .release = no_release,
    .ready = no_ready,
};
