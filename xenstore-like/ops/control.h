/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of CONTROL that have files of their own. */
#ifndef OPS_CONTROL_H
#define OPS_CONTROL_H

#include <store/op.h>

/** control_say - add a line to the answer; 0 or -ENOMEM */
int control_say(struct request *rq, const char *text);

/** control_sayf - the same, formatted; longer lines than 255 bytes are cut */
int control_sayf(struct request *rq, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The commands; each is a handler as those in <store/op.h>. */
int control_live_update(struct request *rq);
int control_stats(struct request *rq);
int control_memreport(struct request *rq);

#endif
