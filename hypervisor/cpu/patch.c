/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Code that is completed at boot: see <x86/patch.h>. */
#include <hv/boot.h>
#include <hv/cpu.h>
#include <hv/layout.h>
#include <hv/string.h>
#include <x86/patch.h>

extern const struct patch_site patch_sites_start[], patch_sites_end[];

static_assert(sizeof(struct patch_site) == 16, "as assembly lays it out");

void *image_alias(const void *p)
{
    return (void *)(DIRECT_BASE + image_phys(p));
}

INIT_TEXT void patch_apply(unsigned int when)
{
    const struct patch_site *s;

    for (s = patch_sites_start; s < patch_sites_end; s++)
        if (s->when == when)
            memcpy(image_alias((const char *)&s->at + s->at), s->code, s->len);
}
