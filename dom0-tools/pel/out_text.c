/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people; scripts that cut columns find them where xl has them. */
#include <inttypes.h>
#include <stdio.h>
#include <uuid/uuid.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include "out.h"

void out_list_head(FILE *f, bool verbose)
{
    fprintf(f, "%-40s %5s %5s %5s\t%s\t%s", "Name", "ID", "Mem", "VCPUs",
            "State", "Time(s)");
    fprintf(f, "%s\n",
            verbose ? "   UUID                            Reason-Code\t"
                      "Security Label"
                    : "");
}

void out_list_row(FILE *f, const struct pel_dominfo *d, const char *name,
                  bool verbose)
{
    char uuid[UUID_STR_LEN], reason[4] = "-";

    fprintf(f, "%-40s %5u %5" PRIu64 " %5u     %c%c%c%c%c%c  %8.1f", name,
            d->domid, d->memory_kb >> 10, d->vcpus, d->running ? 'r' : '-',
            d->blocked ? 'b' : '-', d->paused ? 'p' : '-',
            d->shutdown ? 's' : '-',
            d->shutdown && d->reason == SHUTDOWN_crash ? 'c' : '-',
            d->dying ? 'd' : '-', (double)d->cpu_time_ns / 1e9);
    if (verbose) {
        uuid_unparse_lower(d->uuid, uuid);
        if (d->shutdown)
            snprintf(reason, sizeof(reason), "%x", d->reason);
        fprintf(f, " %s %8s %16s", uuid, reason, "-");
    }
    fprintf(f, "\n");
}
