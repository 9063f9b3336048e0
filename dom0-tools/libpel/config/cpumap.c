/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of CPUs, read and printed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/cpumap.h>
#include <pel/ctx.h>
#include "local.h"

bool pel_cpumap_empty(const struct pel_cpumap *m)
{
    static const struct pel_cpumap none;

    return !memcmp(m, &none, sizeof(none));
}

/* One item of a list: which CPUs or nodes, and whether they are taken away. */
struct item {
    bool all, nodes, minus;
    uint32_t first, last;
};

static bool take_caret(const char **p)
{
    if (**p != '^')
        return false;
    (*p)++;
    return true;
}

/* "node:" or "nodes:". */
static bool take_node(const char **p)
{
    static const char *const words[] = { "nodes:", "node:" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        size_t len = strlen(words[i]);

        if (!strncmp(*p, words[i], len)) {
            *p += len;
            return true;
        }
    }
    return false;
}

static bool take_number(const char **p, uint32_t *out)
{
    char *end;
    unsigned long n;

    if (**p < '0' || **p > '9')
        return false;
    n = strtoul(*p, &end, 10);
    *p = end;
    *out = n < PEL_CPUS_MAX ? n : PEL_CPUS_MAX;
    return true;
}

static bool parse_item(const char *p, struct item *it)
{
    memset(it, 0, sizeof(*it));
    it->minus = take_caret(&p);
    it->nodes = take_node(&p);
    if (it->nodes && !it->minus)
        it->minus = take_caret(&p);
    if (!strcmp(p, "all")) {
        it->all = true;
        it->last = PEL_CPUS_MAX - 1;
        return true;
    }
    if (!take_number(&p, &it->first))
        return false;
    it->last = it->first;
    if (*p == '-') {
        p++;
        if (!take_number(&p, &it->last))
            return false;
    }
    return !*p && it->first <= it->last && it->last < PEL_CPUS_MAX;
}

static void apply(const struct item *it, const struct pel_topology *topo,
                  struct pel_cpumap *m)
{
    uint32_t nr = it->nodes && !topo ? 0 : PEL_CPUS_MAX;

    if (it->nodes && topo)
        nr = topo->nr;
    for (uint32_t cpu = 0; cpu < nr; cpu++) {
        uint32_t key = it->nodes ? topo->cpu[cpu].node : cpu;

        if (key < it->first || key > it->last)
            continue;
        if (it->minus)
            pel_cpumap_drop(m, cpu);
        else
            pel_cpumap_add(m, cpu);
    }
}

int pel_cpumap_parse(struct pel_ctx *ctx, const char *what, const char *text,
                     const struct pel_topology *topo, struct pel_cpumap *out)
{
    char *copy = NULL, *word, *rest;
    struct item it;
    int rc = 0;

    memset(out, 0, sizeof(*out));
    if (text_copy(ctx, &copy, text))
        return -PEL_ENOMEM;

    rest = copy;
    while (!rc && (word = strsep(&rest, ","))) {
        if (parse_item(text_trim(word), &it))
            apply(&it, topo, out);
        else
            rc = pel_fail(ctx, PEL_EINVAL,
                          "%s: \"%s\" is no list of CPUs: say \"all\", "
                          "\"0-3,^2\" or \"node:0\"",
                          what, text);
    }
    free(copy);
    return rc;
}

void pel_cpumap_format(const struct pel_cpumap *m, uint32_t nr, char *text,
                       size_t size)
{
    uint32_t in = 0;
    size_t at = 0;

    for (uint32_t cpu = 0; cpu < nr; cpu++)
        in += pel_cpumap_has(m, cpu);
    if (!in || in == nr) {
        snprintf(text, size, "%s", in ? "all" : "none");
        return;
    }

    text[0] = '\0';
    for (uint32_t cpu = 0; cpu < nr && at < size; cpu++) {
        uint32_t last = cpu;

        if (!pel_cpumap_has(m, cpu))
            continue;
        while (last + 1 < nr && pel_cpumap_has(m, last + 1))
            last++;
        at += snprintf(text + at, size - at, last > cpu ? "%s%u-%u" : "%s%u",
                       at ? "," : "", cpu, last);
        cpu = last;
    }
}
