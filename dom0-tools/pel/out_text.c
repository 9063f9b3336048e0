/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables for people; scripts that cut columns find them where xl has them. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include "out.h"

void out_list_head(FILE *f)
{
    fprintf(f, "%-40s %5s %5s %5s\t%s\t%s\n", "Name", "ID", "Mem", "VCPUs",
            "State", "Time(s)");
}

void out_list_row(FILE *f, const struct pel_dominfo *d, const char *name)
{
    fprintf(f, "%-40s %5u %5" PRIu64 " %5u     %c%c%c%c%c%c  %8.1f\n", name,
            d->domid, d->memory_kb >> 10, d->vcpus, d->running ? 'r' : '-',
            d->blocked ? 'b' : '-', d->paused ? 'p' : '-',
            d->shutdown ? 's' : '-',
            d->shutdown && d->reason == SHUTDOWN_crash ? 'c' : '-',
            d->dying ? 'd' : '-', (double)d->cpu_time_ns / 1e9);
}

static void text(FILE *f, const char *key, const char *value)
{
    fprintf(f, "%-23s: %s\n", key, value);
}

static void number(FILE *f, const char *key, uint64_t value)
{
    fprintf(f, "%-23s: %" PRIu64 "\n", key, value);
}

void out_info_text(FILE *f, const struct pel_hostinfo *h)
{
    struct utsname uts;

    if (!uname(&uts)) {
        text(f, "host", uts.nodename);
        text(f, "release", uts.release);
        text(f, "version", uts.version);
        text(f, "machine", uts.machine);
    }
    number(f, "nr_cpus", h->nr_cpus);
    number(f, "max_cpu_id", h->max_cpu_id);
    number(f, "nr_nodes", h->nr_nodes);
    number(f, "cores_per_socket", h->cores_per_socket);
    number(f, "threads_per_core", h->threads_per_core);
    fprintf(f, "%-23s: %u.%03u\n", "cpu_mhz", h->cpu_khz / 1000,
            h->cpu_khz % 1000);
    fprintf(f, "%-23s: %08x", "hw_caps", h->hw_caps[0]);
    for (int i = 1; i < 8; i++)
        fprintf(f, ":%08x", h->hw_caps[i]);
    fprintf(f, "\n");
    number(f, "total_memory", h->total_kb >> 10);
    number(f, "free_memory", h->free_kb >> 10);
    number(f, "xen_major", h->major);
    number(f, "xen_minor", h->minor);
    text(f, "xen_extra", h->extra);
    fprintf(f, "%-23s: %u.%u%s\n", "xen_version", h->major, h->minor, h->extra);
    text(f, "xen_caps", h->caps);
    number(f, "xen_pagesize", h->page_size);
    text(f, "xen_changeset", h->changeset);
    text(f, "xen_commandline", h->commandline);
    text(f, "cc_compiler", h->compiler);
    text(f, "cc_compile_by", h->compile_by);
    text(f, "cc_compile_domain", h->compile_domain);
    text(f, "cc_compile_date", h->compile_date);
}
