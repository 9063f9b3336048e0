/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of vCPUs, shares, devices, pools and times, in xl's columns. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include "out.h"

#define DAY_S 86400

void out_vcpu_head(FILE *f)
{
    fprintf(f, "%-32s %5s %5s %5s %5s %9s %s\n", "Name", "ID", "VCPU", "CPU",
            "State", "Time(s)", "Affinity (Hard / Soft)");
}

void out_vcpu_row(FILE *f, uint32_t domid, const char *name,
                  const struct pel_vcpuinfo *v, uint32_t nr_cpus)
{
    char hard[PEL_CPUMAP_TEXT], soft[PEL_CPUMAP_TEXT];

    pel_cpumap_format(&v->hard, nr_cpus, hard, sizeof(hard));
    pel_cpumap_format(&v->soft, nr_cpus, soft, sizeof(soft));
    fprintf(f, "%-32s %5u %5u", name, domid, v->id);
    if (v->online)
        fprintf(f, "%5u   %c%c-", v->cpu, v->running ? 'r' : '-',
                v->blocked ? 'b' : '-');
    else
        fprintf(f, "%5c   --p", '-');
    fprintf(f, " %9.1f  %s / %s\n", (double)v->cpu_time_ns / 1e9, hard, soft);
}

void out_sched_head(FILE *f)
{
    fprintf(f, "%-33s %4s %6s %4s\n", "Name", "ID", "Weight", "Cap");
}

void out_sched_row(FILE *f, uint32_t domid, const char *name, uint32_t weight,
                   uint32_t cap)
{
    fprintf(f, "%-33s %4u %6u %4u\n", name, domid, weight, cap);
}

void out_uptime_head(FILE *f)
{
    fprintf(f, "%-33s %4s %s\n", "Name", "ID", "Uptime");
}

void out_uptime_row(FILE *f, uint32_t domid, const char *name, uint64_t seconds,
                    time_t now, bool short_form)
{
    unsigned int hours = seconds % DAY_S / 3600, minutes = seconds / 60 % 60;
    uint64_t days = seconds / DAY_S;
    char text[64], day[32] = "", clock[16];

    if (days)
        snprintf(day, sizeof(day), "%" PRIu64 " %s, ", days,
                 days > 1 ? "days" : "day");
    if (short_form) {
        snprintf(text, sizeof(text), "%s%2u:%02u", day, hours, minutes);
        strftime(clock, sizeof(clock), "%H:%M:%S", localtime(&now));
        fprintf(f, " %s up %s, %s (%u)\n", clock, text, name, domid);
        return;
    }
    fprintf(f, "%-33s %4u %s%2u:%02u:%02u\n", name, domid, day, hours, minutes,
            (unsigned int)(seconds % 60));
}

void out_block_head(FILE *f)
{
    fprintf(f, "%-5s %-3s %-6s %-5s %-6s %-8s %-30s\n", "Vdev", "BE", "handle",
            "state", "evt-ch", "ring-ref", "BE-path");
}

void out_block_row(FILE *f, uint32_t domid, const struct pel_devinfo *d)
{
    fprintf(f, "%-5u %-3u %-6u %-5d %-6d %-8d %-30s\n", d->devid,
            d->backend_domid, domid, d->state, d->evtchn, d->ring, d->backend);
}

void out_network_head(FILE *f)
{
    fprintf(f, "%-3s %-2s %-17s %-6s %-5s %-6s %5s/%-11s %-30s\n", "Idx", "BE",
            "Mac Addr.", "handle", "state", "evt-ch", "tx-", "rx-ring-ref",
            "BE-path");
}

void out_network_row(FILE *f, const struct pel_devinfo *d)
{
    const uint8_t *m = d->mac;

    fprintf(f, "%-3u %-2u %02x:%02x:%02x:%02x:%02x:%02x", d->devid,
            d->backend_domid, m[0], m[1], m[2], m[3], m[4], m[5]);
    fprintf(f, "%6u %5d %6d %5d/%-11d %-30s\n", d->devid, d->state, d->evtchn,
            d->ring, d->rx_ring, d->backend);
}

void out_pool_head(FILE *f, bool cpus)
{
    fprintf(f, "%-19s", "Name");
    if (cpus)
        fprintf(f, "CPU list\n");
    else
        fprintf(f, "CPUs   Sched     Active   Domain count\n");
}

void out_pool_row(FILE *f, const char *name,
                  const struct xen_sysctl_cpupool_op *pool,
                  const struct pel_cpumap *map, uint32_t nr_cpus, bool cpus)
{
    uint32_t nr = 0;

    fprintf(f, "%-19s", name);
    for (uint32_t cpu = 0; cpu < nr_cpus; cpu++) {
        if (!pel_cpumap_has(map, cpu))
            continue;
        if (cpus)
            fprintf(f, "%s%u", nr ? "," : "", cpu);
        nr++;
    }
    if (!cpus)
        fprintf(f, "%3u %9s       y       %4u", nr,
                pool->sched_id == XEN_SCHEDULER_CREDIT2 ? "credit2" : "unknown",
                pool->n_dom);
    fprintf(f, "\n");
}
