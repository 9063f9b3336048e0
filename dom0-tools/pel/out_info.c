/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The facts of "info", one row each, as text and as JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <pel/json.h>
#include "out.h"

/* Kinds of fact; text has units that people expect, JSON exact ones. */
enum kind {
    NUMBER, /* uint32_t */
    KIB,    /* uint64_t; MiB in text */
    KHZ,    /* uint32_t; MHz in text */
    TEXT,
    CAPS,    /* eight words of CPU features */
    VERSION, /* made of three others, in text only */
};

#define FACT(name) offsetof(struct pel_hostinfo, name)

// clang-format off
static const struct fact {
    const char *key;      /* as in text */
    const char *json_key; /* NULL: the same */
    enum kind kind;
    size_t field;
} facts[] = {
    { "nr_cpus",           NULL,              NUMBER,  FACT(nr_cpus) },
    { "max_cpu_id",        NULL,              NUMBER,  FACT(max_cpu_id) },
    { "nr_nodes",          NULL,              NUMBER,  FACT(nr_nodes) },
    { "cores_per_socket",  NULL,              NUMBER,  FACT(cores_per_socket) },
    { "threads_per_core",  NULL,              NUMBER,  FACT(threads_per_core) },
    { "cpu_mhz",           "cpu_khz",         KHZ,     FACT(cpu_khz) },
    { "hw_caps",           NULL,              CAPS,    FACT(hw_caps) },
    { "total_memory",      "total_memory_kb", KIB,     FACT(total_kb) },
    { "free_memory",       "free_memory_kb",  KIB,     FACT(free_kb) },
    { "xen_major",         NULL,              NUMBER,  FACT(major) },
    { "xen_minor",         NULL,              NUMBER,  FACT(minor) },
    { "xen_extra",         NULL,              TEXT,    FACT(extra) },
    { "xen_version",       NULL,              VERSION, 0 },
    { "xen_caps",          NULL,              TEXT,    FACT(caps) },
    { "xen_pagesize",      NULL,              NUMBER,  FACT(page_size) },
    { "xen_changeset",     NULL,              TEXT,    FACT(changeset) },
    { "xen_commandline",   NULL,              TEXT,    FACT(commandline) },
    { "cc_compiler",       NULL,              TEXT,    FACT(compiler) },
    { "cc_compile_by",     NULL,              TEXT,    FACT(compile_by) },
    { "cc_compile_domain", NULL,              TEXT,    FACT(compile_domain) },
    { "cc_compile_date",   NULL,              TEXT,    FACT(compile_date) },
};
// clang-format on

#define NR_FACTS (sizeof(facts) / sizeof(facts[0]))

/* A field's value, of the kind that its row says. */
static const void *at(const struct pel_hostinfo *h, const struct fact *f)
{
    return (const char *)h + f->field;
}

static uint64_t number(const struct pel_hostinfo *h, const struct fact *f)
{
    uint64_t wide;
    uint32_t narrow;

    if (f->kind == KIB) {
        memcpy(&wide, at(h, f), sizeof(wide));
        return wide;
    }
    memcpy(&narrow, at(h, f), sizeof(narrow));
    return narrow;
}

static void text_value(FILE *out, const struct pel_hostinfo *h,
                       const struct fact *f)
{
    switch (f->kind) {
    case NUMBER:
        fprintf(out, "%" PRIu64, number(h, f));
        break;
    case KIB:
        fprintf(out, "%" PRIu64, number(h, f) >> 10);
        break;
    case KHZ:
        fprintf(out, "%u.%03u", h->cpu_khz / 1000, h->cpu_khz % 1000);
        break;
    case TEXT:
        fprintf(out, "%s", (const char *)at(h, f));
        break;
    case CAPS:
        for (int i = 0; i < 8; i++)
            fprintf(out, "%s%08x", i ? ":" : "", h->hw_caps[i]);
        break;
    case VERSION:
        fprintf(out, "%u.%u%s", h->major, h->minor, h->extra);
        break;
    }
}

void out_info_text(FILE *out, const struct pel_hostinfo *h)
{
    struct utsname uts;

    if (!uname(&uts))
        fprintf(out, "%-23s: %s\n%-23s: %s\n%-23s: %s\n%-23s: %s\n", "host",
                uts.nodename, "release", uts.release, "version", uts.version,
                "machine", uts.machine);
    for (size_t i = 0; i < NR_FACTS; i++) {
        fprintf(out, "%-23s: ", facts[i].key);
        text_value(out, h, &facts[i]);
        fputc('\n', out);
    }
}

static void json_text(struct pel_json_writer *w, const char *key,
                      const char *value)
{
    pel_json_key(w, key);
    pel_json_put_text(w, value);
}

static void json_value(struct pel_json_writer *w, const struct pel_hostinfo *h,
                       const struct fact *f)
{
    if (f->kind == TEXT) {
        pel_json_put_text(w, at(h, f));
    } else if (f->kind == CAPS) {
        pel_json_open_list(w);
        for (int i = 0; i < 8; i++)
            pel_json_put_uint(w, h->hw_caps[i]);
        pel_json_close_list(w);
    } else {
        pel_json_put_uint(w, number(h, f));
    }
}

void out_info_json(struct pel_json_writer *w, const struct pel_hostinfo *h)
{
    struct utsname uts;

    pel_json_open_map(w);
    if (!uname(&uts)) {
        json_text(w, "host", uts.nodename);
        json_text(w, "release", uts.release);
        json_text(w, "version", uts.version);
        json_text(w, "machine", uts.machine);
    }
    for (size_t i = 0; i < NR_FACTS; i++) {
        if (facts[i].kind == VERSION)
            continue;
        pel_json_key(w, facts[i].json_key ? facts[i].json_key : facts[i].key);
        json_value(w, h, &facts[i]);
    }
    pel_json_close_map(w);
}
