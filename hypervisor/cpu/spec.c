/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speculative execution: what this CPU needs, what it offers, and what the
 * command line says.  docs/maintainers/speculation.md tells what is covered.
 *
 *      spec-ctrl=no            nothing at all
 *      spec-ctrl=WORD,...      a word of the table, or no-WORD
 *      xpti=0|1, pv-l1tf=0|1   the names that admins know
 */
#include <hv/cmdline.h>
#include <hv/console.h>
#include <hv/cpu.h>
#include <hv/domain.h>
#include <hv/features.h>
#include <hv/spec.h>
#include <hv/string.h>
#include <x86/insn.h>
#include <x86/msr.h>
#include <x86/patch.h>

bool spec_on[NR_SPEC];

static uint64_t caps; /* IA32_ARCH_CAPABILITIES, 0 if there is none */

static bool always(void) { return true; }

/* Immune by ARCH_CAPABILITIES, or of a make that never was affected. */
static bool affected(uint64_t immune)
{
    return CPU_HAS(SYSENTER) && !(caps & immune); /* that is: Intel's */
}

static bool meltdown(void) { return affected(ARCH_CAPS_RDCL_NO); }

static bool buffers_leak(void)
{
    const uint64_t all = ARCH_CAPS_MDS_NO | ARCH_CAPS_TAA_NO |
                         ARCH_CAPS_SBDR_SSDP_NO | ARCH_CAPS_FBSDP_NO |
                         ARCH_CAPS_PSDP_NO | ARCH_CAPS_RFDS_NO;

    return CPU_HAS(SYSENTER) && (caps & all) != all;
}

static bool has_ibrs(void)
{
    return CPU_HAS(AUTO_IBRS) ||
           (CPU_HAS(SPEC_CTRL) && (caps & ARCH_CAPS_IBRS_ALL));
}

static bool no_ibrs(void) { return !spec_on[SPEC_IBRS]; }
static bool has_ibpb(void) { return CPU_HAS(SPEC_CTRL) || CPU_HAS(AMD_IBPB); }
static bool has_verw(void) { return CPU_HAS(MD_CLEAR); }
static bool has_l1d_flush(void) { return CPU_HAS(L1D_FLUSH); }

static void patch_verw(void) { patch_apply(PATCH_VERW); }
static void patch_xpti(void) { patch_apply(PATCH_XPTI); }

/* In this order: a later row may look at an earlier one. */
static const struct {
    enum spec id;
    const char *word;
    bool (*possible)(void); /* the CPU can do it */
    bool (*wanted)(void);   /* and needs it */
    void (*apply)(void);
} table[] = {
    { SPEC_IBRS, "ibrs", has_ibrs, always, NULL },
    { SPEC_RETPOLINE, "retpoline", always, no_ibrs, NULL },
    { SPEC_IBPB, "ibpb", has_ibpb, always, NULL },
    { SPEC_VERW, "verw", has_verw, buffers_leak, patch_verw },
    { SPEC_L1D_FLUSH, "l1d-flush", has_l1d_flush, meltdown, NULL },
    { SPEC_PV_L1TF, "pv-l1tf", always, meltdown, NULL },
    { SPEC_XPTI, "xpti", always, meltdown, patch_xpti },
};

/* What the comma-separated @list says of @word; @def: nothing. */
static INIT_TEXT bool chosen(const char *list, const char *word, bool def)
{
    size_t len = strlen(word);

    while (*list) {
        bool on = strncmp(list, "no-", 3);
        const char *w = on ? list : list + 3;

        if (!strncmp(w, word, len) && (!w[len] || w[len] == ','))
            def = on;
        while (*list && *list++ != ',')
            ;
    }
    return def;
}

INIT_TEXT void spec_init(void)
{
    char list[100] = "", text[100];
    size_t at = 0;
    bool none;

    cmdline_get(hv_cmdline, "spec-ctrl", list, sizeof(list));
    none = !strcmp(list, "no") || !strcmp(list, "off") || !strcmp(list, "0");
    if (CPU_HAS(ARCH_CAPS))
        caps = rdmsr(MSR_ARCH_CAPABILITIES);

    for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
        const char *w = table[i].word;
        bool on = !none && table[i].wanted();

        on = cmdline_flag(hv_cmdline, w, chosen(list, w, on));
        spec_on[table[i].id] = on && table[i].possible();
        if (spec_on[table[i].id] && table[i].apply)
            table[i].apply();
        at += hv_snprintf(text + at, sizeof(text) - at, " %s%s",
                          spec_on[table[i].id] ? "+" : "-", w);
    }
    if (!spec_on[SPEC_RETPOLINE])
        patch_apply(PATCH_JUMP);
    log_info("Speculation:%s\n", text);
    if (buffers_leak() && !CPU_HAS(MD_CLEAR))
        log_warn("Speculation: this CPU leaks its buffers and has no microcode "
                 "to clear them\n");
}

void spec_init_cpu(void)
{
    if (!spec_on[SPEC_IBRS])
        return;
    if (CPU_HAS(AUTO_IBRS))
        wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AUTO_IBRS);
    else
        wrmsr(MSR_SPEC_CTRL, SPEC_CTRL_IBRS);
}

void spec_domain_switch(const struct domain *next)
{
    struct cpu *c = this_cpu();

    if (c->last_serial == next->serial)
        return;
    c->last_serial = next->serial;
    if (spec_on[SPEC_IBPB])
        wrmsr(MSR_PRED_CMD, PRED_CMD_IBPB);
    if (spec_on[SPEC_L1D_FLUSH])
        wrmsr(MSR_FLUSH_CMD, FLUSH_CMD_L1D);
}
