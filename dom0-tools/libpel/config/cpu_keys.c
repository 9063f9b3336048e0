/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys about CPUs: how many, which ones, how much of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pel/cpumap.h>
#include <pel/ctx.h>
#include "local.h"

int set_vcpus(const struct setting *s)
{
    uint64_t nr;
    int rc = setting_number(s, 1, PEL_VCPUS_MAX, &nr);

    if (!rc)
        *(uint32_t *)s->field = nr;
    return rc;
}

int set_weight(const struct setting *s)
{
    uint64_t weight;
    int rc = setting_number(s, 1, PEL_WEIGHT_MAX, &weight);

    if (!rc)
        *(uint32_t *)s->field = weight;
    return rc;
}

int set_cap(const struct setting *s)
{
    uint64_t cap;
    int rc = setting_number(s, 0, PEL_CAP_MAX, &cap);

    if (!rc)
        *(uint32_t *)s->field = cap;
    return rc;
}

// clang-format off
static const char *const tsc_modes[PEL_TSC_COUNT] = {
    [PEL_TSC_DEFAULT]         = "default",
    [PEL_TSC_ALWAYS_EMULATE]  = "always_emulate",
    [PEL_TSC_NATIVE]          = "native",
    [PEL_TSC_NATIVE_PARAVIRT] = "native_paravirt",
};
// clang-format on

const char *pel_tsc_mode_name(enum pel_tsc_mode mode)
{
    return tsc_modes[mode];
}

/* A word, or its number. */
int set_tsc_mode(const struct setting *s)
{
    const struct value *v = s->v;
    uint64_t mode = PEL_TSC_COUNT;

    if (v->type == VALUE_NUMBER)
        mode = v->number;
    else if (v->type == VALUE_TEXT && !text_number(v->text, &mode))
        for (mode = 0; mode < PEL_TSC_COUNT; mode++)
            if (!strcmp(v->text, tsc_modes[mode]))
                break;
    if (mode >= PEL_TSC_COUNT)
        return setting_wants(s, "\"default\", \"native\", "
                                "\"always_emulate\" or \"native_paravirt\"");
    *(enum pel_tsc_mode *)s->field = mode;
    return 0;
}

void affinity_free(struct pel_affinity *a)
{
    for (size_t i = 0; i < a->nr; i++)
        free(a->lists[i]);
    free(a->lists);
    memset(a, 0, sizeof(*a));
}

static int add_list(const struct setting *s, const char *text)
{
    struct pel_affinity *a = s->field;
    struct pel_cpumap map;
    int rc = pel_cpumap_parse(s->ctx, s->key, text, NULL, &map);

    if (rc)
        return rc;
    a->lists[a->nr] = NULL;
    rc = text_copy(s->ctx, &a->lists[a->nr], text);
    if (!rc)
        a->nr++;
    return rc;
}

/* A list's elements go to the vCPUs in order; a text is for all of them. */
int set_affinity(const struct setting *s)
{
    struct pel_affinity *a = s->field;
    const struct value *v = s->v;
    size_t nr = v->type == VALUE_LIST ? v->nr_items : 1;
    char number[24];
    int rc = 0;

    affinity_free(a);
    a->lists = calloc(nr + 1, sizeof(*a->lists));
    if (!a->lists)
        return pel_fail_oom(s->ctx);
    a->for_all = v->type != VALUE_LIST;
    if (v->type == VALUE_NUMBER) {
        snprintf(number, sizeof(number), "%llu", (unsigned long long)v->number);
        return add_list(s, number);
    }
    if (v->type == VALUE_TEXT)
        return add_list(s, v->text);
    for (size_t i = 0; !rc && i < nr; i++)
        rc = add_list(s, v->items[i]);
    return rc;
}
