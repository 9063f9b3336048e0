/* SPDX-License-Identifier: GPL-2.0-or-later */
/* No hypervisor: the store serves its socket alone. */
#ifndef DAEMON_NOHOST_H
#define DAEMON_NOHOST_H

#include <store/server.h>

/* Introduces nobody; host_arg is the struct loop. */
extern const struct host no_host;

#endif
